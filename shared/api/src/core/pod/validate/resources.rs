//! What is wrong with the amounts a container asks for.

use crate::{Amount, Invalid, Quantity, name};
use k8s_openapi::api::core::v1::ResourceRequirements;
use std::collections::BTreeMap;

/// What Kubernetes says of malformed amounts.
const SHAPE: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

pub(in crate::core::pod) fn valid(
    resources: Option<&ResourceRequirements>,
    path: &str,
    invalid: &mut Invalid,
) {
    let Some(resources) = resources else { return };
    let limits = amounts(resources.limits.as_ref(), &format!("{path}.limits"), invalid);
    let requests = amounts(resources.requests.as_ref(), &format!("{path}.requests"), invalid);
    for (name, (request, text)) in &requests {
        let field = format!("{path}.requests");
        match limits.get(name) {
            Some((limit, most)) if is_whole(name) && request != limit => {
                invalid.value(field, text, &format!("must be equal to {name} limit of {most}"));
            }
            Some((limit, most)) if request > limit => {
                invalid.value(field, text, &format!("must be less than or equal to {name} limit of {most}"));
            }
            None if is_whole(name) => {
                invalid.required(
                    format!("{path}.limits"),
                    &format!("Limit must be set for non overcommitable resources ({name})"),
                );
            }
            _ => {}
        }
    }
    let mut names = limits.keys().chain(requests.keys());
    if names.clone().any(|name| is_huge(name)) && !names.any(|name| matches!(*name, "cpu" | "memory")) {
        invalid.forbidden(path, "HugePages require cpu or memory");
    }
}

/// Records a number below `least`, 0 or 1.
pub(crate) fn at_least(least: i32, number: Option<i32>, field: String, invalid: &mut Invalid) {
    if let Some(number) = number.filter(|n| *n < least) {
        let why = if least > 0 { "must be greater than 0" } else { "must be greater than or equal to 0" };
        invalid.value(field, number, why);
    }
}

fn amounts<'a>(
    list: Option<&'a BTreeMap<String, Quantity>>,
    path: &str,
    invalid: &mut Invalid,
) -> BTreeMap<&'a str, (Amount, &'a str)> {
    let mut found = BTreeMap::new();
    for (name, quantity) in list.into_iter().flatten() {
        let field = format!("{path}[{name}]");
        if let Some(why) = name::qualified(name) {
            invalid.value(&field, name, &why);
        } else if !is_known(name) {
            invalid.value(&field, name, "must be a standard resource type or fully qualified");
        }
        match Amount::parse(&quantity.0) {
            Err(_) => invalid.value(&field, &quantity.0, SHAPE),
            Ok(amount) if amount < Amount::default() => {
                invalid.value(&field, &quantity.0, "must be greater than or equal to 0");
            }
            Ok(amount) if is_extended(name) && amount.as_milli() % 1000 != 0 => {
                invalid.value(&field, &quantity.0, "must be an integer");
            }
            Ok(amount) => {
                found.insert(name.as_str(), (amount, quantity.0.as_str()));
            }
        }
    }
    found
}

fn is_known(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage") || is_huge(name) || name.contains('/')
}

fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Resources of which nobody is promised more than there is.
fn is_whole(name: &str) -> bool {
    is_huge(name) || is_extended(name)
}

/// Resources that nodes count and never share, such as devices.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(resources: Value, expected: &[&str]) {
        let mut invalid = Invalid::default();
        valid(Some(&serde_json::from_value(resources).unwrap()), "resources", &mut invalid);
        let found = invalid.lines();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn each_finding_names_its_field() {
        check(json!({"limits": {"cpu": "1"}, "requests": {"cpu": "500m", "memory": "1Gi"}}), &[]);
        check(
            json!({"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
            &["resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"],
        );
        check(
            json!({"limits": {"cpu": "-1", "memory": "1 GB", "disc": "1"}}),
            &[
                "resources.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
                "resources.limits[disc]: Invalid value: \"disc\": must be a standard resource type or fully qualified",
                "resources.limits[memory]: Invalid value: \"1 GB\": quantities must match",
            ],
        );
        check(
            json!({"requests": {"x.io/gpu": "1"}}),
            &["resources.limits: Required value: Limit must be set"],
        );
        check(
            json!({"limits": {"hugepages-2Mi": "2Mi"}, "requests": {"hugepages-2Mi": "4Mi"}}),
            &[
                "resources.requests: Invalid value: \"4Mi\": must be equal to hugepages-2Mi limit of 2Mi",
                "resources: Forbidden: HugePages require cpu or memory",
            ],
        );
        check(json!({"limits": {"hugepages-2Mi": "2Mi", "memory": "1Mi"}}), &[]);
    }
}
