//! What is wrong with what an autoscaler measures.

use super::validate::valid_reference;
use crate::{Amount, Invalid, Quantity, name};
use k8s_openapi::api::autoscaling::v2::{MetricIdentifier, MetricSpec, MetricTarget};

const SOURCES: &[&str] = &["ContainerResource", "External", "Object", "Pods", "Resource"];
const RAW_OR_USED: &str = "must set either a target raw value or a target utilization";
const NOT_BOTH: &str = "may not set both a target raw value and a target utilization";

pub(super) fn valid(metric: &MetricSpec, path: &str, invalid: &mut Invalid) {
    let expected = match metric.type_.as_str() {
        "Object" => "object",
        "External" => "external",
        "Pods" => "pods",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        other => {
            if other.is_empty() {
                invalid.required(format!("{path}.type"), "must specify a metric source type");
            }
            invalid.unsupported(format!("{path}.type"), other, SOURCES);
            ""
        }
    };
    let present = [
        ("object", metric.object.is_some()),
        ("external", metric.external.is_some()),
        ("pods", metric.pods.is_some()),
        ("resource", metric.resource.is_some()),
        ("containerResource", metric.container_resource.is_some()),
    ];
    match present.iter().find(|(_, there)| *there) {
        None if !expected.is_empty() => {
            let why = "must populate information for the given metric source";
            invalid.required(format!("{path}.{expected}"), why);
        }
        None => {}
        Some((first, _)) => valid_source(metric, first, &format!("{path}.{first}"), invalid),
    }
    for (field, _) in present.iter().filter(|(field, there)| *there && *field != expected) {
        invalid.forbidden(format!("{path}.{field}"), "must populate the given metric source only");
    }
}

fn valid_source(metric: &MetricSpec, source: &str, path: &str, invalid: &mut Invalid) {
    let goal = format!("{path}.target");
    if let (Some(object), "object") = (&metric.object, source) {
        valid_reference(&object.described_object, &format!("{path}.describedObject"), invalid);
        identified(&object.metric, path, invalid);
        valid_target(&object.target, &goal, invalid);
        if object.target.value.is_none() && object.target.average_value.is_none() {
            invalid
                .required(format!("{goal}.averageValue"), "must set either a target value or averageValue");
        }
    } else if let (Some(external), "external") = (&metric.external, source) {
        identified(&external.metric, path, invalid);
        valid_target(&external.target, &goal, invalid);
        match (&external.target.value, &external.target.average_value) {
            (None, None) => {
                let why = "must set either a target value for metric or a per-pod target";
                invalid.required(format!("{goal}.averageValue"), why);
            }
            (Some(_), Some(_)) => {
                let why = "may not set both a target value for metric and a per-pod target";
                invalid.forbidden(format!("{goal}.value"), why);
            }
            _ => {}
        }
    } else if let (Some(pods), "pods") = (&metric.pods, source) {
        identified(&pods.metric, path, invalid);
        valid_target(&pods.target, &goal, invalid);
        if pods.target.average_value.is_none() {
            invalid.required(format!("{goal}.averageValue"), "must specify a positive target averageValue");
        }
    } else if let (Some(resource), "resource") = (&metric.resource, source) {
        valid_resource(&resource.name, &resource.target, path, invalid);
    } else if let Some(resource) = &metric.container_resource {
        valid_resource(&resource.name, &resource.target, path, invalid);
        if resource.container.is_empty() {
            invalid.required(format!("{path}.container"), "must specify a container");
        } else if let Some(why) = name::label(&resource.container) {
            invalid.value(format!("{path}.container"), &resource.container, &why);
        }
    }
}

fn valid_resource(name: &str, target: &MetricTarget, path: &str, invalid: &mut Invalid) {
    if name.is_empty() {
        invalid.required(format!("{path}.name"), "must specify a resource name");
    }
    let goal = format!("{path}.target");
    valid_target(target, &goal, invalid);
    match (target.average_utilization.is_some(), target.average_value.is_some()) {
        (false, false) => invalid.required(format!("{goal}.averageUtilization"), RAW_OR_USED),
        (true, true) => invalid.forbidden(format!("{goal}.averageValue"), NOT_BOTH),
        _ => {}
    }
}

fn identified(metric: &MetricIdentifier, path: &str, invalid: &mut Invalid) {
    let field = format!("{path}.metric.name");
    if metric.name.is_empty() {
        invalid.required(field, "must specify a metric name");
    } else if let Some(why) = name::path_segment(&metric.name) {
        invalid.value(field, &metric.name, &why);
    }
}

fn valid_target(target: &MetricTarget, path: &str, invalid: &mut Invalid) {
    if target.type_.is_empty() {
        invalid.required(format!("{path}.type"), "must specify a metric target type");
    }
    if !matches!(target.type_.as_str(), "Utilization" | "Value" | "AverageValue") {
        let why = "must be either Utilization, Value, or AverageValue";
        invalid.value(format!("{path}.type"), &target.type_, why);
    }
    positive(target.value.as_ref(), &format!("{path}.value"), invalid);
    positive(target.average_value.as_ref(), &format!("{path}.averageValue"), invalid);
    if let Some(percent) = target.average_utilization.filter(|p| *p < 1) {
        invalid.value(format!("{path}.averageUtilization"), percent, "must be greater than 0");
    }
}

fn positive(amount: Option<&Quantity>, field: &str, invalid: &mut Invalid) {
    if let Some(amount) = amount
        && Amount::parse(&amount.0).map_or(true, |a| a <= Amount::default())
    {
        invalid.value(field, &amount.0, "must be positive");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(metric: Value, expected: &[&str]) {
        let mut invalid = Invalid::default();
        valid(&serde_json::from_value(metric).unwrap(), "m", &mut invalid);
        assert_eq!(invalid.lines(), expected);
    }

    #[test]
    fn each_source_asks_for_its_own() {
        let used = json!({"type": "Utilization", "averageUtilization": 50});
        let average = json!({"type": "AverageValue", "averageValue": "10"});
        let web = json!({"kind": "Ingress", "name": "web"});
        check(json!({"type": "Resource", "resource": {"name": "cpu", "target": used}}), &[]);
        check(json!({"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": average}}), &[]);
        check(
            json!({"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": web, "target": average}}),
            &[],
        );
        check(
            json!({"type": "Object", "object": {"metric": {"name": ""}, "describedObject": web, "target": used}}),
            &[
                "m.object.metric.name: Required value: must specify a metric name",
                "m.object.target.averageValue: Required value: must set either a target value or averageValue",
            ],
        );
        check(
            json!({"type": "External", "external": {"metric": {"name": "q"}, "target": {"type": "Value", "value": "1", "averageValue": "0"}}}),
            &[
                "m.external.target.averageValue: Invalid value: \"0\": must be positive",
                "m.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target",
            ],
        );
        check(
            json!({"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "", "target": {"type": "Some"}}}),
            &[
                "m.containerResource.target.type: Invalid value: \"Some\": must be either Utilization, Value, or AverageValue",
                "m.containerResource.target.averageUtilization: Required value: must set either a target raw value or a \
                 target utilization",
                "m.containerResource.container: Required value: must specify a container",
            ],
        );
    }

    #[test]
    fn one_source_is_one() {
        let used = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}});
        check(
            json!({"type": "Pods", "resource": used}),
            &["m.resource: Forbidden: must populate the given metric source only"],
        );
        check(
            json!({"type": "Resource"}),
            &["m.resource: Required value: must populate information for the given metric source"],
        );
        check(
            json!({"type": "Sun"}),
            &[
                "m.type: Unsupported value: \"Sun\": supported values: \"ContainerResource\", \"External\", \"Object\", \
                 \"Pods\", \"Resource\"",
            ],
        );
    }
}
