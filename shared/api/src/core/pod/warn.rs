//! What the author of a pod is told that is no mistake, but hardly meant.

use k8s_openapi::api::core::v1::{Container, PodSpec};
use std::collections::BTreeMap;

/// Labels of nodes that have another name by now.
const RENAMED: &[(&str, &str, &str)] = &[
    ("beta.kubernetes.io/arch", "v1.14", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "v1.17", "node.kubernetes.io/instance-type"),
    ("beta.kubernetes.io/os", "v1.14", "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", "v1.17", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "v1.17", "topology.kubernetes.io/zone"),
];

/// The warnings about `spec`, which is found at `path`.
pub(crate) fn warnings(spec: &PodSpec, path: &str) -> Vec<String> {
    let mut told = Vec::new();
    for (label, since, now) in RENAMED {
        if spec.node_selector.iter().flatten().any(|(key, _)| key == label) {
            told.push(format!("{path}.nodeSelector[{label}]: deprecated since {since}; use {now:?} instead"));
        }
    }
    for (at, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        if secret.name.is_empty() {
            told.push(format!("{path}.imagePullSecrets[{at}].name: invalid empty name \"\""));
        }
    }
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        let why = "must be >= 0; negative values are invalid and will be treated as 1.";
        told.push(format!("{path}.terminationGracePeriodSeconds: {why}"));
    }
    let mut ports = BTreeMap::new();
    for (list, containers) in [
        ("initContainers", spec.init_containers.as_deref().unwrap_or_default()),
        ("containers", spec.containers.as_slice()),
    ] {
        for (at, container) in containers.iter().enumerate() {
            let path = format!("{path}.{list}[{at}]");
            hidden(container, &path, &mut told);
            if list == "containers" {
                repeated(container, &path, &mut ports, &mut told);
            }
        }
    }
    told
}

/// Variables that are defined anew.
fn hidden(container: &Container, path: &str, told: &mut Vec<String>) {
    let mut defined = BTreeMap::new();
    for (at, variable) in container.env.iter().flatten().enumerate() {
        // One may be made of what it was before.
        let own = format!("$({})", variable.name);
        let extends = variable.value.as_deref().is_some_and(|value| value.contains(&own));
        if defined.insert(variable.name.as_str(), at).is_some() && !extends {
            let why = "which may be dropped when using apply";
            told.push(format!("{path}.env[{at}]: hides previous definition of {:?}, {why}", variable.name));
        }
    }
}

/// Ports that are listed twice.
fn repeated<'a>(
    container: &'a Container,
    path: &str,
    ports: &mut BTreeMap<(i32, &'a str), String>,
    told: &mut Vec<String>,
) {
    for (at, port) in container.ports.iter().flatten().enumerate() {
        let place = format!("{path}.ports[{at}]");
        let protocol = port.protocol.as_deref().filter(|p| !p.is_empty()).unwrap_or("TCP");
        match ports.get(&(port.container_port, protocol)) {
            Some(first) => told.push(format!("{place}: duplicate port definition with {first}")),
            None => drop(ports.insert((port.container_port, protocol), place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_hardly_meant_is_told() {
        let ports =
            json!([{"containerPort": 80}, {"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]);
        let env = json!([{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}, {"name": "A", "value": "3"}]);
        let spec = json!({"terminationGracePeriodSeconds": -1, "imagePullSecrets": [{}],
            "nodeSelector": {"beta.kubernetes.io/os": "linux"},
            "containers": [{"name": "a", "env": env, "ports": ports}]});
        assert_eq!(
            warnings(&serde_json::from_value(spec).unwrap(), "spec"),
            [
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                "spec.imagePullSecrets[0].name: invalid empty name \"\"",
                "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1.",
                "spec.containers[0].env[2]: hides previous definition of \"A\", which may be dropped when using apply",
                "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
            ]
        );
        let plain = json!({"containers": [{"name": "a", "ports": [{"containerPort": 80}]}]});
        assert!(warnings(&serde_json::from_value(plain).unwrap(), "spec").is_empty());
    }
}
