//! `rollout status`: a Deployment's rollout, to its end.

use super::{Doors, Out, change::only, say, select};
use crate::{Error, Exit, Scope, Target};
use futures::StreamExt;
use shared_api::{Refusal, apps::Deployment};
use shared_client::Event;
use std::time::Duration;

/// Where a rollout is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    Going(String),
    Done(String),
    Failed(String),
}

pub(super) async fn status(
    target: &Target,
    namespace: Option<&str>,
    timeout: Duration,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let scope = Scope::within(namespace);
    for select::Named { kind, name } in select::named(&target.words)? {
        let (Some(name), "Deployment") = (&name, kind.kind) else {
            return Err(Error::Usage("rollout status: name a deployment, as deployment/NAME".into()));
        };
        let key = select::key(kind, scope.namespace.as_deref(), name, doors);
        doors.cluster.get(&key).await?;
        let mut last = String::new();
        let follow = async {
            let mut events = doors.cluster.watch(&[only(&key)], None).await?;
            while let Some(event) = events.next().await {
                let (Event::Added(object) | Event::Modified(object)) = event? else { continue };
                let deployment = object.to_kind::<Deployment>().map_err(Refusal::internal)?;
                match progress(&deployment, name) {
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

/// As `kubectl rollout status` judges it.
fn progress(deployment: &Deployment, name: &str) -> Progress {
    let status = deployment.status.clone().unwrap_or_default();
    if deployment.metadata.generation > status.observed_generation {
        return Progress::Going("Waiting for deployment spec update to be observed...".into());
    }
    let conditions = status.conditions.iter().flatten();
    let failed = conditions
        .into_iter()
        .find(|c| c.type_ == "Progressing" && c.reason.as_deref() == Some("ProgressDeadlineExceeded"));
    if failed.is_some() {
        return Progress::Failed(format!("deployment {name:?} exceeded its progress deadline"));
    }
    let wanted = deployment.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1);
    let count = |n: Option<i32>| n.unwrap_or(0);
    let (updated, all) = (count(status.updated_replicas), count(status.replicas));
    let available = count(status.available_replicas);
    let waiting = |rest: String| {
        Progress::Going(format!("Waiting for deployment {name:?} rollout to finish: {rest}..."))
    };
    if updated < wanted {
        return waiting(format!("{updated} out of {wanted} new replicas have been updated"));
    }
    if all > updated {
        return waiting(format!("{} old replicas are pending termination", all - updated));
    }
    if available < updated {
        return waiting(format!("{available} of {updated} updated replicas are available"));
    }
    Progress::Done(format!("deployment {name:?} successfully rolled out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(updated: i32, all: i32, available: i32) -> Progress {
        let value = serde_json::json!({
            "metadata": {"generation": 1},
            "spec": {"replicas": 2, "selector": {}, "template": {}},
            "status": {"observedGeneration": 1, "updatedReplicas": updated, "replicas": all, "availableReplicas": available}
        });
        progress(&serde_json::from_value(value).unwrap(), "web")
    }

    #[test]
    fn a_rollout_is_done_when_only_new_replicas_are_left_and_available() {
        assert!(matches!(at(1, 3, 2), Progress::Going(line) if line.contains("1 out of 2 new")));
        assert!(matches!(at(2, 3, 2), Progress::Going(line) if line.contains("1 old")));
        assert!(matches!(at(2, 2, 1), Progress::Going(line) if line.contains("1 of 2 updated")));
        assert!(matches!(at(2, 2, 2), Progress::Done(_)));
    }
}
