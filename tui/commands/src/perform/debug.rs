//! `debug`: a guest in a pod, or a pod on a node, and the terminal joined to it.

use super::{Doors, Out, each, say, select, streams};
use crate::{Debug, Error, Exit, action::Write, decide::debug as decide};
use futures::StreamExt;
use serde_json::Value;
use shared_api::{GroupKind, Object, Refusal, Validation, WriteHow, core::Node};
use shared_client::Event;

pub(super) async fn debug(asked: &Debug, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let word = if asked.what.contains('/') { asked.what.clone() } else { format!("pods/{}", asked.what) };
    let named = select::named(std::slice::from_ref(&word))?;
    let [select::Named { kind, name: Some(name) }] = &named[..] else {
        return Err(Error::Usage(format!("{word:?}: expected a pod, or node/NAME")));
    };
    let how = each::how(&Write::default(), Validation::Strict);
    if kind.group_kind() == GroupKind::of::<Node>() {
        doors.cluster.get(&select::key(kind, None, name, doors)).await?;
        let mut pod = decide::on_node(name, asked);
        pod["metadata"]["namespace"] =
            asked.namespace.clone().unwrap_or_else(|| doors.namespace.clone()).into();
        let pod = Object::from_value(&pod).map_err(Refusal::internal)?;
        let pod = doors.cluster.create(pod, &how).await?;
        say(out, &format!("pod/{} created on node {name}; it stays until it is deleted\n", pod.name()))?;
        return joined(&pod, "debugger", asked, doors, out).await;
    }
    let pod = select::pod(&word, asked.namespace.as_deref(), doors).await?;
    let (after, guest) = decide::guest(&pod.bare_value(), asked)?;
    let after = Object::from_value(&after).map_err(Refusal::internal)?;
    let how = WriteHow { subresource: Some("ephemeralcontainers".into()), ..how };
    let pod = doors.cluster.update(after, &how).await?;
    say(out, &format!("pod/{} has the guest {guest}\n", pod.name()))?;
    joined(&pod, &guest, asked, doors, out).await
}

async fn joined(
    pod: &Object,
    container: &str,
    asked: &Debug,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    if !asked.speech.stdin && !asked.speech.tty {
        return Ok(Exit::Done);
    }
    out.note(&format!("waiting until {container} runs …"));
    begun(pod, container, doors).await?;
    streams::joined(pod, container.to_owned(), &asked.speech, doors, out).await
}

/// Waits until a container of a pod runs; an error says why it will not.
async fn begun(pod: &Object, container: &str, doors: &Doors) -> Result<(), Error> {
    let key = pod.key();
    let mut events = doors.cluster.watch(&[super::change::only(&key)], None).await?;
    while let Some(event) = events.next().await {
        match event? {
            Event::Added(now) | Event::Modified(now) if now.uid() == pod.uid() => {
                match standing(&now.bare_value(), container) {
                    None => {}
                    Some(Ok(())) => return Ok(()),
                    Some(Err(why)) => return Err(Refusal::bad_request(format!("{container}: {why}")).into()),
                }
            }
            Event::Deleted(_) => return Err(Refusal::not_found(&key).into()),
            _ => {}
        }
    }
    Err(Refusal::unavailable(format!("the watch ended before {container} ran")).into())
}

/// Whether a container runs; `None` while nobody knows.
fn standing(pod: &Value, container: &str) -> Option<Result<(), String>> {
    let lists = ["containerStatuses", "ephemeralContainerStatuses"];
    let all = lists.iter().filter_map(|list| pod["status"][*list].as_array()).flatten();
    let state = &all.into_iter().find(|s| s["name"] == container)?["state"];
    if state.get("running").is_some() {
        return Some(Ok(()));
    }
    let waiting = state["waiting"]["reason"].as_str();
    if let Some(why @ ("ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" | "ErrImageNeverPull")) =
        waiting
    {
        return Some(Err(format!("{why}: {}", state["waiting"]["message"].as_str().unwrap_or_default())));
    }
    let over = state.get("terminated")?;
    Some(Err(format!("it has ended with exit code {}", over["exitCode"])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_guest_runs_or_says_why_not() {
        let of =
            |state: Value| json!({"status": {"ephemeralContainerStatuses": [{"name": "d", "state": state}]}});
        assert_eq!(standing(&of(json!({"running": {}})), "d"), Some(Ok(())));
        assert_eq!(standing(&of(json!({"waiting": {"reason": "ContainerCreating"}})), "d"), None);
        assert_eq!(standing(&json!({}), "d"), None);
        let bad = standing(&of(json!({"waiting": {"reason": "ErrImagePull", "message": "m"}})), "d");
        assert_eq!(bad, Some(Err("ErrImagePull: m".into())));
        assert!(standing(&of(json!({"terminated": {"exitCode": 3}})), "d").unwrap().is_err());
    }
}
