//! `$(NAME)` in commands, arguments and values.

use std::collections::BTreeMap;

/// `text` with every `$(NAME)` that is known replaced; `$$` is a dollar, and what is not known stays.
pub(crate) fn expand(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
            if let Some(value) = known.get(name) {
                out.push_str(value);
            } else {
                out.push_str("$(");
                out.push_str(name);
                out.push(')');
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_replaced() {
        let known = BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B".into(), "$(A)".into())]);
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("x$(A)y", "x1y"),
            ("$(B)", "$(A)"),
            ("$(C)", "$(C)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$1"),
            ("$", "$"),
            ("$(A", "$(A"),
            ("$A ü", "$A ü"),
        ] {
            assert_eq!(expand(text, &known), expected, "{text}");
        }
    }
}
