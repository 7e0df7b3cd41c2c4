//! Whether a definition may have the names it wants, and what its status says about that.

use super::{
    CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames,
    CustomResourceDefinitionStatus,
};
use crate::{Time, Timestamp};
use std::collections::BTreeSet;

/// The condition that its kind is served.
pub const ESTABLISHED: &str = "Established";
/// The condition that it and its objects are being deleted.
pub const TERMINATING: &str = "Terminating";
const ACCEPTED: &str = "NamesAccepted";

/// The names that are taken in a group.
#[derive(Debug, Default)]
pub struct Names {
    resources: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

impl Names {
    /// Those that every other definition of the group was given.
    pub fn taken<'a>(
        by: impl IntoIterator<Item = &'a CustomResourceDefinition>,
        but: &CustomResourceDefinition,
    ) -> Self {
        let mut taken = Self::default();
        let other = |d: &&CustomResourceDefinition| {
            d.spec.group == but.spec.group && d.metadata.name != but.metadata.name
        };
        for definition in by.into_iter().filter(other) {
            if let Some(names) = definition.status.as_ref().and_then(|s| s.accepted_names.as_ref()) {
                taken.add(names);
            }
        }
        for kind in crate::KINDS.iter().filter(|kind| kind.group == but.spec.group) {
            let words = [kind.plural.to_owned(), kind.singular()].into_iter();
            taken.resources.extend(words.chain(kind.short_names.iter().map(|&name| name.to_owned())));
            taken.kinds.extend([kind.kind.to_owned(), kind.list_kind()]);
        }
        taken
    }

    fn add(&mut self, names: &CustomResourceDefinitionNames) {
        let words = [Some(&names.plural), names.singular.as_ref()].into_iter().flatten();
        let words = words.chain(names.short_names.iter().flatten());
        self.resources.extend(words.filter(|word| !word.is_empty()).cloned());
        let kinds = [Some(&names.kind), names.list_kind.as_ref()].into_iter().flatten();
        self.kinds.extend(kinds.filter(|word| !word.is_empty()).cloned());
    }
}

/// The status of a definition when these names are taken by others.
pub fn established(
    definition: &CustomResourceDefinition,
    taken: &Names,
    now: Timestamp,
) -> CustomResourceDefinitionStatus {
    let mut status = definition.status.clone().unwrap_or_default();
    let wanted = &definition.spec.names;
    let before = status.accepted_names.take().unwrap_or_default();
    let mut accepted = before.clone();
    let mut conflicts = Vec::new();
    let mut settle = |reason: &'static str, words: &[&String], taken: &BTreeSet<String>| {
        let clash = words.iter().find(|word| taken.contains(**word));
        if let Some(word) = clash {
            conflicts.push((reason, format!("{word:?} is already in use")));
        }
        clash.is_none()
    };
    if settle("PluralConflict", &[&wanted.plural], &taken.resources) {
        accepted.plural.clone_from(&wanted.plural);
    }
    if settle("SingularConflict", &wanted.singular.iter().collect::<Vec<_>>(), &taken.resources) {
        accepted.singular.clone_from(&wanted.singular);
    }
    if settle(
        "ShortNamesConflict",
        &wanted.short_names.iter().flatten().collect::<Vec<_>>(),
        &taken.resources,
    ) {
        accepted.short_names.clone_from(&wanted.short_names);
    }
    if settle("KindConflict", &[&wanted.kind], &taken.kinds) {
        accepted.kind.clone_from(&wanted.kind);
    }
    if settle("ListKindConflict", &wanted.list_kind.iter().collect::<Vec<_>>(), &taken.kinds) {
        accepted.list_kind.clone_from(&wanted.list_kind);
    }
    accepted.categories.clone_from(&wanted.categories);
    status.accepted_names = Some(accepted);
    let conditions = status.conditions.get_or_insert_default();
    let first = conflicts.into_iter().next();
    let free = first.is_none();
    let (reason, message) = first.unwrap_or(("NoConflicts", "no conflicts found".into()));
    say(conditions, ACCEPTED, free, reason, &message, now);
    if !is(conditions, ESTABLISHED) {
        let (reason, message) = if free {
            ("InitialNamesAccepted", "the initial names have been accepted")
        } else {
            ("NotAccepted", "not all names are accepted")
        };
        say(conditions, ESTABLISHED, free, reason, message, now);
    }
    let stored = status.stored_versions.get_or_insert_default();
    for version in definition.spec.versions.iter().filter(|version| version.storage) {
        if !stored.contains(&version.name) {
            stored.push(version.name.clone());
        }
    }
    status
}

/// Whether a condition holds.
pub fn is(conditions: &[CustomResourceDefinitionCondition], which: &str) -> bool {
    conditions.iter().any(|c| c.type_ == which && c.status == "True")
}

/// Says whether a condition holds; since when is kept while that stays the same.
pub fn say(
    conditions: &mut Vec<CustomResourceDefinitionCondition>,
    which: &str,
    holds: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) {
    let status = if holds { "True" } else { "False" };
    let before = conditions.iter().position(|c| c.type_ == which);
    let since = before.and_then(|at| {
        let known = &conditions[at];
        known.last_transition_time.clone().filter(|_| known.status == status)
    });
    let new = CustomResourceDefinitionCondition {
        type_: which.into(),
        status: status.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_transition_time: Some(since.unwrap_or(Time(now))),
        ..CustomResourceDefinitionCondition::default()
    };
    match before {
        Some(at) => conditions[at] = new,
        None => conditions.push(new),
    }
}
