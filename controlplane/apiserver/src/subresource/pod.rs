//! The parts of a running pod that have rules of their own: guests that come in, resources that change.

use crate::registry;
use serde_json::Value;
use shared_api::{
    Invalid, Kind, KindInfo, Object, Refusal,
    core::{Pod, PodSpec, valid_guests, valid_resize},
};
use shared_client::Result;

type Rule = fn(&PodSpec, &PodSpec, &mut Invalid);

/// Whether a write of the part follows its own rules and not those for updates of the object.
pub(crate) fn own_rules(part: &str) -> bool {
    rule(part).is_some()
}

fn rule(part: &str) -> Option<Rule> {
    match part {
        "ephemeralcontainers" => Some(valid_guests),
        "resize" => Some(valid_resize),
        _ => None,
    }
}

/// `old` with only one part taken from `new`; refused when the part's own rules say no.
pub(crate) fn only(kind: &KindInfo, part: &str, old: &Object, new: Value) -> Result<Value> {
    let Some(rule) = rule(part).filter(|_| kind.subresources.contains(&part)) else {
        return registry::only(kind, part, old.value(), new);
    };
    let merged = if part == "resize" {
        resized(old.value(), &new)
    } else {
        registry::only(kind, part, old.value(), new)?
    };
    let object = Object::from_value(&merged).map_err(|e| Refusal::bad_request(e.to_string()))?;
    let typed = |object: &Object| -> Result<PodSpec> {
        let pod = object.to_kind::<Pod>().map_err(|e| Refusal::bad_request(e.to_string()))?;
        let mut pod = (*pod).clone();
        pod.set_defaults();
        Ok(pod.spec.unwrap_or_default())
    };
    let mut invalid = Invalid::default();
    rule(&typed(&object)?, &typed(old)?, &mut invalid);
    Refusal::invalid(&kind.group_kind(), old.name(), &invalid).map_or(Ok(merged), Err)
}

/// The old pod with the resources of the new one's containers, by their names.
fn resized(mut old: Value, new: &Value) -> Value {
    for list in ["containers", "initContainers"] {
        let given = new["spec"][list].as_array();
        for container in old["spec"][list].as_array_mut().into_iter().flatten() {
            let same = given.into_iter().flatten().find(|c| c["name"] == container["name"]);
            if let (Some(same), Some(fields)) = (same, container.as_object_mut()) {
                fields.insert("resources".into(), same["resources"].clone());
            }
        }
    }
    for field in ["resourceVersion", "uid"] {
        old["metadata"][field] = new["metadata"][field].clone();
    }
    old
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(spec: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec})
    }

    #[test]
    fn only_the_part_is_written_and_its_rules_hold() {
        let kind = shared_api::of("", "Pod").unwrap();
        let old = Object::from_value(&pod(&json!({"containers": [{"name": "a", "image": "b"}]}))).unwrap();
        let guests = json!([{"name": "d", "image": "busybox"}]);
        let new = pod(&json!({"containers": [], "ephemeralContainers": guests}));
        let merged = only(kind, "ephemeralcontainers", &old, new).unwrap();
        assert_eq!(merged["spec"]["ephemeralContainers"], guests);
        assert_eq!(merged["spec"]["containers"][0]["image"], "b", "the rest stays");
        let nameless = pod(&json!({"ephemeralContainers": [{"image": "busybox"}]}));
        assert!(only(kind, "ephemeralcontainers", &old, nameless).is_err());
        let resources = json!({"requests": {"cpu": "1"}});
        let new = pod(&json!({"containers": [{"name": "a", "image": "x", "resources": resources}]}));
        let refused = only(kind, "resize", &old, new).unwrap_err();
        assert!(refused.message.contains("QOS Class may not change"), "{refused}");
    }
}
