//! What keeps pods off nodes: which words change it, and the patch of a node.

use crate::Error;
use serde_json::{Value, json};

/// One change of a node's taints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Key, value, effect.
    Set(String, String, String),
    /// Key, and the effect when only that one goes.
    Remove(String, Option<String>),
}

/// `KEY=VALUE:EFFECT`, `KEY:EFFECT`, `KEY:EFFECT-`, `KEY-`.
pub(crate) fn changes(words: &[String]) -> Result<Vec<Change>, Error> {
    let bad =
        |word: &str| Error::Usage(format!("{word:?}: expected KEY[=VALUE]:EFFECT, KEY:EFFECT- or KEY-"));
    let one = |word: &String| {
        let (body, remove) = word.strip_suffix('-').map_or((word.as_str(), false), |body| (body, true));
        let (pair, effect) = body.split_once(':').map_or((body, None), |(pair, effect)| (pair, Some(effect)));
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let known = |e: &str| matches!(e, "NoSchedule" | "PreferNoSchedule" | "NoExecute");
        if key.is_empty() {
            return Err(bad(word));
        }
        match effect {
            Some(effect) if !known(effect) => Err(Error::Usage(format!(
                "invalid taint effect: {effect}, unsupported taint effect; expected NoSchedule, PreferNoSchedule or NoExecute"
            ))),
            effect if remove => Ok(Change::Remove(key.into(), effect.map(Into::into))),
            Some(effect) => Ok(Change::Set(key.into(), value.into(), effect.into())),
            None => Err(bad(word)),
        }
    };
    words.iter().map(one).collect()
}

/// The merge patch of `spec.taints`; `None` when all is so already.
pub(crate) fn patch(node: &Value, changes: &[Change], overwrite: bool) -> Result<Option<Value>, Error> {
    let before: Vec<Value> = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let name = node["metadata"]["name"].as_str().unwrap_or_default();
    let mut after = before.clone();
    for change in changes {
        match change {
            Change::Remove(key, effect) => {
                let length = after.len();
                after.retain(|t| t["key"] != **key || effect.as_ref().is_some_and(|e| t["effect"] != **e));
                if after.len() == length {
                    let effect = effect.as_ref().map(|e| format!(":{e}")).unwrap_or_default();
                    return Err(Error::Usage(format!("taint \"{key}{effect}\" not found on node {name}")));
                }
            }
            Change::Set(key, value, effect) => {
                let mut wanted = json!({"key": key, "effect": effect});
                if !value.is_empty() {
                    wanted["value"] = json!(value);
                }
                match after.iter_mut().find(|t| t["key"] == **key && t["effect"] == **effect) {
                    None => after.push(wanted),
                    Some(there) if there["value"].as_str().unwrap_or_default() == value => {}
                    Some(there) if overwrite => *there = wanted,
                    Some(_) => {
                        return Err(Error::Usage(format!(
                            "node {name} already has {key} taint(s) with same effect(s) and --overwrite is false"
                        )));
                    }
                }
            }
        }
    }
    let taints = if after.is_empty() { Value::Null } else { Value::Array(after.clone()) };
    Ok((after != before).then(|| json!({"spec": {"taints": taints}})))
}

/// What `taint` says it did, as kubectl puts it.
pub(crate) fn tainted(changes: &[Change]) -> &'static str {
    let removes = changes.iter().filter(|c| matches!(c, Change::Remove(..))).count();
    match removes {
        0 => "tainted",
        n if n == changes.len() => "untainted",
        _ => "modified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(node: &Value, line: &str) -> Result<Option<Value>, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        let changes = changes(&words).map_err(|e| e.to_string())?;
        patch(node, &changes, false).map_err(|e| e.to_string())
    }

    #[test]
    fn taints_are_set_and_removed() {
        let bare = json!({"metadata": {"name": "n1"}, "spec": {}});
        let set = json!({"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}});
        assert_eq!(check(&bare, "k=v:NoSchedule").unwrap(), Some(set.clone()));
        let mut node = set;
        node["metadata"] = json!({"name": "n1"});
        assert_eq!(check(&node, "k=v:NoSchedule").unwrap(), None);
        assert_eq!(check(&node, "k-").unwrap(), Some(json!({"spec": {"taints": null}})));
        assert_eq!(check(&node, "k:NoSchedule-").unwrap(), Some(json!({"spec": {"taints": null}})));
        let two = check(&node, "k:NoExecute").unwrap().unwrap();
        assert_eq!(two["spec"]["taints"].as_array().unwrap().len(), 2);
        assert!(check(&node, "k=w:NoSchedule").unwrap_err().contains("--overwrite is false"));
        assert_eq!(check(&node, "x:NoExecute-").unwrap_err(), "taint \"x:NoExecute\" not found on node n1");
        assert!(check(&bare, "k=v:Sometimes").unwrap_err().starts_with("invalid taint effect: Sometimes"));
        assert!(check(&bare, "k=v").is_err());
    }
}
