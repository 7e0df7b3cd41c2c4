//! Entries of config maps and secrets: from words and from files that were read.

use crate::Error;
use std::collections::BTreeMap;

/// Entries by key.
pub(crate) type Entries = BTreeMap<String, Vec<u8>>;

/// Adds an entry; a key may be there once.
pub(crate) fn add(entries: &mut Entries, key: &str, value: Vec<u8>) -> Result<(), Error> {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.is_empty() || key.len() > 253 || !key.chars().all(valid) || matches!(key, "." | "..") {
        return Err(Error::Usage(format!(
            "{key:?} is not a valid key: it must consist of alphanumeric characters, '-', '_' or '.'"
        )));
    }
    if entries.contains_key(key) {
        return Err(Error::Usage(format!("cannot add key {key:?}: another key by that name already exists")));
    }
    entries.insert(key.into(), value);
    Ok(())
}

/// `KEY=VALUE`.
pub(crate) fn literal(entries: &mut Entries, word: &str) -> Result<(), Error> {
    let pair = word.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) =
        pair.ok_or_else(|| Error::Usage(format!("--from-literal {word:?}: expected KEY=VALUE")))?;
    let plain = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = plain('"').or_else(|| plain('\'')).unwrap_or(value);
    add(entries, key, value.as_bytes().to_vec())
}

/// Lines of `KEY=VALUE`; `#` starts a comment, and a key alone has the value of the variable called so.
pub(crate) fn env_file(
    entries: &mut Entries,
    file: &str,
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let value = match line.split_once('=') {
            Some((key, value)) => Some((key, value.to_owned())),
            None => variable(line.trim()).map(|value| (line.trim(), value)),
        };
        let Some((key, value)) = value else { continue };
        add(entries, key, value.into_bytes())
            .map_err(|e| Error::Usage(format!("{file}:{}: {e}", number + 1)))?;
    }
    Ok(())
}

/// `[KEY=]PATH` of `--from-file`.
pub(crate) fn source(word: &str) -> (Option<&str>, &str) {
    match word.split_once('=') {
        Some((key, path)) => (Some(key), path),
        None => (None, word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_from_words_and_lines() {
        let mut entries = Entries::new();
        literal(&mut entries, "special.how=very").unwrap();
        literal(&mut entries, "quoted=\"a=b\"").unwrap();
        env_file(&mut entries, "f", "# note\nA=1\n  B=2 3\n\nHOME\nNONE\n", &|name| {
            (name == "HOME").then(|| "/h".into())
        })
        .unwrap();
        let text = |key: &str| entries.get(key).map(|v| String::from_utf8_lossy(v).into_owned());
        assert_eq!(text("special.how").as_deref(), Some("very"));
        assert_eq!(text("quoted").as_deref(), Some("a=b"));
        assert_eq!((text("A").as_deref(), text("B").as_deref()), (Some("1"), Some("2 3")));
        assert_eq!((text("HOME").as_deref(), text("NONE")), (Some("/h"), None));
        assert!(literal(&mut entries, "A=2").is_err(), "a key stands once");
        assert!(literal(&mut entries, "a b=2").is_err());
        assert!(literal(&mut entries, "=2").is_err());
        let error = env_file(&mut entries, "f", "X=1\nx y=2", &|_| None).unwrap_err();
        assert!(error.to_string().starts_with("f:2: "), "{error}");
    }
}
