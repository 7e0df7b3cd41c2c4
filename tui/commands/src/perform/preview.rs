//! `preview`: what a command would take with it, before it runs. It asks for what lives near the objects, a fixed
//! number of lists however many objects there are, and changes nothing.

use super::{
    Doors, Out, each,
    plan::{self, Planned},
    say,
};
use crate::{
    Action, Error, Exit, Preview, Sink,
    blast::{self, Blast, aim},
    grammar,
};
use shared_api::{
    FieldSelector, GroupKind, KindInfo, Object, Query, Selectors,
    core::{Namespace, Node, Pod, Service},
    networking::Ingress,
    policy::PodDisruptionBudget,
};
use shared_client::World;
use std::{collections::BTreeSet, io};
use tokio::io::AsyncRead;

/// So many namespaces are asked one by one; beyond, everything is asked at once.
const NAMESPACES: usize = 4;

pub(super) async fn preview(asked: &Preview, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let action = grammar::parse(&asked.words)?;
    if crate::risk(&action) == crate::Risk::None {
        say(out, "it changes nothing\n")?;
        return Ok(Exit::Done);
    }
    let blast = of(&action, doors, out).await?;
    say(out, &blast.text())?;
    say(out, &blast.diff)?;
    Ok(Exit::Done)
}

/// What `action` would take with it.
pub async fn foresee(action: &Action, doors: &Doors) -> Result<Blast, Error> {
    of(action, doors, &mut Nowhere).await
}

async fn of(action: &Action, doors: &Doors, out: Out<'_>) -> Result<Blast, Error> {
    match action {
        Action::Apply(apply) => return applied(plan::plan(apply, doors, out).await?, doors).await,
        Action::Patch(patch) if patch.subresource.is_none() => {
            return applied(plan::patched(patch, doors, out).await?, doors).await;
        }
        _ => {}
    }
    let Some(aim) = aim(action) else { return Ok(Blast::default()) };
    let all = aim.all || matches!(action, Action::Drain(_));
    let (objects, _) = each::objects(&aim.words, &aim.files, &aim.scope, all, doors, out).await?;
    let world = near(&objects, doors).await?;
    Ok(blast::blast(action, &objects, &world))
}

/// What is made and changed, and what becomes of the pods of what is changed.
async fn applied(planned: Vec<Planned>, doors: &Doors) -> Result<Blast, Error> {
    let mut blast = blast::applied(&planned.iter().map(Planned::outcome).collect::<Vec<_>>());
    let alike: Vec<_> = planned.iter().map(Planned::likewise).collect();
    let there: Vec<_> = planned.iter().filter_map(|planned| planned.before.clone()).collect();
    if alike.iter().any(|actions| !actions.is_empty()) {
        let world = near(&there, doors).await?;
        for (planned, actions) in planned.iter().zip(alike) {
            let before = planned.before.as_slice();
            for action in actions {
                blast.lines.extend(blast::blast(&action, before, &world).lines);
            }
        }
        blast.lines.sort_by_key(|line| !line.grave);
    }
    for planned in &planned {
        blast.diff.push_str(&planned.diff()?);
    }
    Ok(blast)
}

/// What may be touched when these are.
async fn near(objects: &[Object], doors: &Doors) -> Result<World, Error> {
    let of = |kind: GroupKind| move |object: &&Object| object.group_kind() == kind;
    let node = GroupKind::of::<Node>();
    let mut there = objects.to_vec();
    let mut places: BTreeSet<String> = objects.iter().map(|o| o.namespace().to_owned()).collect();
    let mut kinds = beside();
    if objects.iter().any(|o| of(node.clone())(&o)) {
        for node in objects.iter().filter(of(node)) {
            let fields = FieldSelector::equal("spec.nodeName", node.name());
            let query = Query::every::<Pod>().matching(Selectors { fields, ..Selectors::default() });
            let pods = doors.cluster.list(&query).await?.items;
            places.extend(pods.iter().map(|pod| pod.namespace().to_owned()));
            there.extend(pods);
        }
        there.extend(doors.cluster.list(&Query::every::<Node>()).await?.items);
    }
    for namespace in objects.iter().filter(of(GroupKind::of::<Namespace>())) {
        places.insert(namespace.name().to_owned());
        kinds = shared_api::kinds()
            .filter(|kind| kind.namespaced && kind.durable)
            .map(KindInfo::group_kind)
            .collect();
    }
    places.remove("");
    for kind in kinds {
        if places.len() > NAMESPACES {
            there.extend(doors.cluster.list(&Query::all(kind)).await?.items);
            continue;
        }
        for place in &places {
            there.extend(doors.cluster.list(&Query::all(kind.clone()).within(place)).await?.items);
        }
    }
    Ok(World::of(there).at((doors.clock)()))
}

/// What pods are made by, and what leads to them or guards them.
fn beside() -> Vec<GroupKind> {
    let makers = shared_api::kinds()
        .filter(|kind| kind.namespaced && kind.durable && kind.categories.contains(&"all"));
    let mut kinds: Vec<_> = makers.map(KindInfo::group_kind).collect();
    for kind in [
        GroupKind::of::<Pod>(),
        GroupKind::of::<Service>(),
        GroupKind::of::<Ingress>(),
        GroupKind::of::<PodDisruptionBudget>(),
    ] {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// Nobody reads what is said meanwhile.
pub(super) struct Nowhere;

impl Sink for Nowhere {
    fn out(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, _: &str) {}

    fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>> {
        None
    }
}
