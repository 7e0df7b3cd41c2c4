//! What is wrong with an event of the new form, which says when it was and who reports it; and with one that is
//! written in the group of its own, where there is no other form and little may change.

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
}

/// What only `events.k8s.io/v1` asks for.
pub(super) fn strictly(event: &Event, old: Option<&Event>, invalid: &mut Invalid) {
    if old.is_none_or(|old| old.series != event.series) {
        valid_series(event, invalid);
    }
    let Some(old) = old else { return valid_birth(event, invalid) };
    invalid.kept("involvedObject", &event.involved_object, &old.involved_object);
    invalid.kept("reason", &event.reason, &old.reason);
    invalid.kept("message", &event.message, &old.message);
    invalid.kept("source", &event.source, &old.source);
    invalid.kept("firstTimestamp", &event.first_timestamp, &old.first_timestamp);
    invalid.kept("lastTimestamp", &event.last_timestamp, &old.last_timestamp);
    invalid.kept("count", &event.count, &old.count);
    invalid.kept("type", &event.type_, &old.type_);
    invalid.kept("eventTime", &event.event_time, &old.event_time);
    invalid.kept("action", &event.action, &old.action);
    invalid.kept("related", &event.related, &old.related);
    invalid.kept("reportingController", &event.reporting_component, &old.reporting_component);
    invalid.kept("reportingInstance", &event.reporting_instance, &old.reporting_instance);
}

fn valid_birth(event: &Event, invalid: &mut Invalid) {
    if event.event_time.is_none() {
        invalid.required("eventTime", "");
    }
    let type_ = event.type_.as_deref().unwrap_or_default();
    if !matches!(type_, "Normal" | "Warning") {
        invalid.value("type", "", &format!("has invalid value: {type_}"));
    }
    let said = |text: &Option<String>| text.as_ref().is_some_and(|t| !t.is_empty());
    for (field, set) in [
        ("firstTimestamp", event.first_timestamp.is_some()),
        ("lastTimestamp", event.last_timestamp.is_some()),
        ("count", event.count.unwrap_or(0) != 0),
        ("source", event.source.as_ref().is_some_and(|s| said(&s.component) || said(&s.host))),
    ] {
        if set {
            invalid.value(field, "", "needs to be unset");
        }
    }
}

fn valid_series(event: &Event, invalid: &mut Invalid) {
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
    use crate::core::testing::{findings, object};
    use serde_json::{Value, json};

    #[test]
    fn each_finding_names_its_field() {
        let event = json!({"metadata": {"name": "a", "namespace": "default"}, "involvedObject": {},
            "eventTime": "2026-01-01T00:00:00.000000Z", "action": "x".repeat(129)});
        assert_eq!(
            findings::<Event>(event),
            [
                "reportingController: Required value",
                "reportingInstance: Required value",
                "action: Invalid value: \"\": can have at most 128 characters",
                "reason: Required value",
            ]
        );
    }

    #[test]
    fn in_its_own_group_an_event_has_one_form_and_hardly_changes() {
        let found = |new: &Value, old: Option<&Value>| {
            let mut invalid = Invalid::default();
            let old = old.map(|old| object::<Event>(old.clone()));
            strictly(&object(new.clone()), old.as_ref(), &mut invalid);
            invalid.lines()
        };
        let old_form = json!({"involvedObject": {}, "type": "Odd", "count": 1, "series": {"count": 1},
            "source": {"component": "c"}, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z"});
        assert_eq!(
            found(&old_form, None),
            [
                "series.count: Invalid value: \"\": should be at least 2",
                "series.lastObservedTime: Required value",
                "eventTime: Required value",
                "type: Invalid value: \"\": has invalid value: Odd",
                "firstTimestamp: Invalid value: \"\": needs to be unset",
                "lastTimestamp: Invalid value: \"\": needs to be unset",
                "count: Invalid value: \"\": needs to be unset",
                "source: Invalid value: \"\": needs to be unset",
            ]
        );
        let mut new = old_form.clone();
        assert_eq!(found(&new, Some(&old_form)), [""; 0]);
        new["series"] = json!({"count": 2, "lastObservedTime": "2026-01-01T00:00:00.000000Z"});
        assert_eq!(found(&new, Some(&old_form)), [""; 0]);
        (new["message"], new["action"]) = (json!("m"), json!("a"));
        assert_eq!(
            found(&new, Some(&old_form)),
            [
                "message: Invalid value: \"m\": field is immutable",
                "action: Invalid value: \"a\": field is immutable"
            ]
        );
    }
}
