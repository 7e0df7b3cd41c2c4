//! What is wrong with an event of the new form, which says when it was and who reports it.

use super::Event;
use crate::{Invalid, name};

/// The longest name of who reports, and of what was done and why.
const WORD_MAX: usize = 128;
const NOTE_MAX: usize = 1024;

pub(super) fn valid(event: &Event, invalid: &mut Invalid) {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    invalid.named("reportingController", &text(&event.reporting_component), name::qualified);
    for (field, word) in [
        ("reportingInstance", text(&event.reporting_instance)),
        ("action", text(&event.action)),
        ("reason", text(&event.reason)),
    ] {
        if word.is_empty() {
            invalid.required(field, "");
        }
        short(field, &word, WORD_MAX, invalid);
    }
    short("message", &text(&event.message), NOTE_MAX, invalid);
    if let Some(series) = &event.series {
        if series.count.unwrap_or(0) < 2 {
            invalid.value("series.count", "", "should be at least 2");
        }
        if series.last_observed_time.is_none() {
            invalid.required("series.lastObservedTime", "");
        }
    }
}

fn short(field: &str, text: &str, max: usize, invalid: &mut Invalid) {
    if text.len() > max {
        invalid.value(field, "", &format!("can have at most {max} characters"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::findings;
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let event = json!({"metadata": {"name": "a", "namespace": "default"}, "involvedObject": {},
            "eventTime": "2026-01-01T00:00:00.000000Z", "action": "x".repeat(129), "series": {"count": 1}});
        assert_eq!(
            findings::<Event>(event),
            [
                "reportingController: Required value",
                "reportingInstance: Required value",
                "action: Invalid value: \"\": can have at most 128 characters",
                "reason: Required value",
                "series.count: Invalid value: \"\": should be at least 2",
                "series.lastObservedTime: Required value",
            ]
        );
    }
}
