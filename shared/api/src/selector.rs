//! What is wrong with a label selector, wherever one is written.

use crate::{Invalid, meta::LabelSelector, metadata, name};

/// Records what is wrong with the selector at `path`.
pub(crate) fn valid(selector: &LabelSelector, path: &str, invalid: &mut Invalid) {
    metadata::labels(&format!("{path}.matchLabels"), selector.match_labels.as_ref(), invalid);
    for (at, e) in selector.match_expressions.iter().flatten().enumerate() {
        let path = format!("{path}.matchExpressions[{at}]");
        let values = e.values.as_deref().unwrap_or_default();
        requirement(&e.operator, values, &["In", "NotIn", "Exists", "DoesNotExist"], &path, invalid);
        invalid.ruled(format!("{path}.key"), &e.key, name::qualified);
        for (at, value) in values.iter().enumerate() {
            invalid.ruled(format!("{path}.values[{at}]"), value, name::label_value);
        }
    }
}

/// Records an operator that is none of `operators`, and values that do not go with it.
pub(crate) fn requirement(
    operator: &str,
    values: &[String],
    operators: &[&str],
    path: &str,
    invalid: &mut Invalid,
) {
    let field = format!("{path}.values");
    match operator {
        other if !operators.contains(&other) => {
            invalid.value(format!("{path}.operator"), other, "not a valid selector operator");
        }
        "In" | "NotIn" if values.is_empty() => {
            invalid.required(field, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            invalid.forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "Gt" | "Lt" if values.len() != 1 => {
            invalid.required(field, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        _ => {}
    }
}
