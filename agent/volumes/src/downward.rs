//! What a pod may learn about itself, for files and for the environment.

use shared_api::{
    Amount,
    core::{
        Pod, ResourceFieldSelector,
        resources::{limit, request},
    },
};
use std::collections::BTreeMap;

/// What a node has to give; the limit of a container that names none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allocatable {
    /// Processors.
    pub cpu: Amount,
    /// Bytes.
    pub memory: Amount,
    /// Bytes of local disk.
    pub storage: Amount,
}

/// Addresses, which are known only once a pod has its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The node's.
    pub host_ip: &'a str,
    /// The pod's.
    pub pod_ip: &'a str,
}

/// The text of a `fieldRef`; addresses only where `place` is given, as in the environment.
pub fn field(pod: &Pod, path: &str, place: Option<Place<'_>>) -> Result<String, String> {
    let meta = &pod.metadata;
    let text = |value: &Option<String>| Ok(value.clone().unwrap_or_default());
    if let Some((map, key)) = path.strip_suffix("']").and_then(|p| p.split_once("['")) {
        let map = match map {
            "metadata.labels" => &meta.labels,
            "metadata.annotations" => &meta.annotations,
            other => return Err(format!("field path {other:?} takes no key")),
        };
        return Ok(map.as_ref().and_then(|m| m.get(key)).cloned().unwrap_or_default());
    }
    match (path, place) {
        ("metadata.name", _) => text(&meta.name),
        ("metadata.namespace", _) => text(&meta.namespace),
        ("metadata.uid", _) => text(&meta.uid),
        ("metadata.labels", _) => Ok(lines(meta.labels.as_ref())),
        ("metadata.annotations", _) => Ok(lines(meta.annotations.as_ref())),
        ("spec.nodeName", Some(_)) => {
            Ok(pod.spec.as_ref().and_then(|s| s.node_name.clone()).unwrap_or_default())
        }
        ("spec.serviceAccountName", Some(_)) => {
            let name = pod.spec.as_ref().and_then(|s| s.service_account_name.clone());
            Ok(name.unwrap_or_else(|| "default".into()))
        }
        ("status.hostIP" | "status.hostIPs", Some(place)) => Ok(place.host_ip.into()),
        ("status.podIP" | "status.podIPs", Some(place)) => Ok(place.pod_ip.into()),
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

/// `key="value"` a line, as the downward API writes maps.
fn lines(map: Option<&BTreeMap<String, String>>) -> String {
    map.into_iter().flatten().map(|(k, v)| format!("{k}={v:?}")).collect::<Vec<_>>().join("\n")
}

/// The text of a `resourceFieldRef` about the container called `name`.
pub fn resource(
    pod: &Pod,
    name: &str,
    from: &ResourceFieldSelector,
    node: Allocatable,
) -> Result<String, String> {
    let spec = pod.spec.as_ref();
    let all = spec.iter().flat_map(|s| s.containers.iter().chain(s.init_containers.iter().flatten()));
    let wanted = from.container_name.as_deref().filter(|n| !n.is_empty()).unwrap_or(name);
    let Some(container) = all.into_iter().find(|c| c.name == wanted) else {
        return Err(format!("container {wanted} not found"));
    };
    let (which, what) = from.resource.split_once('.').unwrap_or((&from.resource, ""));
    let whole = match what {
        "cpu" => node.cpu,
        "memory" => node.memory,
        "ephemeral-storage" => node.storage,
        _ => return Err(format!("unsupported container resource: {}", from.resource)),
    };
    let amount = match which {
        "limits" => limit(container, what).unwrap_or(whole),
        "requests" => request(container, what).or_else(|| limit(container, what)).unwrap_or_default(),
        _ => return Err(format!("unsupported container resource: {}", from.resource)),
    };
    let divisor =
        from.divisor.as_ref().map(Amount::of).filter(|d| d.as_milli() > 0).unwrap_or(Amount::whole(1));
    // Kubernetes rounds up, so that a container never learns of less than it has.
    let (amount, divisor) = (amount.as_milli(), divisor.as_milli());
    Ok((amount / divisor + i64::from(amount % divisor > 0)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::Quantity;

    fn pod() -> Pod {
        serde_json::from_value(serde_json::json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "labels": {"app": "a\"b", "tier": "x"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "main", "resources": {
                "limits": {"cpu": "1500m", "memory": "64Mi"}, "requests": {"cpu": "250m"}}}]}
        }))
        .unwrap()
    }

    #[test]
    fn fields_are_told() {
        let place = Some(Place { host_ip: "10.0.0.1", pod_ip: "10.1.0.2" });
        for (path, expected) in [
            ("metadata.name", "web"),
            ("metadata.labels['tier']", "x"),
            ("metadata.labels", "app=\"a\\\"b\"\ntier=\"x\""),
            ("metadata.annotations['none']", ""),
            ("spec.nodeName", "n1"),
            ("spec.serviceAccountName", "default"),
            ("status.podIP", "10.1.0.2"),
            ("status.hostIP", "10.0.0.1"),
        ] {
            assert_eq!(field(&pod(), path, place).as_deref(), Ok(expected), "{path}");
        }
        assert!(field(&pod(), "status.podIP", None).is_err(), "not in a file");
        assert!(field(&pod(), "spec.rubbish", place).is_err());
    }

    #[test]
    fn resources_are_told_rounded_up() {
        let node =
            Allocatable { cpu: Amount::whole(4), memory: Amount::whole(1 << 30), storage: Amount::default() };
        for (what, divisor, expected) in [
            ("limits.cpu", None, "2"),
            ("limits.cpu", Some("1m"), "1500"),
            ("limits.memory", Some("1Mi"), "64"),
            ("requests.cpu", Some("1m"), "250"),
            ("requests.memory", None, "67108864"),
            ("limits.ephemeral-storage", None, "0"),
        ] {
            let from = ResourceFieldSelector {
                container_name: None,
                divisor: divisor.map(|d| Quantity(d.into())),
                resource: what.into(),
            };
            assert_eq!(resource(&pod(), "main", &from, node).as_deref(), Ok(expected), "{what}");
        }
    }
}
