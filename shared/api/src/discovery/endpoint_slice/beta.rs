//! Endpoint slices as they were written before `discovery.k8s.io/v1`: where an endpoint is, is a map of labels.

use crate::Version;
use serde_json::{Map, Value};

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";

pub(super) const VERSIONS: &[Version] = &[Version {
    group: "discovery.k8s.io",
    version: "v1beta1",
    api_version: "discovery.k8s.io/v1beta1",
    upgrade,
    downgrade,
    warning: Some(
        "discovery.k8s.io/v1beta1 EndpointSlice is deprecated in v1.21+, unavailable in v1.25+; use discovery.k8s.io/v1 \
         EndpointSlice",
    ),
}];

fn endpoints(slice: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let list = slice.get_mut("endpoints").and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn upgrade(slice: &mut Value) {
    for endpoint in endpoints(slice) {
        let Some(Value::Object(mut topology)) = endpoint.remove("topology") else { continue };
        if let Some(zone) = topology.remove(ZONE) {
            endpoint.insert("zone".into(), zone);
        }
        if let Some(host) = topology.remove(HOST) {
            // A name of its own beside another node's is kept, as a label.
            let node = endpoint.entry("nodeName").or_insert_with(|| host.clone());
            if *node != host {
                topology.insert(HOST.into(), host);
            }
        }
        if !topology.is_empty() {
            endpoint.insert("deprecatedTopology".into(), Value::Object(topology));
        }
    }
}

fn downgrade(slice: &mut Value) {
    for endpoint in endpoints(slice) {
        let mut topology = match endpoint.remove("deprecatedTopology") {
            Some(Value::Object(topology)) => topology,
            _ => Map::new(),
        };
        if let Some(zone) = endpoint.remove("zone") {
            topology.insert(ZONE.into(), zone);
        }
        if let Some(node) = endpoint.get("nodeName").filter(|n| !n.is_null()) {
            topology.entry(HOST).or_insert_with(|| node.clone());
        }
        if !topology.is_empty() {
            endpoint.insert("topology".into(), Value::Object(topology));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn there_and_back_again() {
        let old = json!({"endpoints": [{"addresses": ["10.0.0.1"], "nodeName": "n",
            "topology": {ZONE: "z", HOST: "n", "x.io/rack": "7"}}, {"addresses": ["10.0.0.2"]}]});
        let new = json!({"endpoints": [{"addresses": ["10.0.0.1"], "nodeName": "n", "zone": "z",
            "deprecatedTopology": {"x.io/rack": "7"}}, {"addresses": ["10.0.0.2"]}]});
        let mut value = old.clone();
        upgrade(&mut value);
        assert_eq!(value, new);
        downgrade(&mut value);
        assert_eq!(value, old);
    }
}
