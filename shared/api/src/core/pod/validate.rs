//! What is wrong with a pod's specification, in a pod or in a template.

pub(super) mod container;
mod details;
mod field;
mod placement;
mod probe;
pub(super) mod resources;
mod security;
pub(super) mod volume;

use crate::{Invalid, name};
use k8s_openapi::api::core::v1::{PodSpec, Toleration};
use std::collections::BTreeSet;

pub(crate) use placement::valid_node_selector;
pub(crate) use resources::at_least;

const RESTARTS: &[&str] = &["Always", "OnFailure", "Never"];
const DNS: &[&str] = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/// Records what is wrong with `spec`, which is found at `path`.
pub(crate) fn valid_spec(spec: &PodSpec, path: &str, invalid: &mut Invalid) {
    let volumes = volume::valid(spec, &format!("{path}.volumes"), invalid);
    let mut names = BTreeSet::new();
    if spec.containers.is_empty() {
        invalid.required(format!("{path}.containers"), "");
    }
    let on_host = spec.host_network == Some(true);
    let mut ports = BTreeSet::new();
    for (list, containers) in [
        ("containers", spec.containers.as_slice()),
        ("initContainers", spec.init_containers.as_deref().unwrap_or_default()),
    ] {
        for (at, one) in containers.iter().enumerate() {
            let path = format!("{path}.{list}[{at}]");
            container::valid_name(&one.name, &path, &mut names, invalid);
            container::valid(one, &path, &volumes, on_host, invalid);
            if list == "initContainers" {
                container::valid_initial(one, &path, invalid);
            } else {
                container::valid_host_ports(one, &path, &mut ports, invalid);
            }
        }
    }
    one_of(spec.restart_policy.as_deref(), RESTARTS, format!("{path}.restartPolicy"), invalid);
    one_of(spec.dns_policy.as_deref(), DNS, format!("{path}.dnsPolicy"), invalid);
    if spec.dns_policy.as_deref() == Some("None")
        && spec.dns_config.as_ref().is_none_or(|c| c.nameservers.as_ref().is_none_or(Vec::is_empty))
    {
        let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        invalid.required(format!("{path}.dnsConfig.nameservers"), why);
    }
    valid_names(spec, path, invalid);
    security::valid_pod(spec, path, invalid);
    placement::valid(spec, path, invalid);
    details::valid(spec, path, invalid);
    if let Some(seconds) = spec.active_deadline_seconds.filter(|s| !(1..=i64::from(i32::MAX)).contains(s)) {
        let why = "must be between 1 and 2147483647, inclusive";
        invalid.value(format!("{path}.activeDeadlineSeconds"), seconds, why);
    }
    crate::metadata::labels(&format!("{path}.nodeSelector"), spec.node_selector.as_ref(), invalid);
    for (at, toleration) in spec.tolerations.iter().flatten().enumerate() {
        valid_toleration(toleration, &format!("{path}.tolerations[{at}]"), invalid);
    }
}

fn valid_names(spec: &PodSpec, path: &str, invalid: &mut Invalid) {
    for (field, text, rule) in [
        ("hostname", &spec.hostname, name::label as name::Rule),
        ("subdomain", &spec.subdomain, name::label),
        ("serviceAccountName", &spec.service_account_name, name::subdomain),
        ("nodeName", &spec.node_name, name::subdomain),
        ("priorityClassName", &spec.priority_class_name, name::subdomain),
        ("runtimeClassName", &spec.runtime_class_name, name::subdomain),
        ("schedulerName", &spec.scheduler_name, name::subdomain),
    ] {
        let text = text.as_deref().unwrap_or_default();
        if let Some(why) = Some(text).filter(|t| !t.is_empty()).and_then(rule) {
            invalid.value(format!("{path}.{field}"), text, &why);
        }
    }
}

pub(crate) fn valid_toleration(toleration: &Toleration, path: &str, invalid: &mut Invalid) {
    let key = toleration.key.as_deref().unwrap_or_default();
    let operator = toleration.operator.as_deref().unwrap_or_default();
    let value = toleration.value.as_deref().unwrap_or_default();
    if let Some(why) = Some(key).filter(|k| !k.is_empty()).and_then(name::qualified) {
        invalid.value(format!("{path}.key"), key, &why);
    }
    if key.is_empty() && operator != "Exists" {
        let why =
            "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        invalid.value(format!("{path}.operator"), operator, why);
    }
    match operator {
        "" | "Equal" => {
            if let Some(why) = name::label_value(value) {
                invalid.value(format!("{path}.operator"), value, &why);
            }
        }
        "Exists" if value.is_empty() => {}
        "Exists" => {
            let why = "value must be empty when `operator` is 'Exists'";
            invalid.value(format!("{path}.operator"), value, why);
        }
        other => invalid.unsupported(format!("{path}.operator"), other, &["Equal", "Exists"]),
    }
    let effect = toleration.effect.as_deref();
    one_of(effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"], format!("{path}.effect"), invalid);
    if toleration.toleration_seconds.is_some() && effect != Some("NoExecute") {
        let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        invalid.value(format!("{path}.effect"), effect.unwrap_or_default(), why);
    }
}

/// Records a text that is none of `supported`; an absent one is fine.
fn one_of(text: Option<&str>, supported: &[&str], field: String, invalid: &mut Invalid) {
    if let Some(text) = text.filter(|t| !t.is_empty() && !supported.contains(t)) {
        invalid.unsupported(field, text, supported);
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::findings};
    use serde_json::{Value, json};

    fn check(spec: &Value, expected: &[&str]) {
        let found = findings::<Pod>(json!({"spec": spec}));
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn a_pod_needs_containers_with_names_of_their_own() {
        check(&json!({"containers": []}), &["spec.containers: Required value"]);
        check(
            &json!({"containers": [{"name": "", "image": "a"}]}),
            &["spec.containers[0].name: Required value"],
        );
        let named = |name: &str| json!({"name": name, "image": "a"});
        check(
            &json!({"containers": [named("A")]}),
            &["spec.containers[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must"],
        );
        check(
            &json!({"containers": [named("a"), named("a")]}),
            &["spec.containers[1].name: Duplicate value: \"a\""],
        );
        check(
            &json!({"containers": [named("a")], "initContainers": [named("a")]}),
            &["spec.initContainers[0].name: Duplicate value: \"a\""],
        );
    }

    #[test]
    fn each_finding_names_its_field() {
        let with =
            |field: &str, value: Value| json!({"containers": [{"name": "a", "image": "b"}], field: value});
        check(
            &with("restartPolicy", json!("Sometimes")),
            &[
                "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
            ],
        );
        check(&with("dnsPolicy", json!("X")), &["spec.dnsPolicy: Unsupported value: \"X\""]);
        check(&with("dnsPolicy", json!("None")), &["spec.dnsConfig.nameservers: Required value: must"]);
        check(
            &with("hostname", json!("a.b")),
            &["spec.hostname: Invalid value: \"a.b\": a lowercase RFC 1123 label"],
        );
        check(&with("nodeName", json!("A")), &["spec.nodeName: Invalid value: \"A\""]);
        // It is read as the shortest time there is.
        check(&with("terminationGracePeriodSeconds", json!(-1)), &[]);
        check(
            &with("ephemeralContainers", json!([{"name": "b", "image": "b"}])),
            &["spec.ephemeralContainers: Forbidden: cannot be set on create"],
        );
        check(
            &with("activeDeadlineSeconds", json!(0)),
            &["spec.activeDeadlineSeconds: Invalid value: 0: must be"],
        );
        check(&with("nodeSelector", json!({"a": "b c"})), &["spec.nodeSelector: Invalid value: \"b c\""]);
        check(
            &with("tolerations", json!([{"key": "a", "operator": "Like"}, {"operator": "Exists"}, {}])),
            &[
                "spec.tolerations[0].operator: Unsupported value: \"Like\": supported values: \"Equal\", \"Exists\"",
                "spec.tolerations[2].operator: Invalid value: \"\": operator must be Exists when `key` is empty",
            ],
        );
    }
}
