//! What is wrong with where a pod wants to be: near which nodes, near which pods, how spread.

use super::one_of;
use crate::{Invalid, name, selector};
use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorTerm, PodAffinityTerm, PodSpec,
    TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use std::collections::BTreeSet;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn valid(spec: &PodSpec, path: &str, invalid: &mut Invalid) {
    if let Some(affinity) = &spec.affinity {
        valid_affinity(affinity, &format!("{path}.affinity"), invalid);
    }
    let mut seen = BTreeSet::new();
    for (at, one) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        let path = format!("{path}.topologySpreadConstraints[{at}]");
        if !seen.insert((one.topology_key.as_str(), one.when_unsatisfiable.as_str())) {
            let pair = format!("{{{}, {}}}", one.topology_key, one.when_unsatisfiable);
            invalid.duplicate(format!("{path}.{{topologyKey, whenUnsatisfiable}}"), &pair);
        }
        valid_spread(one, &path, invalid);
    }
    let gates = spec.scheduling_gates.as_deref().unwrap_or_default();
    let mut seen = BTreeSet::new();
    for (at, gate) in gates.iter().enumerate() {
        let field = format!("{path}.schedulingGates[{at}]");
        if let Some(why) = name::qualified(&gate.name) {
            invalid.value(&field, &gate.name, &why);
        }
        if !seen.insert(gate.name.as_str()) {
            invalid.duplicate(field, &gate.name);
        }
    }
    if !gates.is_empty() && spec.node_name.as_deref().is_some_and(|n| !n.is_empty()) {
        let why = "cannot be set until all schedulingGates have been cleared";
        invalid.forbidden(format!("{path}.nodeName"), why);
    }
}

fn valid_affinity(affinity: &Affinity, path: &str, invalid: &mut Invalid) {
    if let Some(nodes) = &affinity.node_affinity {
        valid_nodes(nodes, &format!("{path}.nodeAffinity"), invalid);
    }
    if let Some(near) = &affinity.pod_affinity {
        let path = format!("{path}.podAffinity");
        let required = near.required_during_scheduling_ignored_during_execution.as_deref();
        let preferred = near.preferred_during_scheduling_ignored_during_execution.as_deref();
        valid_pods(required, preferred, &path, invalid);
    }
    if let Some(far) = &affinity.pod_anti_affinity {
        let path = format!("{path}.podAntiAffinity");
        let required = far.required_during_scheduling_ignored_during_execution.as_deref();
        let preferred = far.preferred_during_scheduling_ignored_during_execution.as_deref();
        valid_pods(required, preferred, &path, invalid);
    }
}

fn valid_nodes(nodes: &NodeAffinity, path: &str, invalid: &mut Invalid) {
    if let Some(required) = &nodes.required_during_scheduling_ignored_during_execution {
        valid_node_selector(required, &format!("{path}.{REQUIRED}"), invalid);
    }
    let preferred = nodes.preferred_during_scheduling_ignored_during_execution.iter().flatten();
    for (at, one) in preferred.enumerate() {
        let path = format!("{path}.{PREFERRED}[{at}]");
        valid_weight(one.weight, &path, invalid);
        valid_term(&one.preference, &format!("{path}.preference"), invalid);
    }
}

/// Records what is wrong with the choice of nodes at `path`.
pub(crate) fn valid_node_selector(nodes: &NodeSelector, path: &str, invalid: &mut Invalid) {
    let field = format!("{path}.nodeSelectorTerms");
    if nodes.node_selector_terms.is_empty() {
        invalid.required(&field, "must have at least one node selector term");
    }
    for (at, term) in nodes.node_selector_terms.iter().enumerate() {
        valid_term(term, &format!("{field}[{at}]"), invalid);
    }
}

fn valid_term(term: &NodeSelectorTerm, path: &str, invalid: &mut Invalid) {
    for (at, one) in term.match_expressions.iter().flatten().enumerate() {
        let path = format!("{path}.matchExpressions[{at}]");
        let values = one.values.as_deref().unwrap_or_default();
        selector::requirement(&one.operator, values, OPERATORS, &path, invalid);
        if let Some(why) = name::qualified(&one.key) {
            invalid.value(format!("{path}.key"), &one.key, &why);
        }
    }
    for (at, one) in term.match_fields.iter().flatten().enumerate() {
        let path = format!("{path}.matchFields[{at}]");
        let values = one.values.as_deref().unwrap_or_default();
        match one.operator.as_str() {
            "In" | "NotIn" if values.len() != 1 => {
                let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                invalid.required(format!("{path}.values"), why);
            }
            "In" | "NotIn" => {}
            other => invalid.value(format!("{path}.operator"), other, "not a valid selector operator"),
        }
        if one.key != "metadata.name" {
            invalid.value(format!("{path}.key"), &one.key, "not a valid field selector key");
        }
    }
}

fn valid_pods(
    required: Option<&[PodAffinityTerm]>,
    preferred: Option<&[WeightedPodAffinityTerm]>,
    path: &str,
    invalid: &mut Invalid,
) {
    for (at, term) in required.into_iter().flatten().enumerate() {
        valid_pod_term(term, &format!("{path}.{REQUIRED}[{at}]"), invalid);
    }
    for (at, one) in preferred.into_iter().flatten().enumerate() {
        let path = format!("{path}.{PREFERRED}[{at}]");
        valid_weight(one.weight, &path, invalid);
        valid_pod_term(&one.pod_affinity_term, &format!("{path}.podAffinityTerm"), invalid);
    }
}

fn valid_pod_term(term: &PodAffinityTerm, path: &str, invalid: &mut Invalid) {
    for (field, wanted) in
        [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)]
    {
        if let Some(wanted) = wanted {
            selector::valid(wanted, &format!("{path}.{field}"), invalid);
        }
    }
    for namespace in term.namespaces.iter().flatten() {
        if let Some(why) = name::label(namespace) {
            invalid.value(format!("{path}.namespace"), namespace, &why);
        }
    }
    valid_topology(&term.topology_key, path, invalid);
}

fn valid_topology(key: &str, path: &str, invalid: &mut Invalid) {
    let field = format!("{path}.topologyKey");
    if key.is_empty() {
        invalid.required(field, "can not be empty");
    } else if let Some(why) = name::qualified(key) {
        invalid.value(field, key, &why);
    }
}

fn valid_weight(weight: i32, path: &str, invalid: &mut Invalid) {
    if !(1..=100).contains(&weight) {
        invalid.value(format!("{path}.weight"), weight, "must be in the range 1-100");
    }
}

fn valid_spread(one: &TopologySpreadConstraint, path: &str, invalid: &mut Invalid) {
    if one.max_skew <= 0 {
        invalid.value(format!("{path}.maxSkew"), one.max_skew, "must be greater than zero");
    }
    valid_topology(&one.topology_key, path, invalid);
    let whens = ["DoNotSchedule", "ScheduleAnyway"];
    if !whens.contains(&one.when_unsatisfiable.as_str()) {
        invalid.unsupported(format!("{path}.whenUnsatisfiable"), &one.when_unsatisfiable, &whens);
    }
    if let Some(domains) = one.min_domains {
        if domains <= 0 {
            invalid.value(format!("{path}.minDomains"), domains, "must be greater than zero");
        }
        if one.when_unsatisfiable != "DoNotSchedule" {
            let why = format!(
                "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}",
                one.when_unsatisfiable
            );
            invalid.value(format!("{path}.minDomains"), domains, &why);
        }
    }
    for (field, policy) in
        [("nodeAffinityPolicy", &one.node_affinity_policy), ("nodeTaintsPolicy", &one.node_taints_policy)]
    {
        one_of(policy.as_deref(), &["Honor", "Ignore"], format!("{path}.{field}"), invalid);
    }
    if let Some(wanted) = &one.label_selector {
        selector::valid(wanted, &format!("{path}.labelSelector"), invalid);
    }
    if one.match_label_keys.as_ref().is_some_and(|k| !k.is_empty()) && one.label_selector.is_none() {
        let why = "must not be specified when labelSelector is not set";
        invalid.forbidden(format!("{path}.matchLabelKeys"), why);
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::findings};
    use serde_json::{Value, json};

    fn check(field: &str, value: &Value, expected: &[&str]) {
        let spec = json!({"containers": [{"name": "a", "image": "b"}], field: value});
        let found = findings::<Pod>(json!({"spec": spec}));
        let found: Vec<_> = found.iter().map(|f| f.strip_prefix("spec.").unwrap_or(f)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn nodes_are_asked_for_in_terms_they_know() {
        let required = |terms: Value| json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
        let path = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
        let zone = json!({"key": "zone", "operator": "In", "values": ["a"]});
        check("affinity", &required(json!([{"matchExpressions": [zone]}])), &[]);
        check(
            "affinity",
            &required(json!([])),
            &[&format!("{path}: Required value: must have at least one node selector term")],
        );
        let odd = json!([{"key": "zone", "operator": "In"}, {"key": "n", "operator": "Gt", "values": []}, {"key": "z", "operator": "Is"}]);
        check(
            "affinity",
            &required(json!([{"matchExpressions": odd}])),
            &[
                &format!(
                    "{path}[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
                ),
                &format!(
                    "{path}[0].matchExpressions[1].values: Required value: must be specified single value when `operator` is \
                     'Lt' or 'Gt'"
                ),
                &format!(
                    "{path}[0].matchExpressions[2].operator: Invalid value: \"Is\": not a valid selector operator"
                ),
            ],
        );
        let preferred = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 0, "preference": {"matchExpressions": [zone]}}]}});
        check(
            "affinity",
            &preferred,
            &[
                "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in \
                 the range 1-100",
            ],
        );
    }

    #[test]
    fn pods_are_near_in_some_sense() {
        let term = json!({"labelSelector": {"matchLabels": {"app": "a"}}, "topologyKey": ""});
        check(
            "affinity",
            &json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}),
            &[
                "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can \
                 not be empty",
            ],
        );
    }

    #[test]
    fn pods_are_spread_over_something() {
        let spread = |skew: i32, when: &str| json!({"maxSkew": skew, "topologyKey": "zone", "whenUnsatisfiable": when});
        check("topologySpreadConstraints", &json!([spread(1, "DoNotSchedule")]), &[]);
        check(
            "topologySpreadConstraints",
            &json!([spread(0, "Never")]),
            &[
                "topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                "topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"Never\": supported values: \
                 \"DoNotSchedule\", \"ScheduleAnyway\"",
            ],
        );
        check(
            "topologySpreadConstraints",
            &json!([spread(1, "DoNotSchedule"), spread(2, "DoNotSchedule")]),
            &[
                "topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{zone, DoNotSchedule}\"",
            ],
        );
    }

    #[test]
    fn gates_have_names_of_their_own() {
        check(
            "schedulingGates",
            &json!([{"name": "x.io/a"}, {"name": "x.io/a"}]),
            &["schedulingGates[1]: Duplicate value: \"x.io/a\""],
        );
    }
}
