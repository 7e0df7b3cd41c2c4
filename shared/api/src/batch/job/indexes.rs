//! Lists of indexes, `1,3-5,7`, and the policy by which some of them are enough.

use crate::Invalid;
use k8s_openapi::api::batch::v1::{JobSpec, SuccessPolicyRule};

const RULES_MAX: usize = 20;
const TEXT_MAX: usize = 64 * 1024;

/// Records what is wrong with the success policy of a job.
pub(super) fn valid_policy(spec: &JobSpec, path: &str, invalid: &mut Invalid) {
    let Some(policy) = &spec.success_policy else { return };
    if spec.completion_mode.as_deref() != Some("Indexed") {
        return invalid.value(path, policy, "requires indexed completion mode");
    }
    let field = format!("{path}.rules");
    match policy.rules.len() {
        0 => invalid
            .required(&field, "at least one rules must be specified when the successPolicy is specified"),
        many if many > RULES_MAX => invalid.too_many(&field, many, RULES_MAX),
        _ => {}
    }
    for (at, rule) in policy.rules.iter().enumerate() {
        valid_rule(rule, spec.completions.unwrap_or(0), &format!("{field}[{at}]"), invalid);
    }
}

fn valid_rule(rule: &SuccessPolicyRule, completions: i32, path: &str, invalid: &mut Invalid) {
    if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
        invalid.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = completions;
    let mut whose = "specified completions";
    if let Some(text) = &rule.succeeded_indexes {
        let field = format!("{path}.succeededIndexes");
        if text.len() > TEXT_MAX {
            invalid.too_long(&field, TEXT_MAX);
        }
        match count(text, completions) {
            Ok(found) if found < total => {
                (total, whose) = (found, "indexes in the specified succeededIndexes field");
            }
            Ok(_) => {}
            Err(why) => invalid.value(&field, text, &format!("error parsing succeededIndexes: {why}")),
        }
    }
    let Some(wanted) = rule.succeeded_count else { return };
    let field = format!("{path}.succeededCount");
    if wanted < 0 {
        invalid.value(&field, wanted, "must be greater than or equal to 0");
    } else if wanted > total {
        invalid.value(
            &field,
            wanted,
            &format!("must be less than or equal to {total} (the number of {whose})"),
        );
    }
}

/// How many indexes the list has, or why it is none.
pub(super) fn count(text: &str, completions: i32) -> Result<i32, String> {
    let mut last = -1;
    let mut total = 0;
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let (first, end) = interval(part, completions)?;
        if first <= last {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        total += end - first + 1;
        last = end;
    }
    Ok(total)
}

fn interval(part: &str, completions: i32) -> Result<(i32, i32), String> {
    let index = |text: &str| {
        let number = text.parse::<i32>().ok().filter(|n| *n >= 0);
        let number = number.ok_or_else(|| format!("cannot convert string to integer for index: {text:?}"))?;
        if number >= completions { Err(format!("too large index: {text:?}")) } else { Ok(number) }
    };
    let Some((first, end)) = part.split_once('-') else { return index(part).map(|only| (only, only)) };
    if end.contains('-') {
        return Err(format!(
            "the fragment {part:?} violates the requirement that an index interval can have at most two parts separated by \
             '-'"
        ));
    }
    let (first, end) = (index(first)?, index(end)?);
    if first >= end {
        return Err(format!("non-increasing order, previous: {first}, current: {end}"));
    }
    Ok((first, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{batch::Job, core::testing::findings};
    use serde_json::{Value, json};

    #[test]
    fn lists_are_counted() {
        for (text, expected) in [
            ("", Ok(0)),
            ("0", Ok(1)),
            ("0,2-4,9", Ok(5)),
            ("1,1", Err("non-increasing order, previous: 1, current: 1")),
            ("4-2", Err("non-increasing order, previous: 4, current: 2")),
            ("10", Err("too large index: \"10\"")),
            ("x", Err("cannot convert string to integer for index: \"x\"")),
            ("1,", Err("cannot convert string to integer for index: \"\"")),
        ] {
            assert_eq!(count(text, 10), expected.map_err(str::to_owned), "{text}");
        }
        assert!(count("1-2-3", 10).unwrap_err().starts_with("the fragment \"1-2-3\" violates"));
    }

    #[test]
    fn a_policy_asks_for_what_can_be() {
        let check = |mode: &str, rule: Value, expected: &[&str]| {
            let pod = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"});
            let spec = json!({"template": {"spec": pod}, "completionMode": mode, "completions": 5, "successPolicy": {"rules": [rule]}});
            let found = findings::<Job>(json!({"metadata": {"name": "a", "uid": "u"}, "spec": spec}));
            assert_eq!(found, expected);
        };
        let path = "spec.successPolicy.rules[0]";
        check("Indexed", json!({"succeededIndexes": "0-3", "succeededCount": 2}), &[]);
        check(
            "Indexed",
            json!({}),
            &[&format!(
                "{path}: Required value: at least one of succeededCount or succeededIndexes must be specified"
            )],
        );
        check(
            "Indexed",
            json!({"succeededCount": 6}),
            &[&format!(
                "{path}.succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified \
                 completions)"
            )],
        );
        check(
            "Indexed",
            json!({"succeededIndexes": "0,7"}),
            &[&format!(
                "{path}.succeededIndexes: Invalid value: \"0,7\": error parsing succeededIndexes: too large index: \"7\""
            )],
        );
        check(
            "NonIndexed",
            json!({"succeededCount": 1}),
            &[
                "spec.successPolicy: Invalid value: {\"rules\":[{\"succeededCount\":1}]}: requires indexed completion mode",
            ],
        );
    }
}
