//! A set of fields: a tree of steps, in which some places are members.

use super::step::Step;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A set of fields. Written as `FieldsV1`: `{"f:spec":{".":{},"f:replicas":{}}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    /// Whether this very place is a member.
    pub(crate) member: bool,
    /// What is below it; never an empty set.
    below: BTreeMap<Step, FieldSet>,
}

impl FieldSet {
    /// Only this very place.
    pub(crate) fn leaf() -> Self {
        Self { member: true, below: BTreeMap::new() }
    }

    /// The set that has only the members of `below`, under `step`.
    pub(crate) fn under(step: Step, below: Self) -> Self {
        let mut set = Self::default();
        set.put(step, below);
        set
    }

    /// The set with one path.
    pub(crate) fn of(path: &[&str]) -> Self {
        path.iter().rev().fold(Self::leaf(), |below, name| Self::under(Step::field(name), below))
    }

    /// Adds what is below a step.
    pub(crate) fn put(&mut self, step: Step, below: Self) {
        if !below.is_empty() {
            self.below.insert(step, below);
        }
    }

    /// Whether it is this very place and nothing below.
    pub(crate) fn is_leaf(&self) -> bool {
        self.member && self.below.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }

    /// What is below a step.
    pub(crate) fn at(&self, step: &Step) -> Option<&Self> {
        self.below.get(step)
    }

    /// Every step from here, and what is below it.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (&Step, &Self)> {
        self.below.iter()
    }

    /// What either has.
    #[must_use]
    pub(crate) fn union(mut self, other: &Self) -> Self {
        self.member |= other.member;
        for (step, theirs) in &other.below {
            let mine = self.below.remove(step).unwrap_or_default();
            self.put(step.clone(), mine.union(theirs));
        }
        self
    }

    /// What both have.
    #[must_use]
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut set = Self { member: self.member && other.member, below: BTreeMap::new() };
        for (step, mine) in &self.below {
            if let Some(theirs) = other.below.get(step) {
                set.put(step.clone(), mine.intersection(theirs));
            }
        }
        set
    }

    /// What the other does not have.
    #[must_use]
    pub(crate) fn minus(mut self, other: &Self) -> Self {
        self.member &= !other.member;
        for (step, theirs) in &other.below {
            if let Some(mine) = self.below.remove(step) {
                self.put(step.clone(), mine.minus(theirs));
            }
        }
        self
    }

    /// What is neither a member of the other nor below one.
    #[must_use]
    pub(crate) fn without(mut self, other: &Self) -> Self {
        if other.member {
            return Self::default();
        }
        for (step, theirs) in &other.below {
            if let Some(mine) = self.below.remove(step) {
                self.put(step.clone(), mine.without(theirs));
            }
        }
        self
    }

    /// Every member, as a path.
    pub(crate) fn paths(&self) -> Vec<Vec<Step>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, here: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
        if self.member {
            found.push(here.clone());
        }
        for (step, below) in &self.below {
            here.push(step.clone());
            below.collect(here, found);
            here.pop();
        }
    }

    /// Reads `FieldsV1`; `None` when it is none.
    pub(crate) fn parse(fields: &Value) -> Option<Self> {
        let fields = fields.as_object()?;
        let mut set = Self::default();
        for (code, below) in fields {
            if code == "." {
                set.member = true;
                continue;
            }
            let mut inner = Self::parse(below)?;
            // What has nothing below is itself a member.
            inner.member |= inner.below.is_empty();
            set.put(Step::parse(code)?, inner);
        }
        Some(set)
    }

    /// As `FieldsV1`.
    pub(crate) fn fields(&self) -> Value {
        let mut fields = Map::new();
        if self.member && !self.below.is_empty() {
            fields.insert(".".into(), Value::Object(Map::new()));
        }
        fields.extend(self.below.iter().map(|(step, below)| (step.code(), below.fields())));
        Value::Object(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(fields: &Value) -> FieldSet {
        FieldSet::parse(fields).unwrap()
    }

    #[test]
    fn what_is_read_is_written() {
        for fields in [
            json!({}),
            json!({"f:data": {".": {}, "f:a": {}}}),
            json!({"f:spec": {"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}}}),
            json!({"f:finalizers": {"v:\"x\"": {}}}),
        ] {
            assert_eq!(set(&fields).fields(), fields);
        }
        assert_eq!(FieldSet::parse(&json!({"spec": {}})), None);
        assert_eq!(FieldSet::parse(&json!([])), None);
    }

    #[test]
    fn sets_are_sets() {
        let one = set(&json!({"f:a": {}, "f:b": {".": {}, "f:c": {}}}));
        let two = set(&json!({"f:b": {"f:c": {}, "f:d": {}}}));
        assert_eq!(
            one.clone().union(&two).fields(),
            json!({"f:a": {}, "f:b": {".": {}, "f:c": {}, "f:d": {}}})
        );
        assert_eq!(one.intersection(&two).fields(), json!({"f:b": {"f:c": {}}}));
        assert_eq!(one.clone().minus(&two).fields(), json!({"f:a": {}, "f:b": {}}));
        assert_eq!(two.clone().without(&FieldSet::of(&["b"])).fields(), json!({}));
        assert!(two.clone().minus(&two).is_empty());
        let paths: Vec<_> = one.paths().iter().map(|p| super::super::step::path(p)).collect();
        assert_eq!(paths, [".a", ".b", ".b.c"]);
    }
}
