//! What is wrong with a label selector, wherever one is written.

use crate::{Invalid, meta::LabelSelector, metadata, name};

/// Records what is wrong with the selector at `path`.
pub(crate) fn valid(selector: &LabelSelector, path: &str, invalid: &mut Invalid) {
    metadata::labels(&format!("{path}.matchLabels"), selector.match_labels.as_ref(), invalid);
    for (at, e) in selector.match_expressions.iter().flatten().enumerate() {
        let path = format!("{path}.matchExpressions[{at}]");
        let values = e.values.as_deref().unwrap_or_default();
        match e.operator.as_str() {
            "In" | "NotIn" if values.is_empty() => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                invalid.required(format!("{path}.values"), why);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                invalid.forbidden(format!("{path}.values"), why);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => invalid.value(format!("{path}.operator"), other, "not a valid selector operator"),
        }
        invalid.ruled(format!("{path}.key"), &e.key, name::qualified);
        for (at, value) in values.iter().enumerate() {
            invalid.ruled(format!("{path}.values[{at}]"), value, name::label_value);
        }
    }
}
