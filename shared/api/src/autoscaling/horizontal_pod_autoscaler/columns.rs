//! What a table of autoscalers shows.

use super::HorizontalPodAutoscaler;
use crate::{Column, Quantity};
use k8s_openapi::api::autoscaling::v2::{
    HorizontalPodAutoscalerSpec, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus,
};

/// So many metrics are shown.
const SHOWN: usize = 2;

pub(super) const COLUMNS: &[Column<HorizontalPodAutoscaler>] = &[
    Column::text("Reference", |a, _| {
        spec(a, |s| format!("{}/{}", s.scale_target_ref.kind, s.scale_target_ref.name))
    }),
    Column::text("Targets", |a, _| targets(a)),
    Column::text("MinPods", |a, _| {
        spec(a, |s| s.min_replicas.map_or_else(|| "<unset>".into(), |n| n.to_string()))
    }),
    Column::text("MaxPods", |a, _| spec(a, |s| s.max_replicas.to_string())),
    Column::text("Replicas", |a, _| {
        a.status.as_ref().and_then(|s| s.current_replicas).unwrap_or(0).to_string()
    }),
    Column::age(),
];

fn spec(
    autoscaler: &HorizontalPodAutoscaler,
    get: impl Fn(&HorizontalPodAutoscalerSpec) -> String,
) -> String {
    autoscaler.spec.as_ref().map(get).unwrap_or_default()
}

/// `cpu: 12%/80%, 30/50 (avg) + 1 more...`
fn targets(autoscaler: &HorizontalPodAutoscaler) -> String {
    let metrics = autoscaler.spec.as_ref().and_then(|s| s.metrics.as_deref()).unwrap_or_default();
    if metrics.is_empty() {
        return "<none>".into();
    }
    let told = autoscaler.status.as_ref().and_then(|s| s.current_metrics.as_deref()).unwrap_or_default();
    let shown: Vec<_> =
        metrics.iter().enumerate().take(SHOWN).map(|(at, metric)| target(metric, told.get(at))).collect();
    let shown = shown.join(", ");
    match metrics.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}

fn target(metric: &MetricSpec, told: Option<&MetricStatus>) -> String {
    if let Some(resource) = &metric.resource {
        let current = told.and_then(|t| t.resource.as_ref()).map(|r| &r.current);
        format!("{}: {}", resource.name, used(&resource.target, current))
    } else if let Some(resource) = &metric.container_resource {
        let current = told.and_then(|t| t.container_resource.as_ref()).map(|r| &r.current);
        format!("{}: {}", resource.name, used(&resource.target, current))
    } else if let Some(pods) = &metric.pods {
        let current = told.and_then(|t| t.pods.as_ref()).and_then(|p| p.current.average_value.as_ref());
        format!("{}/{}", amount(current), amount(pods.target.average_value.as_ref()))
    } else if let Some(object) = &metric.object {
        counted(&object.target, told.and_then(|t| t.object.as_ref()).map(|o| &o.current))
    } else if let Some(external) = &metric.external {
        counted(&external.target, told.and_then(|t| t.external.as_ref()).map(|e| &e.current))
    } else {
        "<unknown type>".into()
    }
}

/// What pods use of a resource.
fn used(target: &MetricTarget, current: Option<&MetricValueStatus>) -> String {
    if let Some(wanted) = &target.average_value {
        return format!("{}/{}", amount(current.and_then(|c| c.average_value.as_ref())), wanted.0);
    }
    let percent = |n: Option<i32>, none: &str| n.map_or_else(|| none.to_owned(), |n| format!("{n}%"));
    let current = percent(current.and_then(|c| c.average_utilization), "<unknown>");
    format!("{current}/{}", percent(target.average_utilization, "<auto>"))
}

/// What is measured of something else than the pods.
fn counted(target: &MetricTarget, current: Option<&MetricValueStatus>) -> String {
    match &target.average_value {
        Some(wanted) => {
            format!("{}/{} (avg)", amount(current.and_then(|c| c.average_value.as_ref())), wanted.0)
        }
        None => {
            format!("{}/{}", amount(current.and_then(|c| c.value.as_ref())), amount(target.value.as_ref()))
        }
    }
}

fn amount(amount: Option<&Quantity>) -> String {
    amount.map_or_else(|| "<unknown>".into(), |a| a.0.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn an_autoscaler_is_shown_by_its_targets() {
        let cpu = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}});
        let queue = json!({"type": "External", "external": {"metric": {"name": "q"}, "target": {"type": "AverageValue", "averageValue": "30"}}});
        let hits = json!({"type": "Pods", "pods": {"metric": {"name": "h"}, "target": {"type": "AverageValue", "averageValue": "1k"}}});
        let used = json!({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 12, "averageValue": "1"}}});
        let reference = json!({"kind": "Deployment", "name": "web"});
        let autoscaler = json!({
            "spec": {"scaleTargetRef": reference, "maxReplicas": 5, "metrics": [cpu, queue, hits]},
            "status": {"currentReplicas": 2, "desiredReplicas": 2, "currentMetrics": [used]}
        });
        assert_eq!(
            row::<HorizontalPodAutoscaler>(autoscaler),
            ["Deployment/web", "cpu: 12%/80%, <unknown>/30 (avg) + 1 more...", "1", "5", "2", "<unknown>"]
        );
        let new = json!({"spec": {"scaleTargetRef": reference, "maxReplicas": 5}});
        assert_eq!(row::<HorizontalPodAutoscaler>(new)[1], "cpu: <unknown>/80%");
    }
}
