//! Events: what happened to an object, for people to read.

mod validate;
mod versions;
use crate::{Column, Field, Invalid, Kind, Time, Timestamp, Version, ago, cells, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::Event;

impl Kind for Event {
    const VERSIONS: &'static [Version] = versions::VERSIONS;
    const SHORT_NAMES: &'static [&'static str] = &["ev"];
    const NAME_FIRST: bool = false;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Last Seen", last_seen),
        Column::text("Type", |e, _| text(e.type_.as_ref())),
        Column::text("Reason", |e, _| text(e.reason.as_ref())),
        Column::text("Object", |e, _| about(e)),
        Column::text("Subobject", |e: &Self, _| text(e.involved_object.field_path.as_ref())).wide(),
        Column::text("Source", |e: &Self, _| source(e)).wide(),
        Column::text("Message", |e, _| text(e.message.as_ref()).trim().to_owned()),
        Column::text("First Seen", first_seen).wide(),
        Column::integer("Count", |e: &Self, _| count(e).to_string()).wide(),
        Column::text("Name", |e: &Self, _| text(e.metadata.name.as_ref())).wide(),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { path: "involvedObject.kind", get: |e| text(e.involved_object.kind.as_ref()) },
        Field { path: "involvedObject.namespace", get: |e| text(e.involved_object.namespace.as_ref()) },
        Field { path: "involvedObject.name", get: |e| text(e.involved_object.name.as_ref()) },
        Field { path: "involvedObject.uid", get: |e| text(e.involved_object.uid.as_ref()) },
        Field { path: "involvedObject.apiVersion", get: |e| text(e.involved_object.api_version.as_ref()) },
        Field {
            path: "involvedObject.resourceVersion",
            get: |e| text(e.involved_object.resource_version.as_ref()),
        },
        Field { path: "involvedObject.fieldPath", get: |e| text(e.involved_object.field_path.as_ref()) },
        Field { path: "regarding.kind", get: |e| text(e.involved_object.kind.as_ref()) },
        Field { path: "regarding.namespace", get: |e| text(e.involved_object.namespace.as_ref()) },
        Field { path: "regarding.name", get: |e| text(e.involved_object.name.as_ref()) },
        Field { path: "regarding.uid", get: |e| text(e.involved_object.uid.as_ref()) },
        Field { path: "regarding.apiVersion", get: |e| text(e.involved_object.api_version.as_ref()) },
        Field {
            path: "regarding.resourceVersion",
            get: |e| text(e.involved_object.resource_version.as_ref()),
        },
        Field { path: "regarding.fieldPath", get: |e| text(e.involved_object.field_path.as_ref()) },
        Field { path: "reportingController", get: |e| text(e.reporting_component.as_ref()) },
        Field { path: "reason", get: |e| text(e.reason.as_ref()) },
        Field { path: "reportingComponent", get: |e| text(e.reporting_component.as_ref()) },
        Field { path: "source", get: |e| component(e).to_owned() },
        Field { path: "type", get: |e| text(e.type_.as_ref()) },
    ];

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if self.event_time.is_some() {
            validate::valid(self, invalid);
        }
        let about = self.involved_object.namespace.as_deref().unwrap_or_default();
        let within = self.metadata.namespace.as_deref().unwrap_or_default();
        // Events about objects that live in no namespace are kept in `default`.
        let matches = match (self.event_time.is_some(), about.is_empty()) {
            (true, true) => matches!(within, "default" | "kube-system"),
            (false, true) => matches!(within, "" | "default"),
            (true, false) => true,
            (false, false) => about == within,
        };
        if !matches {
            invalid.value("involvedObject.namespace", about, "does not match event.namespace");
        }
    }

    fn validate_in(&self, written: &str, old: Option<&Self>, invalid: &mut Invalid) {
        if written == "events.k8s.io/v1" {
            validate::strictly(self, old, invalid);
        }
    }
}

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

fn first_seen(event: &Event, now: Timestamp) -> String {
    let first = event.first_timestamp.as_ref().map(|t| t.0).or(event.event_time.as_ref().map(|t| t.0));
    first.map_or_else(|| cells::or_unknown(None), |at| ago(at, now))
}

fn last_seen(event: &Event, now: Timestamp) -> String {
    if let Some(series) = &event.series {
        let last = series.last_observed_time.as_ref().map(|t| Time(t.0));
        return cells::since(last.as_ref(), now).unwrap_or_else(|| cells::or_unknown(None));
    }
    cells::since(event.last_timestamp.as_ref(), now).unwrap_or_else(|| first_seen(event, now))
}

fn count(event: &Event) -> i32 {
    let series = event.series.as_ref().map(|s| s.count.unwrap_or(0));
    series.unwrap_or_else(|| event.count.filter(|c| *c != 0).unwrap_or(1))
}

fn about(event: &Event) -> String {
    let kind = text(event.involved_object.kind.as_ref()).to_lowercase();
    let name = event.involved_object.name.as_deref().unwrap_or_default();
    if name.is_empty() { kind } else { format!("{kind}/{name}") }
}

fn component(event: &Event) -> &str {
    let named = event.source.as_ref().and_then(|s| s.component.as_deref()).filter(|c| !c.is_empty());
    named.or(event.reporting_component.as_deref()).unwrap_or_default()
}

fn source(event: &Event) -> String {
    let host = event.source.as_ref().and_then(|s| s.host.as_deref()).filter(|h| !h.is_empty());
    let instance = host.or(event.reporting_instance.as_deref()).unwrap_or_default();
    let component = component(event);
    if instance.is_empty() { component.to_owned() } else { format!("{component}, {instance}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{findings, row};
    use serde_json::json;

    #[test]
    fn an_event_reads_as_kubernetes_shows_it() {
        let event = json!({
            "metadata": {"name": "a.1", "namespace": "b"}, "type": "Normal", "reason": "Pulled", "message": " done\n",
            "involvedObject": {"kind": "Pod", "name": "a", "namespace": "b", "fieldPath": "spec.containers{app}"},
            "source": {"component": "kubelet", "host": "n1"}, "count": 3,
            "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:30Z"
        });
        assert_eq!(
            row::<Event>(event.clone()),
            [
                "30s",
                "Normal",
                "Pulled",
                "pod/a",
                "spec.containers{app}",
                "kubelet, n1",
                "done",
                "60s",
                "3",
                "a.1"
            ]
        );
        let mut elsewhere = event;
        elsewhere["involvedObject"]["namespace"] = json!("c");
        let found = findings::<Event>(elsewhere);
        assert_eq!(found, ["involvedObject.namespace: Invalid value: \"c\": does not match event.namespace"]);
    }

    #[test]
    fn a_new_style_event_is_dated_too() {
        let event = json!({"eventTime": "2026-01-01T00:00:00.000001Z", "involvedObject": {"kind": "Node", "name": "n"}});
        let row = row::<Event>(event);
        assert_eq!((row[0].as_str(), row[7].as_str(), row[8].as_str()), ("60s", "60s", "1"));
    }
}
