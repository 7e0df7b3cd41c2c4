use std::{collections::BTreeSet, fmt};

/// Which namespaces are looked at: all of them, or some.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Namespaces {
    #[default]
    All,
    /// Never empty.
    Some(BTreeSet<String>),
}

impl Namespaces {
    pub(crate) fn one(name: impl Into<String>) -> Self {
        Self::Some(BTreeSet::from([name.into()]))
    }

    /// `a,b`, or `all`; `None` when those are no names.
    pub(crate) fn parse(words: &str) -> Option<Self> {
        if matches!(words, "all" | "*" | "-A") {
            return Some(Self::All);
        }
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ',' | ' ');
        if !words.chars().all(name) || words.starts_with('-') {
            return None;
        }
        let names: BTreeSet<_> =
            words.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (!names.is_empty()).then_some(Self::Some(names))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(names) => names.contains(name),
        }
    }

    /// The name, when there is exactly one.
    pub(crate) fn only(&self) -> Option<&str> {
        match self {
            Self::Some(names) if names.len() == 1 => names.first().map(String::as_str),
            _ => None,
        }
    }

    /// As a line takes it: `a,b`, or `all`.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Some(names) => names.iter().map(String::as_str).collect::<Vec<_>>().join(","),
        }
    }
}

impl fmt::Display for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all namespaces"),
            Self::Some(_) => write!(f, "ns {}", self.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_as_it_is_said() {
        for (words, said, only) in
            [("all", "all namespaces", None), ("a", "ns a", Some("a")), ("b, a,b", "ns a,b", None)]
        {
            let read = Namespaces::parse(words).unwrap();
            assert_eq!((read.to_string().as_str(), read.only()), (said, only));
            assert_eq!(Namespaces::parse(&read.words()), Some(read));
        }
        for words in [" ,", "-x", "a/b", "a:b", ""] {
            assert_eq!(Namespaces::parse(words), None, "{words}");
        }
        assert!(!Namespaces::one("a").has("b") && Namespaces::All.has("b"));
    }
}
