//! Resources of a pod that runs: processor and memory of its containers may change, its class may not.

use super::validate::resources;
use crate::{Invalid, core::resources::Class};
use k8s_openapi::{
    api::core::v1::{Container, PodSpec},
    apimachinery::pkg::api::resource::Quantity,
};
use std::collections::BTreeMap;

const ONLY: &str = "only cpu and memory resources are mutable";

/// Records what is wrong with new resources; everything else of the two is taken for the same.
pub fn valid_resize(new: &PodSpec, old: &PodSpec, invalid: &mut Invalid) {
    if Class::of(new) != Class::of(old) {
        let why = "Pod QOS Class may not change as a result of resizing";
        invalid.value("spec", Class::of(new).as_str(), why);
    }
    let none = Vec::new();
    for (list, now, was) in [
        ("containers", &new.containers, &old.containers),
        (
            "initContainers",
            new.init_containers.as_ref().unwrap_or(&none),
            old.init_containers.as_ref().unwrap_or(&none),
        ),
    ] {
        if now.len() != was.len() {
            invalid.forbidden("spec", ONLY);
            return;
        }
        for (at, (now, was)) in now.iter().zip(was).enumerate() {
            container(now, was, &format!("spec.{list}[{at}]"), list == "initContainers", invalid);
        }
    }
}

fn container(now: &Container, was: &Container, path: &str, init: bool, invalid: &mut Invalid) {
    if now.resources == was.resources {
        return;
    }
    let path = format!("{path}.resources");
    let stays = was.restart_policy.as_deref() == Some("Always");
    if now.name != was.name || (init && !stays) {
        return invalid.forbidden("spec", ONLY);
    }
    resources::valid(now.resources.as_ref(), &path, invalid);
    let (now, was) = (now.resources.clone().unwrap_or_default(), was.resources.clone().unwrap_or_default());
    for (field, now, was) in
        [("limits", &now.limits, &was.limits), ("requests", &now.requests, &was.requests)]
    {
        let given = |of: &Option<BTreeMap<String, Quantity>>| of.clone().unwrap_or_default();
        let (now, was) = (given(now), given(was));
        let rest = |of: &BTreeMap<String, Quantity>| {
            of.iter()
                .filter(|(name, _)| !matches!(name.as_str(), "cpu" | "memory"))
                .map(|(name, amount)| (name.clone(), amount.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        if rest(&now) != rest(&was) {
            invalid.forbidden("spec", ONLY);
        }
        if ["cpu", "memory"].iter().any(|name| was.contains_key(*name) && !now.contains_key(*name)) {
            invalid.forbidden(format!("{path}.{field}"), &format!("resource {field} cannot be removed"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn processor_and_memory_may_change() {
        let spec = |resources: &Value| -> PodSpec {
            let value = json!({"containers": [{"name": "a", "image": "b", "resources": resources}]});
            serde_json::from_value(value).unwrap()
        };
        let old = json!({"requests": {"cpu": "100m", "memory": "64Mi"}});
        for (new, expected) in [
            (json!({"requests": {"cpu": "200m", "memory": "64Mi"}}), None),
            (json!({"requests": {"cpu": "200m", "memory": "64Mi"}, "limits": {"cpu": "1"}}), None),
            (
                json!({"requests": {"cpu": "200m"}}),
                Some("spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"),
            ),
            (
                json!({"requests": {"cpu": "1", "memory": "1Mi"}, "limits": {"cpu": "1", "memory": "1Mi"}}),
                Some(
                    "spec: Invalid value: \"Guaranteed\": Pod QOS Class may not change as a result of resizing",
                ),
            ),
            (
                json!({"requests": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "1Gi"}}),
                Some("spec: Forbidden: only cpu and memory resources are mutable"),
            ),
        ] {
            let mut invalid = Invalid::default();
            valid_resize(&spec(&new), &spec(&old), &mut invalid);
            assert_eq!(invalid.lines(), Vec::from_iter(expected), "{new}");
        }
    }
}
