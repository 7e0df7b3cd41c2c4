//! What a create, an update or a patch makes its writer own: every field it gives another value.

use super::{
    compare::{Difference, compare},
    managers::{Manager, Managers, Operation},
    set::FieldSet,
    versions::Versions,
};
use crate::{conversion::Turns, local::Local, registry};
use serde_json::Value;
use shared_api::{
    KindInfo, Timestamp, WriteHow,
    schema::{self, Type},
};
use std::{collections::BTreeMap, sync::LazyLock};

/// What no writer owns: the server sets it, or it says which object is meant.
const NOBODYS: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

pub(super) static NONE: LazyLock<FieldSet> =
    LazyLock::new(|| NOBODYS.iter().fold(FieldSet::default(), |all, path| all.union(&FieldSet::of(path))));

/// The most a manager's name has, as Kubernetes has it.
pub(crate) const LONGEST_NAME: usize = 128;

/// One write: who writes, what, and when.
#[derive(Clone)]
pub(crate) struct Write {
    pub(crate) who: Manager,
    pub(crate) now: Timestamp,
    pub(crate) versions: Versions,
    /// What a write of this part leaves alone, whatever it says.
    pub(crate) ignored: FieldSet,
}

impl Write {
    /// A write of a part of an object, by somebody called `name` where the request names nobody.
    pub(crate) fn of(
        kind: &'static KindInfo,
        part: &str,
        how: &WriteHow,
        operation: Operation,
        name: &str,
        now: Timestamp,
    ) -> Self {
        let name = how.manager.as_deref().filter(|name| !name.is_empty()).unwrap_or(name);
        let ignored = match part {
            "" if kind.subresources.contains(&"status") => FieldSet::of(&["status"]),
            // Of a defined kind a status is all that its status says.
            "status" if kind.custom.is_some() => {
                let fields = schema::of(kind.group, kind.version, kind.kind).map(Type::fields);
                let others =
                    fields.into_iter().flatten().map(|field| field.name).filter(|name| *name != "status");
                others.fold(FieldSet::of(&["spec"]), |all, name| all.union(&FieldSet::of(&[name])))
            }
            "status" => {
                let held = registry::held(kind).map(|field| FieldSet::of(&["metadata", field]));
                FieldSet::of(&["spec"]).union(&held.unwrap_or_default())
            }
            _ => FieldSet::default(),
        };
        Self {
            who: Manager {
                name: if name.is_empty() { "unknown".into() } else { name.into() },
                operation,
                version: how.version.clone().unwrap_or_else(|| kind.api_version.into()),
                part: part.into(),
            },
            now,
            versions: Versions::of(kind),
            ignored,
        }
    }

    /// What this write wants to know of other versions.
    pub(crate) fn turns(&self) -> Option<&Turns> {
        self.versions.turns()
    }

    /// Decides, and once more whenever it turns out that something has to be known of other versions.
    pub(crate) async fn decided<T>(
        &self,
        caller: &Local,
        decide: impl Fn() -> T,
    ) -> shared_client::Result<T> {
        loop {
            let decided = decide();
            match self.turns() {
                Some(turns) if turns.learn(&caller.server, self.versions.kind()).await? => {}
                _ => return Ok(decided),
            }
        }
    }

    /// Who owns what once `old` has become `new`, both as they are stored.
    pub(crate) fn update(&self, mut managers: Managers, old: &Value, new: &Value) -> Managers {
        let Some(mine) = self.difference(&self.who.version, old, new) else { return managers };
        if mine.is_empty() {
            return managers;
        }
        let taken = mine.written();
        // What is no longer as its owner set it, in each of the versions that owners named it in.
        let mut gone = BTreeMap::from([(self.who.version.clone(), Some(taken.clone().union(&mine.removed)))]);
        for entry in &managers.0 {
            let version = &entry.who.version;
            if !gone.contains_key(version) {
                let theirs = self.difference(version, old, new);
                gone.insert(version.clone(), theirs.map(|theirs| theirs.written().union(&theirs.removed)));
            }
        }
        managers.lose(|entry| match gone.get(&entry.who.version) {
            Some(Some(gone)) => Some(gone.clone()),
            // Nobody can say what these fields are any longer.
            _ => Some(entry.fields.clone()),
        });
        if !taken.is_empty() {
            managers.gain(self.who.clone(), taken, self.now);
        }
        managers.bound();
        managers
    }

    pub(super) fn difference(&self, version: &str, old: &Value, new: &Value) -> Option<Difference> {
        let (old, new) = (self.versions.shown(old, version)?, self.versions.shown(new, version)?);
        Some(compare(self.versions.place(version), &old, &new).without(&self.ignored).minus(&NONE))
    }
}

/// Without what is nobody's.
pub(crate) fn own(fields: FieldSet) -> FieldSet {
    fields.minus(&NONE)
}

/// The name of who sends a request, by its `User-Agent`: the first word, as far as it can be printed.
pub(crate) fn name_of(agent: &str) -> String {
    let mut name = String::new();
    for letter in agent.split('/').next().unwrap_or_default().chars().filter(|c| !c.is_control()) {
        if name.len() + letter.len_utf8() > LONGEST_NAME {
            break;
        }
        name.push(letter);
    }
    name
}
