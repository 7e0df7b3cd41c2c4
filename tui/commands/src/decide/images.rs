//! `set image`: where a kind keeps its pods' template, and the patch that gives containers other images.

use crate::Error;
use serde_json::{Value, json};

/// The path from an object of `kind` to the spec of its pods.
pub(crate) fn pods_of(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Pod" => Some(&["spec"]),
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" | "Job" | "ReplicationController" => {
            Some(&["spec", "template", "spec"])
        }
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ => None,
    }
}

/// What stands at the end of a path; nothing when it leads nowhere.
pub(crate) fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, name| &value[name])
}

/// `value` at the end of a path.
pub(crate) fn under(path: &[&str], value: Value) -> Value {
    path.iter().rev().fold(value, |value, name| json!({*name: value}))
}

/// `CONTAINER=IMAGE` words.
pub(crate) fn pairs(words: &[String]) -> Result<Vec<(String, String)>, Error> {
    if words.is_empty() {
        return Err(Error::Usage("set image: say CONTAINER=IMAGE after the object".into()));
    }
    let pair = |word: &String| match word.split_once('=') {
        Some((name, image)) if !name.is_empty() && !image.is_empty() => Ok((name.into(), image.into())),
        _ => Err(Error::Usage(format!("{word:?}: expected CONTAINER=IMAGE"))),
    };
    words.iter().map(pair).collect()
}

/// The strategic merge patch that gives containers these images; `None` when they have them.
pub(crate) fn patch(object: &Value, pairs: &[(String, String)]) -> Result<Option<Value>, Error> {
    let kind = object["kind"].as_str().unwrap_or_default();
    let path = pods_of(kind).ok_or_else(|| Error::Usage(format!("a {kind} has no containers")))?;
    let spec = at(object, path);
    let mut changes = serde_json::Map::new();
    let mut found = vec![false; pairs.len()];
    for list in ["containers", "initContainers"] {
        let mut changed = Vec::new();
        for container in spec[list].as_array().into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            for ((wanted, image), found) in pairs.iter().zip(&mut found) {
                if wanted == name || (wanted == "*" && list == "containers") {
                    *found = true;
                    if container["image"] != **image {
                        changed.push(json!({"name": name, "image": image}));
                    }
                }
            }
        }
        if !changed.is_empty() {
            changes.insert(list.into(), Value::Array(changed));
        }
    }
    if let Some(((name, _), _)) = pairs.iter().zip(&found).find(|(_, found)| !**found) {
        return Err(Error::Usage(format!("unable to find container named {name:?}")));
    }
    Ok((!changes.is_empty()).then(|| under(path, Value::Object(changes))))
}

/// The patch that gives the containers that `patch` changes their images of before back.
pub(crate) fn inverse(before: &Value, patch: &Value) -> Option<Value> {
    let path = pods_of(before["kind"].as_str()?)?;
    let (spec, changed) = (at(before, path), at(patch, path));
    let mut back = serde_json::Map::new();
    for (list, containers) in changed.as_object()? {
        let name_of = |c: &Value| c["name"].as_str().map(ToOwned::to_owned);
        let names: Vec<_> = containers.as_array()?.iter().filter_map(name_of).collect();
        let former = spec[list].as_array()?.iter().filter(|c| name_of(c).is_some_and(|n| names.contains(&n)));
        let former = former.map(|c| json!({"name": c["name"], "image": c["image"]}));
        back.insert(list.clone(), former.collect());
    }
    Some(under(path, Value::Object(back)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_get_other_images() {
        let web = json!({"kind": "Deployment", "spec": {"template": {"spec": {
            "containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}],
            "initContainers": [{"name": "i", "image": "z:1"}],
        }}}});
        let check = |line: &str| {
            let words: Vec<String> = line.split(' ').map(String::from).collect();
            patch(&web, &pairs(&words).unwrap()).map_err(|e| e.to_string())
        };
        let spec = |spec: Value| json!({"spec": {"template": {"spec": spec}}});
        let wanted = spec(json!({"containers": [{"name": "a", "image": "x:2"}]}));
        assert_eq!(check("a=x:2").unwrap(), Some(wanted.clone()));
        assert_eq!(
            inverse(&web, &wanted),
            Some(spec(json!({"containers": [{"name": "a", "image": "x:1"}]})))
        );
        assert_eq!(check("a=x:1 b=y:1").unwrap(), None);
        let all = check("*=n i=m").unwrap().unwrap();
        assert_eq!(at(&all, &["spec", "template", "spec", "containers"]).as_array().unwrap().len(), 2);
        assert_eq!(check("c=x").unwrap_err(), "unable to find container named \"c\"");
        assert!(patch(&json!({"kind": "Service"}), &[]).is_err());
    }
}
