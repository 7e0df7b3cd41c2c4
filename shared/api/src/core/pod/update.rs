//! What may change in a pod once it exists.

use super::defaults;
use crate::Invalid;
use k8s_openapi::api::core::v1::{Container, PodSpec, Toleration};

const RULE: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
                    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
                    existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                    previously negative)";

/// Records changes that a running pod cannot follow.
pub(super) fn valid(new: &PodSpec, old: &PodSpec, invalid: &mut Invalid) {
    // A pod stored before a default was known is not changed by it.
    let mut completed = old.clone();
    defaults::complete(&mut completed);
    defaults::complete_pod(&mut completed);
    let old = &completed;
    for (list, now, was) in [
        ("containers", Some(&new.containers), Some(&old.containers)),
        ("initContainers", new.init_containers.as_ref(), old.init_containers.as_ref()),
    ] {
        if now.map_or(0, Vec::len) != was.map_or(0, Vec::len) {
            invalid.forbidden(format!("spec.{list}"), "pod updates may not add or remove containers");
            return;
        }
    }
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(new), Some(old)) if new > old => {
            let why = "must be less than or equal to previous value";
            invalid.value("spec.activeDeadlineSeconds", new, why);
            return;
        }
        (None, Some(_)) => {
            let why = "must not update from a positive integer to nil value";
            invalid.value("spec.activeDeadlineSeconds", "null", why);
            return;
        }
        _ => {}
    }
    let given = |list: &Option<Vec<Toleration>>| list.clone().unwrap_or_default();
    if given(&old.tolerations).iter().any(|t| !given(&new.tolerations).iter().any(|n| same(n, t))) {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        invalid.forbidden("spec.tolerations", why);
        return;
    }
    if comparable(new, old) != *old {
        invalid.forbidden("spec", RULE);
    }
}

fn same(new: &Toleration, old: &Toleration) -> bool {
    Toleration { toleration_seconds: old.toleration_seconds, ..new.clone() } == *old
}

/// The new specification with everything that may change put back.
fn comparable(new: &PodSpec, old: &PodSpec) -> PodSpec {
    let mut spec = new.clone();
    let images = |now: &mut [Container], was: &[Container]| {
        for (now, was) in now.iter_mut().zip(was) {
            now.image.clone_from(&was.image);
        }
    };
    images(&mut spec.containers, &old.containers);
    if let (Some(now), Some(was)) = (&mut spec.init_containers, &old.init_containers) {
        images(now, was);
    }
    spec.active_deadline_seconds = old.active_deadline_seconds;
    spec.tolerations.clone_from(&old.tolerations);
    if old.termination_grace_period_seconds.is_some_and(|s| s < 0)
        && spec.termination_grace_period_seconds == Some(1)
    {
        spec.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    // Gates open and never close.
    let closed = |spec: &PodSpec| spec.scheduling_gates.clone().unwrap_or_default();
    if closed(new).iter().all(|gate| closed(old).contains(gate)) {
        spec.scheduling_gates.clone_from(&old.scheduling_gates);
    }
    spec
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::changed};
    use serde_json::{Value, json};

    fn check(field: &str, old: &Value, new: &Value, expected: Option<&str>) {
        let with = |value: &Value| {
            let mut spec = json!({"containers": [{"name": "a", "image": "b:1"}]});
            if !value.is_null() {
                spec[field] = value.clone();
            }
            json!({"spec": spec})
        };
        let found = changed::<Pod>(with(old), with(new));
        assert_eq!(found.len(), usize::from(expected.is_some()), "{field}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn little_may_change() {
        let none = Value::Null;
        let rule = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.init";
        check("nodeName", &none, &json!("n1"), Some(rule));
        check("nodeName", &json!("n1"), &json!("n2"), Some(rule));
        check("hostname", &none, &json!("h"), Some(rule));
        check("containers", &none, &json!([{"name": "a", "image": "b:2"}]), None);
        check("containers", &none, &json!([{"name": "a", "image": "b:1", "command": ["x"]}]), Some(rule));
        check(
            "containers",
            &none,
            &json!([{"name": "a", "image": "b:1"}, {"name": "c", "image": "b:1"}]),
            Some("spec.containers: Forbidden: pod updates may not add or remove containers"),
        );
        check("activeDeadlineSeconds", &json!(5), &json!(3), None);
        check(
            "activeDeadlineSeconds",
            &json!(5),
            &json!(7),
            Some("spec.activeDeadlineSeconds: Invalid value: 7: must"),
        );
        let one = json!([{"key": "a", "operator": "Exists"}]);
        check("tolerations", &none, &one, None);
        check(
            "tolerations",
            &one,
            &none,
            Some("spec.tolerations: Forbidden: existing toleration can not be"),
        );
    }
}
