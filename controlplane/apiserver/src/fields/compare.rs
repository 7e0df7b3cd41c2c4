//! What a value consists of, and what is different between two: sets of fields.

use super::{
    place::{Merge, Place},
    set::FieldSet,
    step::Step,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is different between two states.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

/// Fields that Kubernetes' own types hold by value: even an empty object has them, so nobody adds them.
const HELD: &[&str] = &[
    "metadata",
    "spec",
    "status",
    "template",
    "jobTemplate",
    "strategy",
    "updateStrategy",
    "scaleTargetRef",
    "resources",
    "containers",
    "loadBalancer",
    "nodeInfo",
    "daemonEndpoints",
    "kubeletEndpoint",
];

/// What became of `old`.
pub(crate) fn compare(place: Place, old: &Value, new: &Value) -> Difference {
    let mut all = Difference::default();
    Pair { place, held: true, old: Some(old), new: Some(new) }.compare(&mut all);
    all
}

/// Everything a value consists of.
pub(crate) fn set_of(place: Place, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    match (place.merge(value), value) {
        (Merge::Map, Value::Object(fields)) => {
            for (name, value) in fields {
                let mut below = set_of(place.field(name), value);
                let nothing = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                below.member |= nothing || !place.has(name);
                set.put(Step::field(name), below);
            }
        }
        (merge @ (Merge::Set | Merge::Keyed(_)), Value::Array(items)) => {
            for (step, item) in place.steps(merge, items) {
                let mut below = set_of(place.item(), item);
                below.member = true;
                let there = set.at(&step).cloned().unwrap_or_default();
                set.put(step, there.union(&below));
            }
        }
        _ => set.member = true,
    }
    set
}

/// Two states of one value.
struct Pair<'a> {
    place: Place,
    /// Whether it is there even when it is not written.
    held: bool,
    old: Option<&'a Value>,
    new: Option<&'a Value>,
}

impl<'a> Pair<'a> {
    fn compare(self, all: &mut Difference) {
        let there = |value: &&Value| !value.is_null();
        let (old, new) = (self.old.filter(there), self.new.filter(there));
        if old.is_none() && new.is_none() {
            return;
        }
        let how = |value: &Value| self.place.merge(value);
        let merge = match (old.map(how), new.map(how)) {
            (Some(one), Some(other)) if one != other => Merge::Atomic,
            (one, other) => other.or(one).unwrap_or(Merge::Atomic),
        };
        let one = merge == Merge::Atomic;
        if one && old == new {
            return;
        }
        if one || !self.held {
            all.added.member = old.is_none();
            all.removed.member = new.is_none();
            all.modified.member = one && old.is_some() && new.is_some();
        }
        match merge {
            Merge::Atomic => {}
            Merge::Map => {
                let (old, new) = (entries(old), entries(new));
                for (name, was) in old.into_iter().flatten() {
                    let is = new.and_then(|new| new.get(name));
                    self.below(all, Step::field(name), self.place.field(name), is_held(name), Some(was), is);
                }
                for (name, is) in new.into_iter().flatten() {
                    if old.is_none_or(|old| !old.contains_key(name)) {
                        self.below(
                            all,
                            Step::field(name),
                            self.place.field(name),
                            is_held(name),
                            None,
                            Some(is),
                        );
                    }
                }
            }
            Merge::Set | Merge::Keyed(_) => {
                let (old, mut new) = (self.indexed(merge, old), self.indexed(merge, new));
                for (step, was) in old {
                    let is = new.remove(&step);
                    self.below(all, step, self.place.item(), false, Some(was), is);
                }
                for (step, is) in new {
                    self.below(all, step, self.place.item(), false, None, Some(is));
                }
            }
        }
    }

    fn below(
        &self,
        all: &mut Difference,
        step: Step,
        place: Place,
        held: bool,
        old: Option<&'a Value>,
        new: Option<&'a Value>,
    ) {
        if old == new {
            return;
        }
        let mut inner = Difference::default();
        Pair { place, held: self.held && held, old, new }.compare(&mut inner);
        all.put(step, inner);
    }

    fn indexed(&self, merge: Merge, list: Option<&'a Value>) -> BTreeMap<Step, &'a Value> {
        let items = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        // Of two items that are the same the first one counts.
        self.place.steps(merge, items).fold(BTreeMap::new(), |mut all, (step, item)| {
            all.entry(step).or_insert(item);
            all
        })
    }
}

fn entries(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

pub(super) fn is_held(name: &str) -> bool {
    HELD.contains(&name)
}

impl Difference {
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// Without what is a member of `ignored`, or below one.
    pub(crate) fn without(self, ignored: &FieldSet) -> Self {
        Self {
            added: self.added.without(ignored),
            modified: self.modified.without(ignored),
            removed: self.removed.without(ignored),
        }
    }

    /// Without these very fields.
    pub(crate) fn minus(self, fields: &FieldSet) -> Self {
        Self {
            added: self.added.minus(fields),
            modified: self.modified.minus(fields),
            removed: self.removed.minus(fields),
        }
    }

    /// What has another value than before.
    pub(crate) fn written(&self) -> FieldSet {
        self.modified.clone().union(&self.added)
    }

    fn put(&mut self, step: Step, below: Self) {
        if !below.added.is_empty() {
            self.added.put(step.clone(), below.added);
        }
        if !below.modified.is_empty() {
            self.modified.put(step.clone(), below.modified);
        }
        self.removed.put(step, below.removed);
    }
}
