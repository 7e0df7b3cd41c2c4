//! autoscaling/v1, which knows one measure: the processor. What else there is travels in annotations.

use crate::{
    Version,
    convert::{get, object, put, take},
};
use serde_json::{Map, Value, json};

pub(super) const VERSIONS: &[Version] = &[Version {
    group: "autoscaling",
    version: "v1",
    api_version: "autoscaling/v1",
    upgrade,
    downgrade,
    warning: None,
}];

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const MEASURED: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// A field of a metric in v2, and what v1 calls it.
type Names = &'static [(&'static [&'static str], &'static str)];

const TARGETS: &[(&str, Names)] = &[
    (
        "resource",
        &[
            (&["target", "averageUtilization"], "targetAverageUtilization"),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
    ),
    (
        "containerResource",
        &[
            (&["target", "averageUtilization"], "targetAverageUtilization"),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
    ),
    (
        "pods",
        &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
    ),
    (
        "object",
        &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["target", "value"], "targetValue"),
            (&["target", "averageValue"], "averageValue"),
            (&["describedObject"], "target"),
        ],
    ),
    (
        "external",
        &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "metricSelector"),
            (&["target", "value"], "targetValue"),
            (&["target", "averageValue"], "targetAverageValue"),
        ],
    ),
];

const MEASURES: &[(&str, Names)] = &[
    (
        "resource",
        &[
            (&["current", "averageUtilization"], "currentAverageUtilization"),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
    ),
    (
        "containerResource",
        &[
            (&["current", "averageUtilization"], "currentAverageUtilization"),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
    ),
    (
        "pods",
        &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
    ),
    (
        "object",
        &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "selector"),
            (&["current", "value"], "currentValue"),
            (&["current", "averageValue"], "averageValue"),
            (&["describedObject"], "target"),
        ],
    ),
    (
        "external",
        &[
            (&["metric", "name"], "metricName"),
            (&["metric", "selector"], "metricSelector"),
            (&["current", "value"], "currentValue"),
            (&["current", "averageValue"], "currentAverageValue"),
        ],
    ),
];

fn downgrade(value: &mut Value) {
    if let Some(Value::Array(mut metrics)) = take(value, &["spec", "metrics"]) {
        if let Some(at) = metrics.iter().position(|m| processor(m, "target").is_some()) {
            let percent = processor(&metrics.remove(at), "target").cloned().unwrap_or_default();
            put(value, &["spec", "targetCPUUtilizationPercentage"], percent);
        }
        let others: Vec<_> = metrics.into_iter().map(|m| renamed(m, TARGETS, older)).collect();
        annotate(value, METRICS, &others.into());
    }
    if let Some(behavior) = take(value, &["spec", "behavior"]) {
        annotate(value, BEHAVIOR, &behavior);
    }
    if let Some(Value::Array(measured)) = take(value, &["status", "currentMetrics"]) {
        if let Some(percent) = measured.iter().find_map(|m| processor(m, "current")).cloned() {
            put(value, &["status", "currentCPUUtilizationPercentage"], percent);
        }
        let measured: Vec<_> = measured.into_iter().map(|m| renamed(m, MEASURES, older)).collect();
        annotate(value, MEASURED, &measured.into());
    }
    if let Some(conditions) = take(value, &["status", "conditions"]) {
        annotate(value, CONDITIONS, &conditions);
    }
    // In this version there is no such thing as no replicas.
    if let Some(Value::Object(status)) = value.get_mut("status") {
        status.entry("currentReplicas").or_insert(0.into());
        status.entry("desiredReplicas").or_insert(0.into());
    }
}

fn upgrade(value: &mut Value) {
    if value.pointer("/status/currentReplicas") == Some(&json!(0)) {
        take(value, &["status", "currentReplicas"]);
    }
    let mut metrics = Vec::new();
    if let Some(percent) = take(value, &["spec", "targetCPUUtilizationPercentage"]) {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        metrics.push(json!({"type": "Resource", "resource": {"name": "cpu", "target": target}}));
    }
    if let Some(Value::Array(others)) = annotated(value, METRICS) {
        metrics.extend(others.into_iter().map(|m| renamed(m, TARGETS, newer)));
    }
    if !metrics.is_empty() {
        put(value, &["spec", "metrics"], metrics.into());
    }
    if let Some(behavior) = annotated(value, BEHAVIOR) {
        put(value, &["spec", "behavior"], behavior);
    }
    let percent = take(value, &["status", "currentCPUUtilizationPercentage"]);
    if let Some(Value::Array(measured)) = annotated(value, MEASURED) {
        let measured: Vec<_> = measured.into_iter().map(|m| renamed(m, MEASURES, newer)).collect();
        put(value, &["status", "currentMetrics"], measured.into());
    } else if let Some(percent) = percent {
        let measure = json!({"name": "cpu", "current": {"averageUtilization": percent}});
        put(value, &["status", "currentMetrics"], json!([{"type": "Resource", "resource": measure}]));
    }
    if let Some(conditions) = annotated(value, CONDITIONS) {
        put(value, &["status", "conditions"], conditions);
    }
}

/// The percentage, when it is the processor's use that is measured.
fn processor<'a>(metric: &'a Value, of: &str) -> Option<&'a Value> {
    let resource = get(metric, &["resource"]).filter(|r| r.get("name") == Some(&json!("cpu")))?;
    get(resource, &[of, "averageUtilization"])
}

fn annotate(value: &mut Value, name: &str, what: &Value) {
    if what.as_array().is_none_or(|list| !list.is_empty()) {
        put(value, &["metadata", "annotations", name], what.to_string().into());
    }
}

/// What an annotation holds; the annotation is gone when it could be read.
fn annotated(value: &mut Value, name: &str) -> Option<Value> {
    let text = get(value, &["metadata", "annotations", name])?.as_str()?;
    let what: Value = serde_json::from_str(text).ok()?;
    take(value, &["metadata", "annotations", name]);
    if object(value, &["metadata", "annotations"]).is_some_and(|a| a.is_empty()) {
        take(value, &["metadata", "annotations"]);
    }
    Some(what).filter(|w| w.is_array() || w.is_object())
}

/// A metric whose source has its fields named otherwise.
fn renamed(mut metric: Value, all: &[(&str, Names)], to: fn(Value, Names) -> Value) -> Value {
    for (source, names) in all {
        if let Some(found) = take(&mut metric, &[source]) {
            put(&mut metric, &[source], to(found, names));
        }
    }
    metric
}

fn older(mut source: Value, names: Names) -> Value {
    let mut old = Map::new();
    for (path, name) in names {
        if let Some(field) = take(&mut source, path) {
            old.insert((*name).into(), field);
        }
    }
    for plain in ["name", "container"] {
        if let Some(field) = take(&mut source, &[plain]) {
            old.insert(plain.into(), field);
        }
    }
    old.into()
}

fn newer(mut source: Value, names: Names) -> Value {
    let mut new = json!({});
    for (path, name) in names {
        let Some(field) = take(&mut source, &[name]) else { continue };
        let kind = match path {
            ["target", "averageUtilization"] => Some("Utilization"),
            ["target", "averageValue"] => Some("AverageValue"),
            ["target", "value"] => Some("Value"),
            _ => None,
        };
        if let Some(kind) = kind {
            put(&mut new, &["target", "type"], kind.into());
        }
        put(&mut new, path, field);
    }
    for plain in ["name", "container"] {
        if let Some(field) = take(&mut source, &[plain]) {
            put(&mut new, &[plain], field);
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use crate::{autoscaling::HorizontalPodAutoscaler, core::testing::completed, serving};
    use serde_json::{Value, json};

    fn metrics() -> Value {
        let average = json!({"type": "AverageValue", "averageValue": "10"});
        let web = json!({"kind": "Ingress", "name": "web"});
        json!([
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}},
            {"type": "Resource", "resource": {"name": "memory", "target": average}},
            {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "a", "target": average}},
            {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": average}},
            {"type": "Object", "object": {"metric": {"name": "hits", "selector": {"matchLabels": {"a": "b"}}},
                "describedObject": web, "target": {"type": "Value", "value": "5"}}},
            {"type": "External", "external": {"metric": {"name": "queue"}, "target": average}}
        ])
    }

    #[test]
    fn the_processor_has_a_field_and_the_rest_an_annotation() {
        let old = serving("autoscaling/v1", "HorizontalPodAutoscaler").unwrap();
        let all = metrics();
        let stored = |metrics: Value| json!({"metadata": {"name": "a"}, "spec": {"maxReplicas": 3, "metrics": metrics}});
        let shown = old.downgrade(stored(json!([all[0]])));
        assert_eq!(shown["spec"], json!({"maxReplicas": 3, "targetCPUUtilizationPercentage": 60}));
        assert_eq!(shown["metadata"], json!({"name": "a"}));
        let counted = old.downgrade(json!({"status": {}}))["status"].clone();
        assert_eq!(counted, json!({"currentReplicas": 0, "desiredReplicas": 0}));
        let shown = old.downgrade(stored(json!([all[0], all[1]])));
        assert_eq!(
            shown["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"],
            r#"[{"resource":{"name":"memory","targetAverageValue":"10"},"type":"Resource"}]"#
        );
    }

    #[test]
    fn the_older_version_leads_back_to_what_is_stored() {
        let old = serving("autoscaling/v1", "HorizontalPodAutoscaler").unwrap();
        let condition = json!({"type": "AbleToScale", "status": "True"});
        let used = json!({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 12, "averageValue": "1"}}});
        let reference = json!({"kind": "Deployment", "name": "web"});
        let behavior = json!({"scaleDown": {"stabilizationWindowSeconds": 60}});
        for stored in [
            json!({"spec": {"scaleTargetRef": reference, "maxReplicas": 3}}),
            json!({"metadata": {"name": "a", "annotations": {"x": "y"}},
                "spec": {"scaleTargetRef": reference, "maxReplicas": 3, "metrics": metrics(), "behavior": behavior},
                "status": {"currentReplicas": 1, "desiredReplicas": 1, "conditions": [condition], "currentMetrics": [used]}}),
        ] {
            let stored = completed::<HorizontalPodAutoscaler>(stored);
            assert_eq!(old.upgrade(old.downgrade(stored.clone())), stored);
        }
    }

    #[test]
    fn an_older_author_may_name_the_processor_or_nothing() {
        let old = serving("autoscaling/v1", "HorizontalPodAutoscaler").unwrap();
        let named = old.upgrade(json!({"spec": {"targetCPUUtilizationPercentage": 50}, "status": {"currentCPUUtilizationPercentage": 7}}));
        assert_eq!(named["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 50);
        assert_eq!(named["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"], 7);
        assert_eq!(old.upgrade(json!({"spec": {}}))["spec"], json!({}));
        let broken = json!({"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/metrics": "[{"}}, "spec": {}});
        assert_eq!(old.upgrade(broken.clone())["metadata"], broken["metadata"]);
    }
}
