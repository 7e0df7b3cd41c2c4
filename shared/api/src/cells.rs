//! Pieces of text that several kinds' tables share.

use crate::{Time, Timestamp, ago, core::Container, meta};
use std::collections::BTreeMap;

/// The text, or `<none>` in its place.
pub(crate) fn or_none(text: Option<&str>) -> String {
    text.filter(|t| !t.is_empty()).unwrap_or("<none>").to_owned()
}

/// The text, or `<unknown>` in its place.
pub(crate) fn or_unknown(text: Option<&str>) -> String {
    text.filter(|t| !t.is_empty()).unwrap_or("<unknown>").to_owned()
}

/// How long ago something was, if it was.
pub(crate) fn since(time: Option<&Time>, now: Timestamp) -> Option<String> {
    time.map(|t| ago(t.0, now))
}

/// When the object was made, as it is written.
pub(crate) fn created(meta: &meta::ObjectMeta) -> String {
    meta.creation_timestamp.as_ref().map_or_else(|| or_unknown(None), |t| t.0.to_string())
}

/// `app=web,tier=front`.
pub(crate) fn labels(labels: Option<&BTreeMap<String, String>>) -> String {
    let pairs: Vec<_> = labels.into_iter().flatten().map(|(k, v)| format!("{k}={v}")).collect();
    or_none(Some(&pairs.join(",")))
}

/// `app=web,tier in (a,b)`.
pub(crate) fn selector(selector: &meta::LabelSelector) -> String {
    let mut parts: Vec<_> =
        selector.match_labels.iter().flatten().map(|(k, v)| (k.clone(), format!("{k}={v}"))).collect();
    for e in selector.match_expressions.iter().flatten() {
        let mut values = e.values.clone().unwrap_or_default();
        values.sort();
        let values = values.join(",");
        let text = match e.operator.as_str() {
            "In" => format!("{} in ({values})", e.key),
            "NotIn" => format!("{} notin ({values})", e.key),
            "Exists" => e.key.clone(),
            _ => format!("!{}", e.key),
        };
        parts.push((e.key.clone(), text));
    }
    parts.sort();
    let parts: Vec<_> = parts.into_iter().map(|(_, text)| text).collect();
    or_none(Some(&parts.join(",")))
}

/// The containers' names, `app,sidecar`.
pub(crate) fn names(containers: &[Container]) -> String {
    containers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(",")
}

/// The containers' images.
pub(crate) fn images(containers: &[Container]) -> String {
    containers.iter().map(|c| c.image.as_deref().unwrap_or_default()).collect::<Vec<_>>().join(",")
}

/// The first three: `a,b,c + 2 more...`.
pub(crate) fn first_three(list: &[String]) -> String {
    let shown = list.iter().take(3).cloned().collect::<Vec<_>>().join(",");
    if list.len() > 3 { format!("{shown} + {} more...", list.len() - 3) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_reads_as_it_is_typed() {
        let given: meta::LabelSelector = serde_json::from_value(serde_json::json!({
            "matchLabels": {"tier": "front"},
            "matchExpressions": [
                {"key": "app", "operator": "In", "values": ["b", "a"]},
                {"key": "old", "operator": "DoesNotExist"}
            ]
        }))
        .unwrap();
        assert_eq!(selector(&given), "app in (a,b),!old,tier=front");
        assert_eq!(selector(&meta::LabelSelector::default()), "<none>");
    }

    #[test]
    fn long_lists_are_cut() {
        let list: Vec<_> = (1..6).map(|n: u8| n.to_string()).collect();
        assert_eq!(first_three(&list), "1,2,3 + 2 more...");
        assert_eq!(first_three(&list[..3]), "1,2,3");
    }
}
