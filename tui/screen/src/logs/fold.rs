use serde_json::{Map, Value};

/// What logs call these three, in the order in which they stand.
const TIME: &[&str] = &["time", "ts", "timestamp", "@timestamp", "t"];
const LEVEL: &[&str] = &["level", "lvl", "severity", "log.level"];
const WORDS: &[&str] = &["msg", "message", "event"];

/// A line that is a JSON object as columns: time, level, what it says, then everything else as `key=value`.
/// `None` when it is none.
pub(crate) fn fold(line: &str) -> Option<String> {
    let trimmed = line.trim();
    if !trimmed.starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut all)) = serde_json::from_str(trimmed) else { return None };
    let time = take(&mut all, TIME).map(|time| clock(&time));
    let level = take(&mut all, LEVEL).map(|level| level.to_uppercase());
    let words = take(&mut all, WORDS);
    let mut text = String::new();
    if let Some(time) = time {
        text.push_str(&format!("{time}  "));
    }
    text.push_str(&format!("{:<5}  ", level.unwrap_or_default()));
    text.push_str(&words.unwrap_or_default());
    for (key, value) in &all {
        text.push_str(&format!("  {key}={}", plain(value)));
    }
    // What was escaped in the JSON is not any more.
    Some(tui_commands::neutral(&text).replace(['\n', '\t'], " "))
}

fn take(all: &mut Map<String, Value>, names: &[&str]) -> Option<String> {
    let name = names.iter().find(|name| all.contains_key(**name))?;
    all.remove(*name).map(|value| plain(&value))
}

/// The time of day of a moment.
fn clock(text: &str) -> String {
    match text.split_once('T') {
        Some((_, time)) => time.trim_end_matches('Z').chars().take(12).collect(),
        None => text.to_owned(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_columns() {
        for (line, wanted) in [
            (
                r#"{"level":"info","time":"2026-01-01T10:20:30.5Z","msg":"served","status":200,"path":"/x"}"#,
                Some("10:20:30.5  INFO   served  path=/x  status=200"),
            ),
            (r#"{"message":"a\u001b[2Jb","severity":"ERROR"}"#, Some("ERROR  a␛[2Jb")),
            (r#"{"a":{"b":1}}"#, Some("         a={\"b\":1}")),
            ("plain", None),
            ("{not json", None),
            ("[1]", None),
        ] {
            assert_eq!(
                fold(line).as_deref(),
                wanted.map(|w| w.strip_prefix("  ").filter(|_| false).unwrap_or(w)),
                "{line}"
            );
        }
    }
}
