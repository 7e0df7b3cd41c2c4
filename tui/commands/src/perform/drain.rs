//! `drain`: a node without new pods, then without pods.

use super::{Doors, Out, change, each, say};
use crate::{
    Error, Exit,
    action::{Drain, Write},
    decide::drain::{Fate, fate},
};
use serde_json::json;
use shared_api::{
    DeleteHow, FieldSelector, LabelSelector, Object, Query, Reason, Refusal, Selectors, WriteHow,
    core::{Node, Pod},
};
use std::{collections::BTreeMap, time::Duration};

/// How long a pod whose budget says no is left alone.
const AGAIN: Duration = Duration::from_secs(5);

pub(super) async fn drain(asked: &Drain, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let nodes = nodes(asked, doors).await?;
    for node in &nodes {
        change::cordon(node, true, asked.dry_run, doors, out).await?;
    }
    for node in &nodes {
        let work = empty(node, asked, doors, out);
        if asked.timeout.is_zero() {
            work.await?;
        } else {
            let done = tokio::time::timeout(asked.timeout, work).await;
            done.map_err(|_| Error::TimedOut(format!("draining node {node}")))??;
        }
    }
    Ok(Exit::Done)
}

async fn nodes(asked: &Drain, doors: &Doors) -> Result<Vec<String>, Error> {
    match (&asked.nodes[..], &asked.selector) {
        ([], None) => Err(Error::Usage("drain: name a node, or select with -l".into())),
        ([_, ..], Some(_)) => Err(Error::Usage("drain: name nodes or select them, not both".into())),
        (named, None) => Ok(named.iter().map(|n| n.trim_start_matches("node/").to_owned()).collect()),
        ([], Some(selector)) => {
            let labels = LabelSelector::parse(selector)?;
            let query = Query::every::<Node>().matching(Selectors { labels, ..Selectors::default() });
            Ok(doors.cluster.list(&query).await?.items.iter().map(|n| n.name().to_owned()).collect())
        }
    }
}

async fn empty(node: &str, asked: &Drain, doors: &Doors, out: Out<'_>) -> Result<(), Error> {
    let going = chosen(node, asked, doors, out).await?;
    let note = if asked.dry_run { " (dry run)" } else { "" };
    for pod in &going {
        say(out, &format!("evicting pod {}/{}{note}\n", pod.namespace(), pod.name()))?;
    }
    if !asked.dry_run {
        let mut left: Vec<Object> = going;
        let mut asked_to_go: Vec<Object> = Vec::new();
        while !left.is_empty() {
            let mut refused = Vec::new();
            for pod in left {
                match evict(&pod, asked, doors).await {
                    Ok(()) => asked_to_go.push(pod),
                    Err(refusal) if refusal.reason == Reason::TooManyRequests => {
                        out.note(&format!(
                            "error when evicting pods/{:?} -n {:?} (will retry after 5s): {refusal}",
                            pod.name(),
                            pod.namespace()
                        ));
                        refused.push(pod);
                    }
                    Err(refusal) => return Err(refusal.into()),
                }
            }
            left = refused;
            if !left.is_empty() {
                tokio::time::sleep(AGAIN).await;
            }
        }
        for pod in &asked_to_go {
            change::gone(&pod.key(), pod.uid(), doors).await?;
            say(out, &format!("pod/{} evicted\n", pod.name()))?;
        }
    }
    say(out, &format!("node/{node} drained{note}\n"))
}

/// The pods that go; an error that names what forbids it.
async fn chosen(node: &str, asked: &Drain, doors: &Doors, out: Out<'_>) -> Result<Vec<Object>, Error> {
    let fields = FieldSelector::equal("spec.nodeName", node);
    let labels = LabelSelector::parse(asked.pod_selector.as_deref().unwrap_or_default())?;
    let query = Query::every::<Pod>().matching(Selectors { labels, fields });
    let pods = doors.cluster.list(&query).await?.items;
    let (mut going, mut warned, mut forbidden) =
        (Vec::new(), BTreeMap::<&str, Vec<String>>::new(), BTreeMap::<&str, Vec<String>>::new());
    for pod in pods {
        let name = format!("{}/{}", pod.namespace(), pod.name());
        match fate(&pod.value(), asked) {
            Fate::Go(why) => {
                if let Some(why) = why {
                    warned.entry(why).or_default().push(name);
                }
                going.push(pod);
            }
            Fate::Stay(Some(why)) => warned.entry(why).or_default().push(name),
            Fate::Stay(None) => {}
            Fate::Forbid(why) => forbidden.entry(why).or_default().push(name),
        }
    }
    if !forbidden.is_empty() {
        let each = forbidden.iter().map(|(why, pods)| format!("{why}: {}", pods.join(", ")));
        let why = each.collect::<Vec<_>>().join("; ");
        let stays = if asked.dry_run { "" } else { "; it stays cordoned" };
        let message = format!("unable to drain node {node:?} due to error: {why}{stays}");
        return Err(Refusal::new(Reason::Conflict, message).into());
    }
    for (why, pods) in warned {
        out.note(&format!("Warning: {why}: {}", pods.join(", ")));
    }
    Ok(going)
}

/// Asks a pod to go. One that is gone, or was replaced by another of its name, is fine.
async fn evict(pod: &Object, asked: &Drain, doors: &Doors) -> Result<(), Refusal> {
    let grace = (asked.grace_period >= 0).then_some(asked.grace_period);
    let key = pod.key();
    let done = if asked.disable_eviction {
        let preconditions = shared_api::Preconditions { uid: Some(pod.uid().into()), revision: None };
        let how = DeleteHow { grace_seconds: grace, preconditions, ..DeleteHow::default() };
        doors.cluster.delete(&key, &how).await.map(drop)
    } else {
        let mut options = json!({"preconditions": {"uid": pod.uid()}});
        if let Some(seconds) = grace {
            options["gracePeriodSeconds"] = json!(seconds);
        }
        let body = json!({
            "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": {"name": key.name, "namespace": key.namespace}, "deleteOptions": options,
        });
        let how: WriteHow = each::how(&Write::default(), shared_api::Validation::Strict);
        doors.cluster.subresource(&key, "eviction", Some(body), &how).await.map(drop)
    };
    match done {
        Err(refusal) if matches!(refusal.reason, Reason::NotFound) => Ok(()),
        done => done,
    }
}
