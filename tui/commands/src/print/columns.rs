//! `-o custom-columns`: a table of headings and paths, and the order of `--sort-by`.

use crate::neutral;
use serde_json::Value;
use shared_api::Amount;
use shared_api::jsonpath;
use std::cmp::Ordering;

/// `NAME:.metadata.name,NODE:.spec.nodeName`.
pub(crate) fn columns(text: &str) -> Result<Vec<(String, String)>, String> {
    let column = |word: &str| match word.split_once(':') {
        Some((head, path)) if !head.is_empty() && !path.is_empty() => {
            let path = relaxed(path);
            jsonpath::check(&path).map(|()| (head.to_owned(), path))
        }
        _ => Err(format!("unexpected custom-columns spec: {word:?}, expected HEADER:PATH")),
    };
    split(text).into_iter().map(column).collect()
}

/// At commas that no bracket holds.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut found) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[from..]);
    found
}

/// `metadata.name`, `.metadata.name` and `{.metadata.name}` are one.
pub(crate) fn relaxed(path: &str) -> String {
    match path {
        path if path.starts_with('{') => path.into(),
        path if path.starts_with(['.', '[']) => format!("{{{path}}}"),
        path => format!("{{.{path}}}"),
    }
}

/// One line an object.
pub(crate) fn lines(
    columns: &[(String, String)],
    values: &[Value],
    headings: bool,
) -> Result<Vec<Vec<String>>, String> {
    let mut lines = Vec::new();
    if headings {
        lines.push(columns.iter().map(|(head, _)| head.clone()).collect());
    }
    for value in values {
        let cell = |(_, path): &(String, String)| {
            let found = jsonpath::find(path, value)?;
            let shown: Vec<_> = found.iter().map(|v| jsonpath::show(v)).collect();
            let text = if shown.is_empty() { "<none>".into() } else { shown.join(",") };
            Ok(neutral(&text).replace(['\n', '\t'], " "))
        };
        lines.push(columns.iter().map(cell).collect::<Result<_, String>>()?);
    }
    Ok(lines)
}

/// The order of two objects by what stands at a path: amounts and numbers by size, moments and names by
/// their text; what is not there comes first.
pub(crate) fn order(path: &str, a: &Value, b: &Value) -> Ordering {
    let found =
        |value: &Value| jsonpath::find(path, value).ok().and_then(|f| f.first().map(|v| (*v).clone()));
    match (found(a), found(b)) {
        (Some(Value::String(a)), Some(Value::String(b))) => match (Amount::parse(&a), Amount::parse(&b)) {
            (Ok(x), Ok(y)) => x.as_milli().cmp(&y.as_milli()),
            _ => a.cmp(&b),
        },
        (Some(a), Some(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => a.to_string().cmp(&b.to_string()),
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_headings_and_paths() {
        let found = columns("NAME:.metadata.name,IMAGES:spec.containers[*].image,N:{.n}").unwrap();
        assert_eq!(found[1], ("IMAGES".into(), "{.spec.containers[*].image}".into()));
        let pod = json!({"metadata": {"name": "a\u{1b}"}, "spec": {"containers": [{"image": "x"}, {"image": "y"}]}});
        let lines = lines(&found, &[pod], true).unwrap();
        assert_eq!(lines[1], ["a␛", "x,y", "<none>"]);
        assert!(columns("NAME").is_err());
        assert!(columns("NAME:.a[").is_err());
    }

    #[test]
    fn objects_are_ordered_by_size_and_name() {
        let check = |a: Value, b: Value| order("{.x}", &json!({"x": a}), &json!({"x": b}));
        assert_eq!(check(json!(9), json!(10)), Ordering::Less);
        assert_eq!(check(json!("900Mi"), json!("1Gi")), Ordering::Less);
        assert_eq!(check(json!("b"), json!("a")), Ordering::Greater);
        assert_eq!(check(json!("2026-01-02T00:00:00Z"), json!("2026-01-01T00:00:00Z")), Ordering::Greater);
        assert_eq!(order("{.x}", &json!({}), &json!({"x": 1})), Ordering::Less);
    }
}
