//! What happened to an object and to those that own it, and who did it, in one line of time. Pure: what the
//! objects themselves tell (who wrote which fields and when, how conditions and containers changed) and the events
//! about them, put in order.

use crate::print::table::align;
use serde_json::Value;
use shared_api::{Object, Timestamp, ago, core::Event};
use std::sync::Arc;

/// How many fields of one write are named.
const FIELDS: usize = 4;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    at: Timestamp,
    /// Times are told by the second: in one, what was made comes first.
    later: bool,
    about: String,
    who: String,
    what: String,
}

/// The story of these objects, the oldest first.
pub(crate) fn timeline(objects: &[Object], events: &[Arc<Event>], now: Timestamp) -> String {
    let mut moments: Vec<Moment> = objects.iter().flat_map(of_object).collect();
    moments.extend(events.iter().filter_map(|event| of_event(event)));
    moments.sort();
    moments.dedup();
    let mut rows = vec![["WHEN", "AGO", "OBJECT", "WHO", "WHAT"].map(String::from).to_vec()];
    rows.extend(moments.into_iter().map(|m| vec![when(m.at, now), ago(m.at, now), m.about, m.who, m.what]));
    align(&rows)
}

/// The time, with the day when it was not just now.
fn when(at: Timestamp, now: Timestamp) -> String {
    let day = now.as_second() - at.as_second() > 12 * 3600;
    at.strftime(if day { "%Y-%m-%d %H:%M:%SZ" } else { "%H:%M:%SZ" }).to_string()
}

/// `pod/web-1`.
fn named(kind: &str, name: &str) -> String {
    format!("{}/{name}", kind.to_lowercase())
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn of_object(object: &Object) -> Vec<Moment> {
    let value = object.value();
    let about = named(object.kind(), object.name());
    let mut found = Vec::new();
    let mut note = |at: Option<Timestamp>, who: &str, what: String| {
        let later = what != "created";
        let moment = |at| Moment { at, later, about: about.clone(), who: who.to_owned(), what };
        found.extend(at.map(moment));
    };
    let meta = &value["metadata"];
    note(time(&meta["creationTimestamp"]), "", "created".into());
    note(time(&meta["deletionTimestamp"]), "", "was to be gone by now".into());
    for entry in meta["managedFields"].as_array().into_iter().flatten() {
        let verb = if entry["operation"] == "Apply" { "applied" } else { "wrote" };
        let fields = fields(&entry["fieldsV1"]);
        let who = entry["manager"].as_str().unwrap_or_default();
        note(time(&entry["time"]), who, format!("{verb} {fields}"));
    }
    for condition in value["status"]["conditions"].as_array().into_iter().flatten() {
        let text = |field: &str| condition[field].as_str().unwrap_or_default();
        let why = [text("reason"), text("message")]
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(": ");
        let why = if why.is_empty() { why } else { format!(" ({why})") };
        note(
            time(&condition["lastTransitionTime"]),
            "",
            format!("{} became {}{why}", text("type"), text("status")),
        );
    }
    for list in ["initContainerStatuses", "containerStatuses"] {
        for container in value["status"][list].as_array().into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default();
            for state in [&container["lastState"], &container["state"]] {
                note(time(&state["running"]["startedAt"]), "", format!("container {name} started"));
                let over = &state["terminated"];
                note(time(&over["startedAt"]), "", format!("container {name} started"));
                let code = &over["exitCode"];
                let reason = over["reason"].as_str().unwrap_or_default();
                note(time(&over["finishedAt"]), "", format!("container {name} ended with {code}, {reason}"));
            }
        }
    }
    found
}

/// The fields of a write, by their first two names.
fn fields(value: &Value) -> String {
    let name = |key: &str| key.strip_prefix("f:").map(str::to_owned);
    let mut paths = Vec::new();
    for (first, below) in value.as_object().into_iter().flatten() {
        let Some(first) = name(first) else { continue };
        let second: Vec<_> =
            below.as_object().into_iter().flatten().filter_map(|(key, _)| name(key)).collect();
        if second.is_empty() {
            paths.push(first);
        } else {
            paths.extend(second.into_iter().map(|second| format!("{first}.{second}")));
        }
    }
    let more = paths.len().saturating_sub(FIELDS);
    paths.truncate(FIELDS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", paths.join(", "))
}

fn of_event(event: &Event) -> Option<Moment> {
    let last = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref()).map(|t| t.0);
    let at = last.or(event.event_time.as_ref().map(|t| t.0))?;
    let involved = &event.involved_object;
    let about = named(involved.kind.as_deref()?, involved.name.as_deref()?);
    let from = event.source.as_ref().and_then(|s| s.component.clone());
    let times = event.count.filter(|n| *n > 1).map_or(String::new(), |n| format!(" (x{n})"));
    let words = event.message.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let what = format!("{}{times}: {words}", event.reason.as_deref().unwrap_or_default());
    Some(Moment {
        at,
        later: true,
        about,
        who: from.or(event.reporting_component.clone()).unwrap_or_default(),
        what,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_happened_stands_in_order_with_who_did_it() {
        let pod = Object::from_value(&json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "n", "creationTimestamp": "2026-01-01T00:00:00Z",
                "managedFields": [{"manager": "kubectl", "operation": "Apply", "time": "2026-01-01T00:01:00Z",
                    "fieldsV1": {"f:spec": {"f:nodeName": {}, "f:containers": {}}, "f:metadata": {"f:labels": {}}}}]},
            "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Why",
                    "lastTransitionTime": "2026-01-01T00:00:30Z"}],
                "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 3, "reason": "Error",
                    "startedAt": "2026-01-01T00:00:10Z", "finishedAt": "2026-01-01T00:00:20Z"}}}]}}))
        .unwrap();
        let event: Event =
            serde_json::from_value(json!({"metadata": {}, "reason": "Pulled", "message": "a  b", "count": 2,
            "source": {"component": "kubelet"}, "involvedObject": {"kind": "Pod", "name": "web"},
            "lastTimestamp": "2026-01-01T00:00:05Z"}))
            .unwrap();
        let now = "2026-01-01T00:02:00Z".parse().unwrap();
        let text = timeline(&[pod], &[Arc::new(event)], now);
        let told: Vec<_> = text
            .lines()
            .skip(1)
            .map(|l| l.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            told,
            [
                "2m pod/web created",
                "115s pod/web kubelet Pulled (x2): a b",
                "110s pod/web container app started",
                "100s pod/web container app ended with 3, Error",
                "90s pod/web Ready became False (Why)",
                "60s pod/web kubectl applied metadata.labels, spec.containers, spec.nodeName",
            ]
        );
    }
}
