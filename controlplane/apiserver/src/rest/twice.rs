//! Where keys of a YAML text come twice, line by line, as Kubernetes' reader tells it. Only mappings in blocks are
//! looked at; what is written in braces is left to who reads the whole.

use std::collections::BTreeSet;

/// A mapping whose keys stand at one column.
struct Block<'a> {
    column: usize,
    keys: BTreeSet<&'a str>,
}

/// The lines of keys that their mapping has already, and the keys.
pub(super) fn keys(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut open: Vec<Block<'_>> = Vec::new();
    // Lines further to the right than this belong to a text of many lines.
    let mut literal: Option<usize> = None;
    for (at, line) in text.lines().enumerate() {
        let mut rest = line.trim_start_matches(' ');
        let mut column = line.len() - rest.len();
        if rest.trim_end().is_empty() || literal.is_some_and(|left| column > left) {
            continue;
        }
        literal = None;
        if rest.starts_with("---") {
            open.clear();
            continue;
        }
        open.retain(|block| block.column <= column);
        // An item of a list begins a mapping of its own.
        while let Some(item) = rest.strip_prefix("- ") {
            open.retain(|block| block.column <= column);
            let inner = item.trim_start_matches(' ');
            column += rest.len() - inner.len();
            rest = inner;
            open.retain(|block| block.column < column);
        }
        let Some((key, value)) = pair(rest) else { continue };
        if matches!(value.trim_start().chars().next(), Some('|' | '>')) {
            literal = Some(column);
        }
        match open.iter_mut().find(|block| block.column == column) {
            Some(block) => {
                if !block.keys.insert(key) {
                    found.push((at + 1, key));
                }
            }
            None => open.push(Block { column, keys: BTreeSet::from([key]) }),
        }
    }
    found
}

/// A key and what follows it on its line.
fn pair(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['#', '{', '[', '&', '*', '!', '?', '%']) {
        return None;
    }
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            let (key, rest) = quoted.split_once(quote)?;
            return rest.strip_prefix(':').map(|value| (key, value));
        }
    }
    match text.split_once(": ") {
        Some(found) => Some(found),
        None => text.trim_end().strip_suffix(':').map(|key| (key, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_key_is_told_with_its_line() {
        let text = "\napiVersion: v1\nkind: Noxu\nspec:\n  foo: a\n  foo: b\n  list:\n  - name: x\n    name: y\n  - name: z\n\
                    \u{20}   \"q\": 1\n    'q': 2\n  text: |\n    foo: 1\n    foo: 2\n  other:\n    foo: c\n# kind: x\nkind: Foo\n";
        assert_eq!(keys(text), [(6, "foo"), (9, "name"), (12, "q"), (19, "kind")]);
        assert_eq!(keys("a: 1\n---\na: 2\n"), []);
        assert_eq!(keys("a: {b: 1, b: 2}\nc: http://x\n"), []);
        assert_eq!(keys("- - a: 1\n    a: 2\n  - a: 1\n- a: 1\n"), [(2, "a")]);
    }
}
