//! `wait`: until a condition, a field, a creation or a deletion has come true.

use super::{Doors, Out, change::only, say, select};
use crate::{Error, Exit, Wait};
use futures::StreamExt;
use serde_json::Value;
use shared_api::{Key, KindInfo, Object, Refusal};
use shared_client::Event;

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
enum Goal {
    Condition { name: String, status: String },
    Field { path: String, value: Option<String> },
    Delete,
    Create,
}

fn goal(text: &str) -> Result<Goal, Error> {
    let usage = || {
        Error::Usage(format!(
            "--for {text:?}: expected condition=NAME[=STATUS], delete, create or jsonpath={{PATH}}[=VALUE]"
        ))
    };
    match text.split_once('=') {
        None if text == "delete" => Ok(Goal::Delete),
        None if text == "create" => Ok(Goal::Create),
        Some(("condition", rest)) => {
            let (name, status) = rest.split_once('=').unwrap_or((rest, "True"));
            Ok(Goal::Condition { name: name.into(), status: status.into() })
        }
        Some(("jsonpath", rest)) => {
            let end = rest.rfind('}').ok_or_else(usage)?;
            let (path, value) = rest.split_at(end + 1);
            shared_api::jsonpath::check(path).map_err(Error::Usage)?;
            Ok(Goal::Field { path: path.into(), value: value.strip_prefix('=').map(ToOwned::to_owned) })
        }
        _ => Err(usage()),
    }
}

impl Goal {
    /// Whether it holds of an object that is there.
    fn holds(&self, object: &Object) -> bool {
        match self {
            Self::Create => true,
            Self::Delete => false,
            Self::Condition { name, status } => {
                condition(&object.value(), name).is_some_and(|found| found.eq_ignore_ascii_case(status))
            }
            Self::Field { path, value } => {
                let found = shared_api::jsonpath::render(path, &object.value()).unwrap_or_default();
                value.as_ref().map_or(!found.is_empty(), |v| *v == found)
            }
        }
    }

    /// Why it does not hold yet, for the message at the end.
    fn lacking(&self, object: &Object) -> String {
        match self {
            Self::Condition { name, .. } => {
                let value = object.value();
                let conditions = value["status"]["conditions"].as_array();
                let found = conditions.into_iter().flatten().find(|c| c["type"].as_str() == Some(name));
                match found {
                    None => format!("it has no condition {name} yet"),
                    Some(c) => format!(
                        "{name} is {} ({})",
                        c["status"].as_str().unwrap_or("Unknown"),
                        c["message"].as_str().or(c["reason"].as_str()).unwrap_or("no reason given")
                    ),
                }
            }
            Self::Field { path, .. } => {
                format!(
                    "{path} is {:?}",
                    shared_api::jsonpath::render(path, &object.value()).unwrap_or_default()
                )
            }
            Self::Delete => "it is still there".into(),
            Self::Create => String::new(),
        }
    }
}

fn condition(object: &Value, name: &str) -> Option<String> {
    let conditions = object["status"]["conditions"].as_array()?;
    let found =
        conditions.iter().find(|c| c["type"].as_str().is_some_and(|t| t.eq_ignore_ascii_case(name)))?;
    found["status"].as_str().map(ToOwned::to_owned)
}

pub(super) async fn wait(wait: &Wait, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let goal = goal(&wait.what)?;
    let named = select::named(&wait.target.words)?;
    let mut keys: Vec<(&KindInfo, Key)> = Vec::new();
    for select::Named { kind, name } in &named {
        if let Some(name) = name {
            keys.push((kind, select::key(kind, wait.scope.namespace.as_deref(), name, doors)));
        } else {
            let found = doors.cluster.list(&wait.scope.query(kind, doors)?).await?.items;
            keys.extend(found.iter().map(|o| (*kind, o.key())));
        }
    }
    if keys.is_empty() {
        return Err(Refusal::new(shared_api::Reason::NotFound, "no matching resources found").into());
    }
    let all = async {
        for (kind, key) in &keys {
            until(&goal, key, doors).await?;
            let done = match goal {
                Goal::Delete => "gone",
                Goal::Create => "there",
                Goal::Condition { .. } | Goal::Field { .. } => "condition met",
            };
            say(out, &format!("{}/{} {done}\n", kind.kind.to_lowercase(), key.name))?;
        }
        Ok(Exit::Done)
    };
    match tokio::time::timeout(wait.timeout, all).await {
        Ok(done) => done,
        Err(_) => Err(Error::TimedOut(late(&goal, &keys, &wait.what, doors).await)),
    }
}

/// Which objects are lacking what, once time is up.
async fn late(goal: &Goal, keys: &[(&KindInfo, Key)], what: &str, doors: &Doors) -> String {
    let mut lines = Vec::new();
    for (_, key) in keys {
        match doors.cluster.get(key).await {
            Ok(object) if goal.holds(&object) => {}
            Ok(object) => lines.push(format!("{key}: {}", goal.lacking(&object))),
            Err(_) if *goal == Goal::Delete => {}
            Err(refusal) => lines.push(refusal.to_string()),
        }
    }
    format!("waiting for {what} on {}", lines.join("; "))
}

/// Watches one object until the goal holds.
async fn until(goal: &Goal, key: &Key, doors: &Doors) -> Result<(), Error> {
    if !matches!(goal, Goal::Create | Goal::Delete) {
        doors.cluster.get(key).await?;
    }
    let mut events = doors.cluster.watch(&[only(key)], None).await?;
    let mut there = false;
    while let Some(event) = events.next().await {
        match event? {
            Event::Added(object) | Event::Modified(object) => {
                if goal.holds(&object) {
                    return Ok(());
                }
                there = true;
            }
            Event::Deleted(_) if *goal == Goal::Delete => return Ok(()),
            Event::Deleted(_) => return Err(Refusal::not_found(key).into()),
            Event::Bookmark { initial: true, .. } if *goal == Goal::Delete && !there => return Ok(()),
            Event::Bookmark { .. } => {}
        }
    }
    Err(Refusal::unavailable(format!("the watch of {key} ended")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn goals_hold_of_objects() {
        let pod = Object::from_value(&json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        }))
        .unwrap();
        let check = |text: &str| goal(text).unwrap().holds(&pod);
        assert!(check("condition=ready"));
        assert!(!check("condition=Ready=False"));
        assert!(check("jsonpath={.status.phase}=Running"));
        assert!(!check("jsonpath={.status.podIP}"));
        assert!(check("create"));
        assert!(goal("tomorrow").is_err());
    }
}
