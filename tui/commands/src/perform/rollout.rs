//! `rollout`: what becomes of a change of a workload, its past, and the way back.

mod progress;

use super::{Doors, Out, change::only, each, say, select};
use crate::{
    Error, Exit, Scope, Target,
    action::{Roll, Rollout},
    decide::rollout::{self as decide, Past},
    neutral,
};
use futures::StreamExt;
use progress::{Progress, progress};
use serde_json::Value;
use shared_api::{Object, PatchType, Query, Refusal, apps, yaml};
use shared_client::Event;
use std::time::Duration;

pub(super) async fn rollout(asked: &Rollout, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    match asked {
        Rollout::Status { target, namespace, timeout } => {
            status(target, namespace.as_deref(), *timeout, doors, out).await
        }
        Rollout::Show { target, namespace } => {
            super::cockpit::show(target, namespace.as_deref(), doors, out).await
        }
        Rollout::History { target, namespace, revision } => {
            history(target, namespace.as_deref(), *revision, doors, out).await
        }
        Rollout::Undo { target, roll, to_revision } => undo(target, roll, *to_revision, doors, out).await,
        Rollout::Pause { target, roll } => {
            change(target, roll, None, "paused", &|o| decide::pause(o, true), doors, out).await
        }
        Rollout::Resume { target, roll } => {
            change(target, roll, None, "resumed", &|o| decide::pause(o, false), doors, out).await
        }
        Rollout::Restart { target, roll, selector } => {
            let now = (doors.clock)().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let restart = |o: &Value| decide::restart(o, &now);
            change(target, roll, selector.as_deref(), "restarted", &restart, doors, out).await
        }
    }
}

/// Patches every object that was named as `decide` says.
async fn change(
    target: &Target,
    roll: &Roll,
    selector: Option<&str>,
    done: &str,
    decide: &(dyn Fn(&Value) -> decide::Decided + Sync),
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let scope = Scope { selector: selector.map(Into::into), ..Scope::within(roll.namespace.as_deref()) };
    let (found, exit) = each::objects(&target.words, &[], &scope, false, doors, out).await?;
    for object in &found {
        let patch = decide(&object.value())?;
        each::patch(object, patch, PatchType::Merge, (done, done), &roll.write, doors, out).await?;
    }
    Ok(exit)
}

/// The revisions that an object had.
async fn past(object: &Object, doors: &Doors) -> Result<Vec<Past>, Error> {
    let query = match object.kind() {
        "Deployment" => Query::every::<apps::ReplicaSet>(),
        "DaemonSet" | "StatefulSet" => Query::every::<apps::ControllerRevision>(),
        kind => return Err(Error::Usage(format!("no history viewer has been implemented for {kind}"))),
    };
    let parts = doors.cluster.list(&query.within(object.namespace())).await?.items;
    let parts: Vec<_> = parts.iter().map(Object::value).collect();
    Ok(decide::history(object.uid(), &parts))
}

async fn history(
    target: &Target,
    namespace: Option<&str>,
    revision: i64,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let scope = Scope::within(namespace);
    let (found, exit) = each::objects(&target.words, &[], &scope, false, doors, out).await?;
    for object in &found {
        let past = past(object, doors).await?;
        let head = crate::print::name(object);
        if revision > 0 {
            let chosen = decide::chosen(&past, revision)?;
            let text = yaml::to_string(&chosen.template)?;
            say(out, &format!("{head} with revision #{revision}\n{}", neutral(&text)))?;
            continue;
        }
        let mut lines = vec![vec!["REVISION".to_owned(), "CHANGE-CAUSE".into()]];
        lines.extend(past.iter().map(|p| vec![p.revision.to_string(), neutral(&p.cause).into_owned()]));
        say(out, &format!("{head}\n{}\n", crate::print::align(&lines)))?;
    }
    Ok(exit)
}

async fn undo(
    target: &Target,
    roll: &Roll,
    revision: i64,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let scope = Scope::within(roll.namespace.as_deref());
    let (found, exit) = each::objects(&target.words, &[], &scope, false, doors, out).await?;
    for object in &found {
        let past = past(object, doors).await?;
        let chosen = decide::chosen(&past, revision)?;
        let patch = decide::undo(&object.value(), chosen)?;
        let same =
            format!("skipped rollback (current template already matches revision {})", chosen.revision);
        let words = ("rolled back", same.as_str());
        each::patch(object, patch, PatchType::Json, words, &roll.write, doors, out).await?;
    }
    Ok(exit)
}

async fn status(
    target: &Target,
    namespace: Option<&str>,
    timeout: Duration,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let scope = Scope::within(namespace);
    for select::Named { kind, name } in select::named(&target.words)? {
        let (Some(name), "Deployment" | "DaemonSet" | "StatefulSet") = (&name, kind.kind) else {
            return Err(Error::Usage(
                "rollout status: name a deployment, daemon set or stateful set, as deployment/NAME".into(),
            ));
        };
        let key = select::key(kind, scope.namespace.as_deref(), name, doors);
        doors.cluster.get(&key).await?;
        let mut last = String::new();
        let follow = async {
            let mut events = doors.cluster.watch(&[only(&key)], None).await?;
            while let Some(event) = events.next().await {
                let (Event::Added(object) | Event::Modified(object)) = event? else { continue };
                match progress(&object.value()) {
                    Progress::Going(line) if line != last => {
                        say(out, &format!("{line}\n"))?;
                        last = line;
                    }
                    Progress::Going(_) => {}
                    Progress::Done(line) => {
                        say(out, &format!("{line}\n"))?;
                        return Ok(());
                    }
                    Progress::Failed(why) => {
                        return Err(Refusal::new(shared_api::Reason::Timeout, why).into());
                    }
                }
            }
            Err(Error::from(Refusal::unavailable(format!("the watch of {key} ended"))))
        };
        let within = tokio::time::timeout(timeout, follow).await;
        within.map_err(|_| Error::TimedOut(format!("waiting for the rollout of {key}: {last}")))??;
    }
    Ok(Exit::Done)
}
