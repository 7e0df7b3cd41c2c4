//! What nodes and pods use. Nobody writes these: they are made of what agents measure.

mod node_metrics;
mod pod_metrics;

pub use node_metrics::NodeMetrics;
pub use pod_metrics::{ContainerMetrics, PodMetrics};

use crate::{Quantity, Refusal, Time};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) const API_VERSION: &str = "metrics.k8s.io/v1beta1";
pub(crate) const GROUP: &str = "metrics.k8s.io";
pub(crate) const VERSION: &str = "v1beta1";

/// What can be done with measurements.
pub(crate) const VERBS: &[&str] = &["get", "list"];

/// How much of what is used: `cpu`, `memory`.
pub type Usage = BTreeMap<String, Quantity>;

/// What an agent measured on its node.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeReport {
    /// When.
    pub timestamp: Time,
    /// Over how long: `15.002s`.
    pub window: String,
    /// What the node uses.
    pub usage: Usage,
    /// What its pods use.
    pub pods: Vec<PodReport>,
}

/// What an agent measured of a pod.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodReport {
    /// Where the pod lives.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What its containers use.
    pub containers: Vec<ContainerMetrics>,
}

impl NodeReport {
    /// A report as it was sent.
    pub fn read(value: Value) -> Result<Self, Refusal> {
        serde_json::from_value(value)
            .map_err(|e| Refusal::bad_request(format!("the measurements cannot be decoded: {e}")))
    }
}

pub(crate) fn cell(usage: &Usage, what: &str) -> String {
    usage.get(what).map(|amount| amount.0.clone()).unwrap_or_default()
}

/// As serde has it, the version that every object of this group is of.
pub(crate) fn api_version() -> String {
    API_VERSION.into()
}

pub(crate) fn never() -> Time {
    Time(crate::Timestamp::UNIX_EPOCH)
}

/// A moment; `null` is never.
fn when<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    Option::deserialize(deserializer).map(|time| time.unwrap_or_else(never))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_made_reads_back() {
        let mut node = NodeMetrics::default();
        node.metadata.name = Some("n1".into());
        node.usage.insert("cpu".into(), Quantity("12n".into()));
        let object = crate::Object::from_kind(&node);
        let value = object.value();
        assert_eq!((&value["apiVersion"], &value["kind"]), (&json!(API_VERSION), &json!("NodeMetrics")));
        assert_eq!(*object.to_kind::<NodeMetrics>().unwrap(), node);
        let kind = crate::of(GROUP, "NodeMetrics").unwrap();
        assert_eq!(kind.row(&object, crate::Timestamp::UNIX_EPOCH), ["12n", "", ""]);
        let pod = crate::Object::from_kind(&PodMetrics::default());
        assert_eq!(pod.value()["kind"], "PodMetrics");
    }

    #[test]
    fn a_report_that_makes_no_sense_is_refused() {
        let report = json!({"timestamp": "2026-01-02T03:04:05Z", "window": "15s", "usage": {"cpu": "1n"},
            "pods": [{"namespace": "a", "name": "b", "containers": [{"name": "c", "usage": {"memory": "4Ki"}}]}]});
        assert_eq!(NodeReport::read(report).unwrap().pods[0].containers[0].name, "c");
        assert_eq!(NodeReport::read(json!({"pods": 1})).unwrap_err().reason.code(), 400);
    }
}
