//! An object told in words, whatever its kind, with what happened to it.

use super::table::align;
use crate::neutral;
use serde_json::{Map, Value};
use shared_api::{Object, Timestamp, ago, core::Event};

/// Everything about an object, then its events, oldest first.
pub fn describe(object: &Object, events: &[Object], now: Timestamp) -> String {
    let value = object.value();
    let mut lines = vec![vec!["Name:".to_owned(), object.name().to_owned()]];
    if !object.namespace().is_empty() {
        lines.push(vec!["Namespace:".into(), object.namespace().into()]);
    }
    let meta = object.metadata();
    lines.extend(pairs("Labels:", meta.labels.iter().flatten()));
    let annotations = meta.annotations.iter().flatten();
    lines.extend(pairs(
        "Annotations:",
        annotations.filter(|(k, _)| !k.ends_with("last-applied-configuration")),
    ));
    if let Some(created) = &meta.creation_timestamp {
        lines.push(vec!["Created:".into(), format!("{} ({} ago)", created.0, ago(created.0, now))]);
    }
    if let Some(owner) = object.controller() {
        lines.push(vec!["Controlled By:".into(), format!("{}/{}", owner.kind, owner.name)]);
    }
    if let Some(going) = &meta.deletion_timestamp {
        lines.push(vec!["Deleted:".into(), format!("{} (still going)", going.0)]);
    }
    let mut text = align(&lines);
    let rest = value.as_object().into_iter().flatten();
    for (key, part) in rest.filter(|(k, _)| !matches!(k.as_str(), "apiVersion" | "kind" | "metadata")) {
        tell(&mut text, &title(key), part, 0);
    }
    text.push_str(&events_table(events, now));
    neutral(&text).into_owned()
}

fn pairs<'a>(head: &str, pairs: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<Vec<String>> {
    let mut lines: Vec<_> = pairs.map(|(k, v)| vec![String::new(), format!("{k}={v}")]).collect();
    match lines.first_mut() {
        Some(first) => head.clone_into(&mut first[0]),
        None => lines.push(vec![head.into(), "<none>".into()]),
    }
    lines
}

/// `nodeName` → `Node Name`; `podIP` → `Pod IP`.
fn title(key: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for (i, c) in key.chars().enumerate() {
        if i == 0 {
            words.extend(c.to_uppercase());
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                words.push(' ');
            }
            words.push(c);
        }
        before = c;
    }
    words
}

fn tell(text: &mut String, head: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if map.is_empty() => text.push_str(&format!("{indent}{head}:  {{}}\n")),
        Value::Object(map) => {
            text.push_str(&format!("{indent}{head}:\n"));
            tell_map(text, map, depth + 1);
        }
        Value::Array(items) if items.is_empty() => text.push_str(&format!("{indent}{head}:  <none>\n")),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            text.push_str(&format!("{indent}{head}:\n"));
            for (i, item) in items.iter().enumerate() {
                let label = ["name", "type", "key"].iter().find_map(|f| item[f].as_str());
                tell(text, &label.map_or_else(|| format!("[{i}]"), ToOwned::to_owned), item, depth + 1);
            }
        }
        Value::Array(items) => {
            let words = items.iter().map(scalar).collect::<Vec<_>>().join(" ");
            text.push_str(&format!("{indent}{head}:  {words}\n"));
        }
        scalar_value => {
            let shown = scalar(scalar_value);
            if shown.contains('\n') {
                text.push_str(&format!("{indent}{head}:\n"));
                for line in shown.lines() {
                    text.push_str(&format!("{indent}  {line}\n"));
                }
            } else {
                text.push_str(&format!("{indent}{head}:  {shown}\n"));
            }
        }
    }
}

fn tell_map(text: &mut String, map: &Map<String, Value>, depth: usize) {
    for (key, value) in map {
        // Free maps (labels, data) keep their keys as they are; fields are told as words.
        let head = if key.contains(['.', '/', '-', '_']) { key.clone() } else { title(key) };
        tell(text, &head, value, depth);
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn events_table(events: &[Object], now: Timestamp) -> String {
    if events.is_empty() {
        return "Events:  <none>\n".into();
    }
    let mut lines = vec![["  Type", "Reason", "Age", "From", "Message"].map(String::from).to_vec()];
    for event in events.iter().filter_map(|o| o.to_kind::<Event>().ok()) {
        let last = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref()).map(|t| t.0);
        let first = event.first_timestamp.as_ref().map(|t| t.0);
        let last = last.or(event.event_time.as_ref().map(|t| t.0));
        let age = last.map_or("<unknown>".into(), |t| ago(t, now));
        let age = match (event.count, first) {
            (Some(n), Some(first)) if n > 1 => format!("{age} (x{n} over {})", ago(first, now)),
            _ => age,
        };
        let from = event.source.as_ref().and_then(|s| s.component.clone());
        lines.push(vec![
            format!("  {}", event.type_.as_deref().unwrap_or_default()),
            event.reason.clone().unwrap_or_default(),
            age,
            from.or(event.reporting_component.clone()).unwrap_or_default(),
            event.message.as_deref().unwrap_or_default().trim().replace('\n', " "),
        ]);
    }
    format!("Events:\n{}", align(&lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_kind_is_told_in_words() {
        let pod = Object::from_value(&json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "n"},
            "spec": {"nodeName": "n1", "containers": [{"name": "main", "image": "x", "args": ["a", "b"]}]},
            "status": {"podIP": "10.0.0.1"}
        }))
        .unwrap();
        let text = describe(&pod, &[], Timestamp::UNIX_EPOCH);
        for line in [
            "Name:",
            "  Node Name:  n1",
            "    main:",
            "      Args:  a b",
            "  Pod IP:  10.0.0.1",
            "Events:  <none>",
        ] {
            assert!(text.lines().any(|l| l.starts_with(line)), "{line} in\n{text}");
        }
    }
}
