//! Label and field selectors.

mod parse;

use crate::{KindInfo, Object, Refusal, meta};
use std::{collections::BTreeMap, fmt};

/// Which objects are meant, by label and by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selectors {
    /// By label.
    pub labels: LabelSelector,
    /// By field.
    pub fields: FieldSelector,
}

impl Selectors {
    /// Whether `object`, of `kind`, is meant.
    pub fn matches(&self, kind: &KindInfo, object: &Object) -> bool {
        self.labels.matches(object.metadata().labels.as_ref()) && self.fields.matches(kind, object)
    }

    /// Everything is meant.
    pub fn is_empty(&self) -> bool {
        self.labels.0.is_empty() && self.fields.0.is_empty()
    }
}

/// `app=web,tier in (a,b),!canary`: every requirement must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
    Greater(String, i64),
    Less(String, i64),
}

impl LabelSelector {
    /// From Kubernetes' text form.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        parse::requirements(text).map(Self).map_err(Refusal::bad_request)
    }

    /// From a `spec.selector` of either form, plain labels as services have them or the structured one;
    /// `None` when it selects nothing that could be said.
    pub fn of_spec(selector: &serde_json::Value) -> Option<Self> {
        let structured = selector.get("matchLabels").or(selector.get("matchExpressions"));
        let labels = if structured.is_some_and(|inner| !inner.is_string()) {
            Self::from_meta(&serde_json::from_value(selector.clone()).ok()?)
        } else {
            Self::from_labels(&serde_json::from_value(selector.clone()).ok()?)
        };
        (!labels.is_empty()).then_some(labels)
    }

    /// From the structured form; `None`, the absent selector, matches nothing.
    pub fn from_meta(selector: &meta::LabelSelector) -> Self {
        let equal = |(k, v): (&String, &String)| Requirement::In(k.clone(), vec![v.clone()]);
        let mut found: Vec<_> = selector.match_labels.iter().flatten().map(equal).collect();
        for e in selector.match_expressions.iter().flatten() {
            let values = e.values.clone().unwrap_or_default();
            found.push(match e.operator.as_str() {
                "In" => Requirement::In(e.key.clone(), values),
                "NotIn" => Requirement::NotIn(e.key.clone(), values),
                "Exists" => Requirement::Exists(e.key.clone()),
                _ => Requirement::Absent(e.key.clone()),
            });
        }
        Self(found)
    }

    /// Every one of these labels, as a Service's or a node selector means it.
    pub fn from_labels(labels: &BTreeMap<String, String>) -> Self {
        Self(labels.iter().map(|(k, v)| Requirement::In(k.clone(), vec![v.clone()])).collect())
    }

    /// Whether an object with these labels is meant.
    pub fn matches(&self, labels: Option<&BTreeMap<String, String>>) -> bool {
        let get = |key: &String| labels.and_then(|l| l.get(key));
        self.0.iter().all(|r| match r {
            Requirement::In(key, values) => get(key).is_some_and(|v| values.contains(v)),
            Requirement::NotIn(key, values) => get(key).is_none_or(|v| !values.contains(v)),
            Requirement::Exists(key) => get(key).is_some(),
            Requirement::Absent(key) => get(key).is_none(),
            Requirement::Greater(key, n) => {
                get(key).and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v > *n)
            }
            Requirement::Less(key, n) => get(key).and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v < *n),
        })
    }

    /// Matches everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, r) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "," })?;
            match r {
                Requirement::In(k, v) if v.len() == 1 => write!(f, "{k}={}", v[0])?,
                Requirement::NotIn(k, v) if v.len() == 1 => write!(f, "{k}!={}", v[0])?,
                Requirement::In(k, v) => write!(f, "{k} in ({})", v.join(","))?,
                Requirement::NotIn(k, v) => write!(f, "{k} notin ({})", v.join(","))?,
                Requirement::Exists(k) => f.write_str(k)?,
                Requirement::Absent(k) => write!(f, "!{k}")?,
                Requirement::Greater(k, n) => write!(f, "{k}>{n}")?,
                Requirement::Less(k, n) => write!(f, "{k}<{n}")?,
            }
        }
        Ok(())
    }
}

/// `spec.nodeName=n1,status.phase!=Failed`: every requirement must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<(String, bool, String)>);

impl FieldSelector {
    /// From Kubernetes' text form.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut found = Vec::new();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (path, equal, value) = if let Some((path, value)) = part.split_once("!=") {
                (path, false, value)
            } else if let Some((path, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (path, true, value)
            } else {
                return Err(Refusal::bad_request(format!(
                    "invalid selector: '{text}'; can't understand '{part}'"
                )));
            };
            found.push((path.trim().into(), equal, value.trim().into()));
        }
        Ok(Self(found))
    }

    /// The one requirement `path=value`.
    pub fn equal(path: &str, value: &str) -> Self {
        Self(vec![(path.into(), true, value.into())])
    }

    /// Takes out what it says of fields that are no metadata.
    #[must_use]
    pub fn take_inner(&mut self) -> Self {
        let all = std::mem::take(&mut self.0);
        let (outer, inner) = all.into_iter().partition(|(path, ..)| path.starts_with("metadata."));
        self.0 = outer;
        Self(inner)
    }

    /// Whether it requires nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value that `path` must have, when just one will do.
    pub fn requires(&self, path: &str) -> Option<&str> {
        let mut meant = self.0.iter().filter(|(p, equal, _)| p == path && *equal);
        meant.next().map(|(.., value)| value.as_str())
    }

    /// Refuses a path that `kind` does not select by.
    pub fn supported_by(&self, kind: &KindInfo) -> Result<(), Refusal> {
        let known = |path: &str| {
            matches!(path, "metadata.name" | "metadata.namespace") || kind.fields().contains(&path)
        };
        match self.0.iter().find(|(path, ..)| !known(path)) {
            None => Ok(()),
            Some((path, ..)) if kind.fields().is_empty() => Err(Refusal::bad_request(format!(
                r#"{path:?} is not a known field selector: only "metadata.name", "metadata.namespace""#
            ))),
            Some((path, ..)) => Err(Refusal::bad_request(format!("field label not supported: {path}"))),
        }
    }

    /// Whether `object`, of `kind`, is meant.
    pub fn matches(&self, kind: &KindInfo, object: &Object) -> bool {
        self.0.iter().all(|(path, equal, value)| {
            kind.field(object, path).is_some_and(|found| (found == *value) == *equal)
        })
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (path, equal, value)) in self.0.iter().enumerate() {
            write!(f, "{}{path}{}{value}", if i == 0 { "" } else { "," }, if *equal { "=" } else { "!=" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels = labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        LabelSelector::parse(selector).unwrap().matches(Some(&labels))
    }

    #[test]
    fn a_selector_of_either_form_is_read() {
        for (selector, wanted) in [
            (serde_json::json!({"app": "web"}), Some("app=web")),
            (serde_json::json!({"matchLabels": {"app": "web"}}), Some("app=web")),
            (serde_json::json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]}), Some("a")),
            (serde_json::json!({"matchLabels": "web"}), Some("matchLabels=web")),
            (serde_json::json!({}), None),
            (serde_json::json!(null), None),
            (serde_json::json!({"app": 1}), None),
        ] {
            let found = LabelSelector::of_spec(&selector).map(|labels| labels.to_string());
            assert_eq!(found.as_deref(), wanted, "{selector}");
        }
    }

    #[test]
    fn label_selectors_mean_what_kubernetes_means() {
        assert!(check("", &[]));
        assert!(check("a=b", &[("a", "b")]));
        assert!(check("a==b,c!=d", &[("a", "b")]));
        assert!(!check("a=b,c!=d", &[("a", "b"), ("c", "d")]));
        assert!(check("a in (x, b)", &[("a", "b")]));
        assert!(check("a notin (x,y)", &[]));
        assert!(check("a,!z", &[("a", "")]));
        assert!(!check("!a", &[("a", "")]));
        assert!(check("n>3", &[("n", "4")]));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["a in (b", "a=b,", "a b", "=x", "a in b)"] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn selectors_print_as_they_parse() {
        for text in ["a=b", "a in (b,c)", "a!=b,c,!d"] {
            assert_eq!(LabelSelector::parse(text).unwrap().to_string(), text);
        }
    }
}
