//! From a template's text to what it asks for.

use serde_json::Value;

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Text(String),
    Path(Path),
    Range(Path, Vec<Node>),
}

/// Steps from the root, or from where one stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Path {
    pub(super) from_root: bool,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Field(String),
    Deep(String),
    All,
    Index(i64),
    Slice { from: Option<i64>, to: Option<i64>, step: usize },
    Filter { left: Path, operator: String, right: Option<Value> },
}

/// The pieces of a template. One without braces is a path as a whole, as kubectl has it.
pub(super) fn template(text: &str) -> Result<Vec<Node>, String> {
    if !text.contains('{') {
        let dotted = if text.starts_with(['.', '[', '$']) { text.to_owned() } else { format!(".{text}") };
        return Ok(vec![Node::Path(path(&dotted)?)]);
    }
    let mut stack: Vec<(Option<Path>, Vec<Node>)> = vec![(None, Vec::new())];
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (words, after) = rest.split_at(open);
        let close = closing(after).ok_or_else(|| format!("jsonpath {text:?}: a {{ is never closed"))?;
        let inside = after[1..close].trim();
        rest = &after[close + 1..];
        let top = stack.last_mut().expect("the stack has the template at its bottom");
        if !words.is_empty() {
            top.1.push(Node::Text(words.into()));
        }
        if let Some(range) = inside.strip_prefix("range ") {
            stack.push((Some(path(range.trim())?), Vec::new()));
        } else if inside == "end" {
            match stack.pop() {
                Some((Some(range), body)) if !stack.is_empty() => {
                    let top = stack.last_mut().expect("a range stands in something");
                    top.1.push(Node::Range(range, body));
                }
                _ => return Err(format!("jsonpath {text:?}: an {{end}} without a {{range}}")),
            }
        } else if inside.starts_with(['"', '\'']) {
            top.1.push(Node::Text(quoted(inside)?));
        } else {
            top.1.push(Node::Path(path(inside)?));
        }
    }
    let (open, mut nodes) = stack.pop().expect("the stack has the template at its bottom");
    if open.is_some() || !stack.is_empty() {
        return Err(format!("jsonpath {text:?}: a {{range}} without an {{end}}"));
    }
    if !rest.is_empty() {
        nodes.push(Node::Text(rest.into()));
    }
    Ok(nodes)
}

/// Where the brace that opens `text` closes, minding quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Result<String, String> {
    let bad = || format!("jsonpath: {text} is not quoted text");
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(bad)?;
    let inside = text[1..].strip_suffix(quote).ok_or_else(bad)?;
    let (mut found, mut chars) = (String::new(), inside.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next().ok_or_else(bad)? {
                'n' => found.push('\n'),
                't' => found.push('\t'),
                'r' => found.push('\r'),
                other => found.push(other),
            },
            c => found.push(c),
        }
    }
    Ok(found)
}

fn path(text: &str) -> Result<Path, String> {
    let bad = |why: &str| format!("jsonpath: {text:?}: {why}");
    let mut path = Path::default();
    let mut rest = text;
    if let Some(after) = rest.strip_prefix('$') {
        (path.from_root, rest) = (true, after);
    } else if let Some(after) = rest.strip_prefix('@') {
        rest = after;
    }
    if rest.is_empty() && text.is_empty() {
        return Err(bad("an empty path"));
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            let (name, after) = word(after);
            let name = if name.is_empty() { return Err(bad("a name has to follow `..`")) } else { name };
            path.steps.push(if name == "*" { Step::All } else { Step::Deep(name) });
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = word(after);
            match name.as_str() {
                "" if after.is_empty() && path.steps.is_empty() => {}
                "" if after.starts_with('[') => {}
                "" => return Err(bad("a name has to follow `.`")),
                "*" => path.steps.push(Step::All),
                _ => path.steps.push(Step::Field(name)),
            }
            rest = after;
        } else if rest.starts_with('[') {
            let close = bracket(rest).ok_or_else(|| bad("a [ is never closed"))?;
            path.steps.push(subscript(rest[1..close].trim()).map_err(|why| bad(&why))?);
            rest = &rest[close + 1..];
        } else {
            return Err(bad("a path starts with `.`, `[`, `$` or `@`"));
        }
    }
    Ok(path)
}

/// A name up to the next unescaped `.` or `[`.
fn word(text: &str) -> (String, &str) {
    let (mut name, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            c if escaped => {
                name.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' => return (name, &text[at..]),
            c => name.push(c),
        }
    }
    (name, "")
}

fn bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn subscript(text: &str) -> Result<Step, String> {
    if text == "*" {
        return Ok(Step::All);
    }
    if text.starts_with(['"', '\'']) {
        return quoted(text).map(Step::Field);
    }
    if let Some(filter) = text.strip_prefix("?(").and_then(|t| t.strip_suffix(')')) {
        return self::filter(filter.trim());
    }
    let number = |t: &str| -> Result<Option<i64>, String> {
        if t.is_empty() {
            Ok(None)
        } else {
            t.parse().map(Some).map_err(|_| format!("{t:?} is not a number"))
        }
    };
    let parts: Vec<_> = text.split(':').map(str::trim).collect();
    match parts[..] {
        [one] => number(one)?.map(Step::Index).ok_or_else(|| "an empty subscript".into()),
        [from, to] => Ok(Step::Slice { from: number(from)?, to: number(to)?, step: 1 }),
        [from, to, step] => {
            let step = number(step)?.unwrap_or(1);
            let step =
                usize::try_from(step).ok().filter(|s| *s > 0).ok_or("a slice's step has to be positive")?;
            Ok(Step::Slice { from: number(from)?, to: number(to)?, step })
        }
        _ => Err(format!("{text:?} is not a subscript")),
    }
}

fn filter(text: &str) -> Result<Step, String> {
    for operator in ["==", "!=", "<=", ">=", "<", ">"] {
        let Some((left, right)) = text.split_once(operator) else { continue };
        let right = right.trim();
        let value = if right.starts_with(['"', '\'']) {
            Value::String(quoted(right)?)
        } else {
            serde_json::from_str(right).map_err(|_| format!("{right:?} is not a value"))?
        };
        return Ok(Step::Filter { left: path(left.trim())?, operator: operator.into(), right: Some(value) });
    }
    Ok(Step::Filter { left: path(text)?, operator: String::new(), right: None })
}
