//! `rollout show`: a rollout at one look.

use super::{Doors, Out, each, say};
use crate::{Error, Exit, Scope, Target, cockpit, neutral};
use shared_api::{
    Query, apps,
    core::{Event, Node, Pod},
};
use shared_client::World;

pub(super) async fn show(
    target: &Target,
    namespace: Option<&str>,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let (found, exit) =
        each::objects(&target.words, &[], &Scope::within(namespace), false, doors, out).await?;
    let mut gap = "";
    for object in &found {
        if !matches!(object.kind(), "Deployment" | "DaemonSet" | "StatefulSet") {
            return Err(Error::Usage(format!("rollout show: a {} has no rollout", object.kind())));
        }
        let mut there = vec![object.clone()];
        for query in [
            Query::every::<apps::ReplicaSet>(),
            Query::every::<apps::ControllerRevision>(),
            Query::every::<Pod>(),
            Query::every::<Event>(),
        ] {
            there.extend(doors.cluster.list(&query.within(object.namespace())).await?.items);
        }
        there.extend(doors.cluster.list(&Query::every::<Node>()).await?.items);
        let world = World::of(there).at((doors.clock)());
        say(out, &format!("{gap}{}", neutral(&cockpit::text(object, &world))))?;
        gap = "\n";
    }
    Ok(exit)
}
