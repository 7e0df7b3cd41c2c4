//! What is wrong with a limit range.

use crate::{Amount, Invalid, Quantity, name, quantity};
use k8s_openapi::api::core::v1::LimitRangeItem;
use std::collections::{BTreeMap, BTreeSet};

const TYPES: &[&str] = &["Pod", "Container", "PersistentVolumeClaim"];

pub(super) fn valid(limits: &[LimitRangeItem], invalid: &mut Invalid) {
    let mut types = BTreeSet::new();
    for (at, item) in limits.iter().enumerate() {
        let path = format!("spec.limits[{at}]");
        if let Some(why) = name::qualified(&item.type_) {
            invalid.value(format!("{path}.type"), &item.type_, &why);
        } else if !item.type_.contains('/') && !TYPES.contains(&item.type_.as_str()) {
            let why = "must be a standard limit type or fully qualified";
            invalid.value(format!("{path}.type"), &item.type_, why);
        }
        if !types.insert(&item.type_) {
            invalid.duplicate(format!("{path}.type"), &item.type_);
        }
        valid_item(item, &path, invalid);
    }
}

fn valid_item(item: &LimitRangeItem, path: &str, invalid: &mut Invalid) {
    let mut read = |list: Option<&'_ BTreeMap<String, Quantity>>, field: &str| {
        amounts(list, &item.type_, &format!("{path}.{field}"), invalid);
    };
    read(item.max.as_ref(), "max");
    read(item.min.as_ref(), "min");
    if item.type_ != "Pod" {
        read(item.default.as_ref(), "default");
        read(item.default_request.as_ref(), "defaultRequest");
    }
    read(item.max_limit_request_ratio.as_ref(), "maxLimitRequestRatio");
    if item.type_ == "Pod" {
        for (field, list) in [("default", &item.default), ("defaultRequest", &item.default_request)] {
            if list.as_ref().is_some_and(|l| !l.is_empty()) {
                invalid.forbidden(format!("{path}.{field}"), "may not be specified when `type` is 'Pod'");
            }
        }
    }
    let sized =
        |list: &Option<BTreeMap<String, Quantity>>| list.as_ref().is_some_and(|l| l.contains_key("storage"));
    if item.type_ == "PersistentVolumeClaim" && !sized(&item.min) && !sized(&item.max) {
        let why = "either minimum or maximum storage value is required, but neither was provided";
        invalid.required(format!("{path}.limits"), why);
    }
    compare(item, path, invalid);
}

/// Records what is wrong with each amount by itself.
fn amounts(list: Option<&BTreeMap<String, Quantity>>, type_: &str, path: &str, invalid: &mut Invalid) {
    for (resource, amount) in list.into_iter().flatten() {
        let field = format!("{path}[{resource}]");
        let of_containers = matches!(resource.as_str(), "cpu" | "memory" | "ephemeral-storage")
            || resource.starts_with("hugepages-");
        if let Some(why) = name::qualified(resource) {
            invalid.value(&field, resource, &why);
        } else if !resource.contains('/') && !of_containers {
            if matches!(type_, "Pod" | "Container") {
                invalid.value(&field, resource, "must be a standard resource for containers");
            } else if resource != "storage" {
                invalid.value(&field, resource, "must be a standard resource type or fully qualified");
            }
        }
        quantity::valid(amount, &field, invalid);
    }
}

/// Records amounts that contradict each other.
fn compare(item: &LimitRangeItem, path: &str, invalid: &mut Invalid) {
    let read = |list: &'_ Option<BTreeMap<String, Quantity>>| -> BTreeMap<String, (Amount, String)> {
        let amount = |(k, q): (&String, &Quantity)| (k.clone(), (Amount::of(q), q.0.clone()));
        list.iter().flatten().map(amount).collect()
    };
    let (min, max) = (read(&item.min), read(&item.max));
    let (limit, request) = (read(&item.default), read(&item.default_request));
    let ratio = read(&item.max_limit_request_ratio);
    let keys: BTreeSet<_> =
        [&min, &max, &limit, &request, &ratio].into_iter().flat_map(BTreeMap::keys).collect();
    let mut ordered = |low: (&str, Option<&(Amount, String)>),
                       high: (&str, Option<&(Amount, String)>),
                       at: String,
                       shown: u8| {
        if let (Some((a, low_text)), Some((b, high_text))) = (low.1, high.1)
            && a > b
        {
            let got = if shown == 0 { low_text } else { high_text };
            let why = format!("{} value {low_text} is greater than {} value {high_text}", low.0, high.0);
            invalid.value(at, got, &why);
        }
    };
    for key in &keys {
        let (min, max) = (min.get(*key), max.get(*key));
        let (limit, request) = (limit.get(*key), request.get(*key));
        let field = |name: &str| format!("{path}.{name}[{key}]");
        ordered(("min", min), ("max", max), field("min"), 0);
        ordered(("min", min), ("default request", request), field("defaultRequest"), 1);
        ordered(("default request", request), ("max", max), field("defaultRequest"), 0);
        ordered(("default request", request), ("default limit", limit), field("defaultRequest"), 0);
        ordered(("min", min), ("default", limit), field("default"), 0);
        ordered(("default", limit), ("max", max), field("default"), 1);
    }
    for (key, (most, text)) in &ratio {
        let field = format!("{path}.maxLimitRequestRatio[{key}]");
        if *most < Amount::whole(1) {
            invalid.value(&field, text, &format!("ratio {text} is less than 1"));
        }
        if let (Some((min, _)), Some((max, _))) = (min.get(key), max.get(key)) {
            #[allow(clippy::cast_precision_loss, reason = "a ratio that people read")]
            let possible = max.as_milli() as f64 / min.as_milli() as f64;
            #[allow(clippy::cast_precision_loss, reason = "a ratio that people read")]
            if most.as_milli() as f64 / 1000.0 > possible {
                invalid.value(field, text, &format!("ratio {text} is greater than max/min = {possible:.6}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{LimitRange, testing::findings};
    use serde_json::{Value, json};

    fn check(items: &Value, expected: &[&str]) {
        assert_eq!(findings::<LimitRange>(json!({"spec": {"limits": items}})), expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(
            &json!([{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "100m"}, "default": {"cpu": "1"}}]),
            &[],
        );
        check(
            &json!([{"type": "Pod", "default": {"cpu": "1"}}, {"type": "Pod"}, {"type": "Room"}]),
            &[
                "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
                "spec.limits[1].type: Duplicate value: \"Pod\"",
                "spec.limits[2].type: Invalid value: \"Room\": must be a standard limit type or fully qualified",
            ],
        );
        check(
            &json!([{"type": "PersistentVolumeClaim", "max": {"disk": "1"}}]),
            &[
                "spec.limits[0].max[disk]: Invalid value: \"disk\": must be a standard resource type or fully qualified",
                "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither \
                 was provided",
            ],
        );
        check(
            &json!([{"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}, "default": {"cpu": "1"}, "defaultRequest": {"cpu": "2"}}]),
            &[
                "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1",
                "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than max value 1",
                "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than default \
                 limit value 1",
                "spec.limits[0].default[cpu]: Invalid value: \"2\": min value 2 is greater than default value 1",
            ],
        );
        check(
            &json!([{"type": "Pod", "max": {"cpu": "2"}, "min": {"cpu": "1"}, "maxLimitRequestRatio": {"cpu": "3"}}]),
            &[
                "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"3\": ratio 3 is greater than max/min = 2.000000",
            ],
        );
    }
}
