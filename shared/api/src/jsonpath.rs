//! kubectl's dialect of `JSONPath`: `{.items[*].metadata.name}`, `{range …}…{end}`, filters, recursion.

mod parse;

use parse::{Node, Path, Step};
use serde_json::Value;

/// Whether a template makes sense; says where it does not.
pub fn check(template: &str) -> Result<(), String> {
    parse::template(template).map(drop)
}

/// The text that a template makes of a value. A path that leads nowhere makes nothing.
pub fn render(template: &str, value: &Value) -> Result<String, String> {
    let nodes = parse::template(template)?;
    let mut text = String::new();
    write(&nodes, value, value, &mut text);
    Ok(text)
}

fn write(nodes: &[Node], root: &Value, here: &Value, text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(words) => text.push_str(words),
            Node::Path(path) => {
                let found = path.find(root, here);
                text.push_str(&found.iter().map(|v| show(v)).collect::<Vec<_>>().join(" "));
            }
            Node::Range(path, body) => {
                for item in path.find(root, here) {
                    write(body, root, item, text);
                }
            }
        }
    }
}

/// What a template of one path leads to.
pub fn find<'a>(template: &str, value: &'a Value) -> Result<Vec<&'a Value>, String> {
    match &parse::template(template)?[..] {
        [Node::Path(path)] => Ok(path.find(value, value)),
        _ => Err(format!("{template:?}: expected one path, as {{.metadata.name}}")),
    }
}

/// A value as a template shows it: text without its quotes, anything else as JSON.
pub fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Path {
    fn find<'a>(&self, root: &'a Value, here: &'a Value) -> Vec<&'a Value> {
        let start = if self.from_root { root } else { here };
        self.steps
            .iter()
            .fold(vec![start], |found, step| found.into_iter().flat_map(|value| step.apply(value)).collect())
    }
}

impl Step {
    fn apply<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Field(name) => value.get(name).into_iter().collect(),
            Self::All => match value {
                Value::Array(items) => items.iter().collect(),
                Value::Object(map) => map.values().collect(),
                _ => Vec::new(),
            },
            Self::Deep(name) => {
                let mut found = Vec::new();
                deep(value, name, &mut found);
                found
            }
            Self::Slice { from, to, step } => {
                let Value::Array(items) = value else { return Vec::new() };
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let place = |n: i64| {
                    usize::try_from(if n < 0 { n + length } else { n }.clamp(0, length)).unwrap_or(0)
                };
                let (from, to) = (place(from.unwrap_or(0)), place(to.unwrap_or(length)));
                items.iter().take(to).skip(from).step_by(*step).collect()
            }
            Self::Index(n) => {
                let Value::Array(items) = value else { return Vec::new() };
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let place = if *n < 0 { n + length } else { *n };
                usize::try_from(place).ok().and_then(|i| items.get(i)).into_iter().collect()
            }
            Self::Filter { left, operator, right } => {
                let Value::Array(items) = value else { return Vec::new() };
                items.iter().filter(|item| holds(left, operator, right.as_ref(), item)).collect()
            }
        }
    }
}

fn deep<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    found.extend(value.get(name));
    match value {
        Value::Array(items) => items.iter().for_each(|v| deep(v, name, found)),
        Value::Object(map) => map.values().for_each(|v| deep(v, name, found)),
        _ => {}
    }
}

fn holds(left: &Path, operator: &str, right: Option<&Value>, item: &Value) -> bool {
    let found = left.find(item, item);
    let (Some(right), Some(found)) = (right, found.first()) else {
        return !found.is_empty() && right.is_none();
    };
    let order = match (found.as_f64(), right.as_f64()) {
        (Some(a), Some(b)) => a.partial_cmp(&b),
        _ => Some(show(found).cmp(&show(right))),
    };
    let Some(order) = order else { return false };
    match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_mean_what_kubectl_means() {
        let list = json!({"kind": "List", "items": [
            {"metadata": {"name": "a", "labels": {"app.x/y": "z"}}, "n": 1, "c": [{"type": "Ready", "status": "True"}]},
            {"metadata": {"name": "b"}, "n": 2, "c": []},
        ]});
        let check =
            |template: &str, text: &str| assert_eq!(render(template, &list).unwrap(), text, "{template}");
        check("{.kind}", "List");
        check(".kind", "List");
        check("{$.items[0].metadata.name}", "a");
        check("{.items[-1:].metadata.name}", "b");
        check("{.items[*].metadata.name}", "a b");
        check("{.items..metadata.name}", "a b");
        check("{..name}", "a b");
        check("{range .items[*]}{.metadata.name}={.n}{\"\\n\"}{end}", "a=1\nb=2\n");
        check("{.items[?(@.n>1)].metadata.name}", "b");
        check("{.items[?(@.metadata.name==\"a\")].n}", "1");
        check("{.items[0].c[?(@.type=='Ready')].status}", "True");
        check("{.items[0].metadata.labels.app\\.x/y}", "z");
        check("{.items[0].metadata.labels['app\\.x/y']}", "z");
        check("name: {.missing}.", "name: .");
        check("{.items[0].metadata.labels}", r#"{"app.x/y":"z"}"#);
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["{.a", "{.a[}", "{range .a}", "{.a[?(@.b==)]}", "{foo}", "{.a[x]}"] {
            assert!(super::check(bad).is_err(), "{bad}");
        }
    }
}
