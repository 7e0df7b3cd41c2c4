//! What the author of an autoscaler may leave out.

use k8s_openapi::api::autoscaling::v2::{
    HPAScalingPolicy, HPAScalingRules, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget,
    ResourceMetricSource,
};

/// Percent of the processor that pods ask for, when nothing is measured.
const UTILIZATION: i32 = 80;
/// Seconds between two looks.
const PERIOD: i32 = 15;

pub(super) fn complete(spec: &mut HorizontalPodAutoscalerSpec) {
    spec.min_replicas.get_or_insert(1);
    if spec.metrics.as_ref().is_none_or(Vec::is_empty) {
        spec.metrics = Some(vec![processor(UTILIZATION)]);
    }
    if let Some(behavior) = &mut spec.behavior {
        rules(behavior.scale_up.get_or_insert_default(), Some(0), &[("Pods", 4), ("Percent", 100)]);
        rules(behavior.scale_down.get_or_insert_default(), None, &[("Percent", 100)]);
    }
}

fn processor(percent: i32) -> MetricSpec {
    let target = MetricTarget {
        type_: "Utilization".into(),
        average_utilization: Some(percent),
        ..MetricTarget::default()
    };
    let resource = Some(ResourceMetricSource { name: "cpu".into(), target });
    MetricSpec { type_: "Resource".into(), resource, ..MetricSpec::default() }
}

fn rules(rules: &mut HPAScalingRules, window: Option<i32>, usual: &[(&str, i32)]) {
    rules.stabilization_window_seconds = rules.stabilization_window_seconds.or(window);
    rules.select_policy.get_or_insert_with(|| "Max".into());
    rules.policies.get_or_insert_with(|| {
        let policy = |(kind, value): &(&str, i32)| HPAScalingPolicy {
            type_: (*kind).into(),
            value: *value,
            period_seconds: PERIOD,
        };
        usual.iter().map(policy).collect()
    });
}

#[cfg(test)]
mod tests {
    use crate::{autoscaling::HorizontalPodAutoscaler, core::testing::completed};
    use serde_json::{Value, json};

    fn spec(more: &Value) -> Value {
        let mut spec = json!({"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 3});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        completed::<HorizontalPodAutoscaler>(json!({"spec": spec}))["spec"].clone()
    }

    #[test]
    fn the_shortest_autoscaler_becomes_whole() {
        let whole = spec(&json!({}));
        assert_eq!(whole["minReplicas"], 1);
        assert_eq!(
            whole["metrics"],
            json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}])
        );
        assert_eq!(whole.get("behavior"), None);
    }

    #[test]
    fn who_says_how_to_scale_may_say_half_of_it() {
        let behavior = json!({"scaleDown": {"stabilizationWindowSeconds": 60}});
        assert_eq!(
            spec(&json!({"behavior": behavior}))["behavior"],
            json!({
                "scaleDown": {"stabilizationWindowSeconds": 60, "selectPolicy": "Max",
                    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
                "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
                    {"type": "Pods", "value": 4, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}]}
            })
        );
    }
}
