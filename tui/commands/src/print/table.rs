//! Tables, from each kind's own columns.

use crate::neutral;
use shared_api::{KindInfo, Object, Timestamp};

/// How a table looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Every column.
    pub wide: bool,
    /// The namespace as first column.
    pub namespaces: bool,
    /// Labels as last column.
    pub labels: bool,
    /// The line of headings.
    pub headings: bool,
    /// Names as `kind/name`, for tables of several kinds.
    pub kinds: bool,
}

/// The headings of a kind's table, in capitals.
pub fn headings(kind: &KindInfo, style: &Style) -> Vec<String> {
    let mut found = Vec::new();
    if style.namespaces && kind.namespaced {
        found.push("NAMESPACE".into());
    }
    if kind.name_first || style.kinds {
        found.push("NAME".to_owned());
    }
    found
        .extend(kind.headings().into_iter().filter(|h| style.wide || !h.wide).map(|h| h.name.to_uppercase()));
    if style.labels {
        found.push("LABELS".into());
    }
    found
}

/// The cells of one object, as many as the headings.
pub fn cells(kind: &KindInfo, object: &Object, now: Timestamp, style: &Style) -> Vec<String> {
    let mut found = Vec::new();
    if style.namespaces && kind.namespaced {
        found.push(object.namespace().to_owned());
    }
    if style.kinds {
        found.push(super::name(object));
    } else if kind.name_first {
        found.push(object.name().to_owned());
    }
    let shown = kind.headings().into_iter().zip(kind.row(object, now));
    found.extend(shown.filter(|(h, _)| style.wide || !h.wide).map(|(_, cell)| cell));
    if style.labels {
        let labels = object.metadata().labels.iter().flatten();
        let text = labels.map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
        found.push(if text.is_empty() { "<none>".into() } else { text });
    }
    found.into_iter().map(|c| neutral(&c).replace(['\n', '\t'], " ")).collect()
}

/// A table of objects of one kind.
pub fn table(kind: &KindInfo, objects: &[Object], now: Timestamp, style: &Style) -> String {
    let mut lines = Vec::new();
    if style.headings {
        lines.push(headings(kind, style));
    }
    lines.extend(objects.iter().map(|o| cells(kind, o, now, style)));
    align(&lines)
}

/// The same with a column for each of these labels.
pub(crate) fn marked_table(
    kind: &KindInfo,
    objects: &[Object],
    now: Timestamp,
    style: Style,
    labels: &[String],
) -> String {
    let mut lines = Vec::new();
    if style.headings {
        let mut head = headings(kind, &style);
        // As kubectl has it: what follows the last slash, in capitals.
        head.extend(labels.iter().map(|l| l.rsplit('/').next().unwrap_or_default().to_uppercase()));
        lines.push(head);
    }
    for object in objects {
        let mut line = cells(kind, object, now, &style);
        let there = object.metadata().labels.as_ref();
        line.extend(labels.iter().map(|label| {
            let value = there.and_then(|all| all.get(label));
            value.map_or_else(String::new, |v| neutral(v).into_owned())
        }));
        lines.push(line);
    }
    align(&lines)
}

/// Columns three spaces apart, none after the last.
pub(crate) fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |i: usize| lines.iter().filter_map(|l| l.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            row.push_str(cell);
            row.extend(std::iter::repeat_n(' ', width + 3 - cell.chars().count()));
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_shows_the_kinds_own_columns_and_obeys_no_escapes() {
        let map = Object::from_value(&json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v"},
            "metadata": {"name": "a\u{1b}[31m", "namespace": "n", "labels": {"x": "y"}}
        }))
        .unwrap();
        let kind = shared_api::find("cm").unwrap();
        let style = Style { namespaces: true, labels: true, headings: true, ..Style::default() };
        let text = table(kind, &[map], Timestamp::UNIX_EPOCH, &style);
        let mut lines = text.lines();
        assert!(
            lines.next().is_some_and(|l| l.starts_with("NAMESPACE   NAME") && l.ends_with("LABELS")),
            "{text}"
        );
        assert!(
            lines.next().is_some_and(|l| l.starts_with("n           a␛[31m") && l.ends_with("x=y")),
            "{text}"
        );
    }
}
