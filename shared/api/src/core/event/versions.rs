//! Events as the group `events.k8s.io` has them: the same objects, other names.

use crate::Version;
use serde_json::{Map, Value, json};

/// Names in `events.k8s.io` and in the core group.
const NAMES: &[(&str, &str)] = &[
    ("note", "message"),
    ("regarding", "involvedObject"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];

pub(super) const VERSIONS: &[Version] = &[
    version("v1", "events.k8s.io/v1", None),
    version(
        "v1beta1",
        "events.k8s.io/v1beta1",
        Some(
            "events.k8s.io/v1beta1 Event is deprecated in v1.22+, unavailable in v1.25+; use events.k8s.io/v1 Event",
        ),
    ),
];

const fn version(version: &'static str, api_version: &'static str, warning: Option<&'static str>) -> Version {
    Version { group: "events.k8s.io", version, api_version, upgrade, downgrade, warning }
}

fn upgrade(event: &mut Value) {
    let Some(fields) = event.as_object_mut() else { return };
    if fields.get("eventTime").is_some_and(|time| fields.get(FIRST).and_then(finely).as_ref() == Some(time)) {
        fields.remove("eventTime");
    }
    rename(fields, NAMES.iter().copied());
    fields.entry("involvedObject").or_insert_with(|| json!({}));
}

fn downgrade(event: &mut Value) {
    let Some(fields) = event.as_object_mut() else { return };
    rename(fields, NAMES.iter().map(|(new, core)| (*core, *new)));
    // Readers of this version rely on a time that events of old do not have.
    if fields.get("eventTime").is_none_or(Value::is_null)
        && let Some(first) = fields.get(FIRST).and_then(finely)
    {
        fields.insert("eventTime".into(), first);
    }
}

/// Where this version has the time of an event of old.
const FIRST: &str = "deprecatedFirstTimestamp";

/// A time to the second, `2026-01-01T00:00:00Z`, to the microsecond.
fn finely(time: &Value) -> Option<Value> {
    let seconds = time.as_str()?.strip_suffix('Z').filter(|seconds| !seconds.contains('.'))?;
    Some(format!("{seconds}.000000Z").into())
}

fn rename<'a>(fields: &mut Map<String, Value>, names: impl Iterator<Item = (&'a str, &'a str)>) {
    for (from, to) in names {
        // A field of the other version is none of this one's: it is dropped as an unknown one would be.
        match fields.remove(from) {
            Some(value) => fields.insert(to.into(), value),
            None => fields.remove(to),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_again() {
        let new = json!({
            "note": "done", "regarding": {"kind": "Pod", "name": "a"}, "reportingController": "x.io/c",
            "reportingInstance": "c-1", "action": "Act", "reason": "R", "type": "Normal",
            "eventTime": "2026-01-01T00:00:00.000000Z", "deprecatedCount": 2, "deprecatedSource": {"component": "c"},
            "series": {"count": 2, "lastObservedTime": "2026-01-01T00:00:00.000000Z"}
        });
        let core = json!({
            "message": "done", "involvedObject": {"kind": "Pod", "name": "a"}, "reportingComponent": "x.io/c",
            "reportingInstance": "c-1", "action": "Act", "reason": "R", "type": "Normal",
            "eventTime": "2026-01-01T00:00:00.000000Z", "count": 2, "source": {"component": "c"},
            "series": {"count": 2, "lastObservedTime": "2026-01-01T00:00:00.000000Z"}
        });
        let mut value = new.clone();
        upgrade(&mut value);
        assert_eq!(value, core);
        downgrade(&mut value);
        assert_eq!(value, new);
    }

    #[test]
    fn an_event_of_old_happened_when_it_was_first_seen() {
        let old = json!({"message": "done", "involvedObject": {}, "firstTimestamp": "2026-01-01T00:00:00Z"});
        let mut value = old.clone();
        downgrade(&mut value);
        assert_eq!(value["eventTime"], "2026-01-01T00:00:00.000000Z");
        upgrade(&mut value);
        assert_eq!(value, old);
    }
}
