//! Labels and annotations: which words change them, and the patch of an object.

use crate::Error;
use serde_json::{Map, Value, json};

/// Set to a value, or removed.
pub(crate) type Changes = Vec<(String, Option<String>)>;

/// The words that name objects, and the changes that follow.
pub(crate) fn split(words: &[String]) -> (&[String], &[String]) {
    let first = words.iter().position(|w| w.contains('=') || w.contains(':') || w.ends_with('-'));
    words.split_at(first.unwrap_or(words.len()))
}

/// `KEY=VALUE` and `KEY-`, each key once.
pub(crate) fn changes(words: &[String]) -> Result<Changes, Error> {
    let mut found: Changes = Vec::new();
    for word in words {
        let change = match (word.split_once('='), word.strip_suffix('-')) {
            (Some((key, value)), _) if !key.is_empty() => (key.to_owned(), Some(value.to_owned())),
            (None, Some(key)) if !key.is_empty() => (key.to_owned(), None),
            _ => return Err(Error::Usage(format!("{word:?}: expected KEY=VALUE or KEY-"))),
        };
        if found.iter().any(|(key, _)| *key == change.0) {
            return Err(Error::Usage(format!("{:?} is changed twice", change.0)));
        }
        found.push(change);
    }
    Ok(found)
}

/// The merge patch of `metadata.labels` or `metadata.annotations` (`section`); `None` when all is so already.
pub(crate) fn patch(
    object: &Value,
    section: &str,
    changes: &Changes,
    overwrite: bool,
) -> Result<Option<Value>, Error> {
    let there = &object["metadata"][section];
    let mut found = Map::new();
    for (key, wanted) in changes {
        let now = there[key].as_str();
        match (now, wanted) {
            (Some(now), Some(wanted)) if now != wanted && !overwrite => {
                return Err(Error::Usage(format!(
                    "'{key}' already has a value ({now}), and --overwrite is false"
                )));
            }
            (now, wanted) if now == wanted.as_deref() => {}
            (_, wanted) => drop(found.insert(key.clone(), json!(wanted))),
        }
    }
    Ok((!found.is_empty()).then(|| json!({"metadata": {section: found}})))
}

/// What `label` says it did, as kubectl puts it.
pub(crate) fn labelled(changes: &Changes) -> &'static str {
    if changes.iter().all(|(_, value)| value.is_none()) { "unlabeled" } else { "labeled" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn words_are_objects_then_changes() {
        let line = words("nodes n1 n2 disktype=ssd old-");
        let (objects, rest) = split(&line);
        assert_eq!((objects.len(), rest.len()), (3, 2));
        assert_eq!(
            changes(rest).unwrap(),
            [("disktype".to_owned(), Some("ssd".to_owned())), ("old".to_owned(), None)]
        );
        assert!(changes(&words("a=1 a-")).is_err());
        assert!(changes(&words("=x")).is_err());
    }

    #[test]
    fn only_what_differs_is_patched() {
        let pod = json!({"metadata": {"labels": {"a": "1", "b": "2"}}});
        let check = |line: &str, overwrite| patch(&pod, "labels", &changes(&words(line)).unwrap(), overwrite);
        assert_eq!(check("a=1 c-", false).unwrap(), None);
        assert_eq!(
            check("b- c=3", false).unwrap(),
            Some(json!({"metadata": {"labels": {"b": null, "c": "3"}}}))
        );
        assert!(check("a=2", false).unwrap_err().to_string().contains("'a' already has a value (1)"));
        assert!(check("a=2", true).unwrap().is_some());
    }
}
