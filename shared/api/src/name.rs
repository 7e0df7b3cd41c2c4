//! What names, keys and values may look like, in Kubernetes' words.
//!
//! Each rule answers `None` when the text is fine and the reason otherwise.

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const NAME_PART: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// The longest label: 63 bytes.
const LABEL_MAX: usize = 63;
/// The longest DNS name: 253 bytes.
const SUBDOMAIN_MAX: usize = 253;

/// A rule for a piece of text.
pub type Rule = fn(&str) -> Option<String>;

/// An RFC 1123 label: `my-name`, `123-abc`.
pub fn label(text: &str) -> Option<String> {
    too_long(text, LABEL_MAX).or_else(|| {
        (!is_label(text)).then(|| {
            pattern(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                 start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            )
        })
    })
}

/// An RFC 1035 label, which starts with a letter: `my-name`, `abc-123`.
pub fn service(text: &str) -> Option<String> {
    too_long(text, LABEL_MAX).or_else(|| {
        (!is_label(text) || !text.starts_with(|c: char| c.is_ascii_lowercase())).then(|| {
            pattern(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                 alphabetic character, and end with an alphanumeric character",
                "[a-z]([-a-z0-9]*[a-z0-9])?",
                &["my-name", "abc-123"],
            )
        })
    })
}

/// An RFC 1123 subdomain: labels joined by dots, `example.com`.
pub fn subdomain(text: &str) -> Option<String> {
    too_long(text, SUBDOMAIN_MAX).or_else(|| {
        (!text.split('.').all(is_label)).then(|| {
            pattern(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                 must start and end with an alphanumeric character",
                &format!(r"{LABEL}(\.{LABEL})*"),
                &["example.com"],
            )
        })
    })
}

/// A subdomain under any other: `*.example.com`.
pub fn wildcard(text: &str) -> Option<String> {
    let rest = text.strip_prefix("*.").unwrap_or_default();
    too_long(text, SUBDOMAIN_MAX).or_else(|| {
        (!rest.split('.').all(is_label)).then(|| {
            pattern(
                "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must \
                 consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
                &format!(r"\*\.{LABEL}(\.{LABEL})*"),
                &["*.example.com"],
            )
        })
    })
}

/// The name of a storage driver: a subdomain of at most 63 bytes, in any case.
pub fn driver(text: &str) -> Option<String> {
    too_long(text, LABEL_MAX).or_else(|| subdomain(&text.to_lowercase()))
}

/// The key of a label, an annotation or a finalizer: `app`, `example.com/MyName`.
pub fn qualified(text: &str) -> Option<String> {
    let (prefix, name) = match text.split_once('/') {
        None => (None, text),
        Some((_, rest)) if rest.contains('/') => {
            let shape = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start \
                         and end with an alphanumeric character";
            let shape = pattern(shape, NAME_PART, &["MyName", "my.name", "123-abc"]);
            return Some(format!(
                "{shape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ));
        }
        Some((prefix, name)) => (Some(prefix), name),
    };
    match prefix {
        Some("") => return Some("prefix part must be non-empty".into()),
        Some(prefix) => {
            if let Some(why) = subdomain(prefix) {
                return Some(format!("prefix part {why}"));
            }
        }
        None => {}
    }
    if name.is_empty() {
        return Some("name part must be non-empty".into());
    }
    if let Some(why) = too_long(name, LABEL_MAX) {
        return Some(format!("name part {why}"));
    }
    (!is_word(name)).then(|| {
        pattern(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
             alphanumeric character",
            NAME_PART,
            &["MyName", "my.name", "123-abc"],
        )
    })
}

/// The value of a label.
pub fn label_value(text: &str) -> Option<String> {
    too_long(text, LABEL_MAX).or_else(|| {
        (!text.is_empty() && !is_word(text)).then(|| {
            pattern(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                 must start and end with an alphanumeric character",
                &format!("({NAME_PART})?"),
                &["MyValue", "my_value", "12345"],
            )
        })
    })
}

/// The name of an environment variable.
pub fn variable(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("environment variable name must be non-empty".into());
    }
    (!text.chars().all(|c| (' '..='~').contains(&c) && c != '=')).then(|| {
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .into()
    })
}

/// The key of a `ConfigMap` or a `Secret`.
pub fn config_key(text: &str) -> Option<String> {
    if let Some(why) = too_long(text, SUBDOMAIN_MAX) {
        return Some(why);
    }
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return Some(pattern(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    match text {
        "." => Some("must not be '.'".into()),
        ".." => Some("must not be '..'".into()),
        _ if text.starts_with("..") => Some("must not start with '..'".into()),
        _ => None,
    }
}

/// The name of a container's port: an IANA service name.
pub fn port(text: &str) -> Option<String> {
    let why = if text.len() > 15 {
        "must be no more than 15 characters"
    } else if !text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    } else if !text.chars().any(|c| c.is_ascii_lowercase()) {
        "must contain at least one letter (a-z)"
    } else if text.contains("--") {
        "must not contain consecutive hyphens"
    } else if text.starts_with('-') || text.ends_with('-') {
        "must not begin or end with a hyphen"
    } else {
        return None;
    };
    Some(why.into())
}

/// The number of a port.
pub fn port_number(port: i32) -> Option<&'static str> {
    (!(1..=65535).contains(&port)).then_some("must be between 1 and 65535, inclusive")
}

/// What may be one part of a URL's path.
pub(crate) fn path_segment(text: &str) -> Option<String> {
    if matches!(text, "." | "..") {
        return Some(format!("may not be '{text}'"));
    }
    ['/', '%'].iter().find(|c| text.contains(**c)).map(|c| format!("may not contain '{c}'"))
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_word(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.chars().all(|c| edge(c) || matches!(c, '-' | '_' | '.'))
        && text.starts_with(edge)
        && text.ends_with(edge)
}

fn too_long(text: &str, max: usize) -> Option<String> {
    (text.len() > max).then(|| format!("must be no more than {max} bytes"))
}

/// Kubernetes writes two spaces before `or`; so do we.
fn pattern(rule: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<_> = examples.iter().map(|e| format!("'{e}', ")).collect();
    format!("{rule} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_accept_what_kubernetes_accepts() {
        let long = "a".repeat(64);
        let cases: &[(Rule, &[&str], &[&str])] = &[
            (label, &["a", "a-1", "0a"], &["", "A", "-a", "a-", "a.b", &long]),
            (service, &["a", "a-1"], &["", "0a", "a.b", "a_b"]),
            (subdomain, &["a", "a.b-c", "1.2"], &["", "a..b", "A", "a_b", ".a"]),
            (
                qualified,
                &["a", "A_b.c", "x.io/Name"],
                &["", "/a", "x.io/", "a/b/c", "X.io/a", "a b", "-a", &long],
            ),
            (wildcard, &["*.a", "*.a.b"], &["*", "*a", "a.b", "*.*.a", "*."]),
            (driver, &["a", "A.b"], &["", "a_b", &long]),
            (label_value, &["", "a", "A_b.c"], &["-a", "a b", "a/b", &long]),
            (variable, &["A", "a.b-c", "1 2"], &["", "a=b", "é"]),
            (config_key, &["a", ".a", "A_b-c.d"], &["", ".", "..", "..a", "a/b"]),
            (port, &["http", "p-1"], &["", "1", "HTTP", "a--b", "-a", "sixteen-letters-"]),
        ];
        for (at, (rule, good, bad)) in cases.iter().enumerate() {
            good.iter().for_each(|g| assert_eq!(rule(g), None, "rule {at}: {g}"));
            bad.iter().for_each(|b| assert!(rule(b).is_some(), "rule {at}: {b}"));
        }
    }

    #[test]
    fn reasons_are_kubernetes_own_words() {
        assert_eq!(
            subdomain("My_App").unwrap(),
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        );
        assert!(
            label("A").unwrap().contains("(e.g. 'my-name',  or '123-abc', regex used"),
            "{:?}",
            label("A")
        );
    }
}
