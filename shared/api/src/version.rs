//! The versions a kind is served in: one it is stored in, and those that are turned into it on the way
//! in and out of it on the way out.

use crate::{Heading, KindInfo, Object, Timestamp, custom::Form, kinds, mark};
use serde_json::Value;

/// A version a kind is served in besides the one it is stored in.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    /// API group, which may be another than the kind's own: `extensions`.
    pub group: &'static str,
    /// Version within the group: `v1beta1`.
    pub version: &'static str,
    /// Both, as objects write it: `extensions/v1beta1`.
    pub api_version: &'static str,
    /// Turns fields of this version into those of the stored one. `apiVersion` is not its business; what
    /// it cannot make sense of it leaves, to be refused where every object is.
    pub upgrade: fn(&mut Value),
    /// The way back.
    pub downgrade: fn(&mut Value),
    /// What those who ask for this version are warned of, when it is on its way out.
    pub warning: Option<&'static str>,
}

impl Version {
    /// A version whose fields are those of the stored one.
    pub(crate) const fn alike(
        group: &'static str,
        version: &'static str,
        api_version: &'static str,
        warning: Option<&'static str>,
    ) -> Self {
        Self { group, version, api_version, upgrade: |_| {}, downgrade: |_| {}, warning }
    }
}

/// A kind in one of its versions.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    /// The kind.
    pub kind: &'static KindInfo,
    version: Option<&'static Version>,
}

impl Served {
    /// A kind as it is stored.
    pub fn stored(kind: &'static KindInfo) -> Self {
        Self { kind, version: None }
    }

    /// API group of this version.
    pub fn group(&self) -> &'static str {
        self.version.map_or(self.kind.group, |v| v.group)
    }

    /// Version within the group.
    pub fn version(&self) -> &'static str {
        self.version.map_or(self.kind.version, |v| v.version)
    }

    /// Both, as objects write it.
    pub fn api_version(&self) -> &'static str {
        self.version.map_or(self.kind.api_version, |v| v.api_version)
    }

    /// What those who ask for this version are warned of.
    pub fn warning(&self) -> Option<&'static str> {
        self.version.map_or(self.kind.warning, |v| v.warning)
    }

    /// Whether objects are stored as they are in this version.
    pub fn is_stored(&self) -> bool {
        self.version.is_none()
    }

    /// JSON of this version as JSON of the stored one; as it is where somebody else has to be asked.
    #[must_use]
    pub fn upgrade(&self, mut value: Value) -> Value {
        if let Some(version) = self.version.filter(|_| !self.kind.converts()) {
            (version.upgrade)(&mut value);
            value["apiVersion"] = self.kind.api_version.into();
        }
        value
    }

    /// JSON of the stored version as JSON of this one.
    #[must_use]
    pub fn downgrade(&self, mut value: Value) -> Value {
        if let Some(version) = self.version {
            (version.downgrade)(&mut value);
            value["apiVersion"] = version.api_version.into();
        }
        match self.form() {
            Some(form) => form.shown(value),
            None => value,
        }
    }

    /// What the definition of a custom kind says about this version.
    pub fn form(&self) -> Option<&'static Form> {
        self.kind.custom?.form(self.version())
    }

    /// Heads of a table's columns after the name.
    pub fn headings(&self) -> Vec<Heading> {
        self.kind.rules.headings(self.version())
    }

    /// Cells of one table row after the name, at a moment.
    pub fn row(&self, object: &Object, now: Timestamp) -> Vec<String> {
        self.kind.rules.row(object, self.version(), now)
    }

    /// A stored object as it is in this version.
    #[must_use]
    pub fn shown(&self, object: &Object) -> Object {
        if let Some(form) = self.form() {
            return form.object(object);
        }
        if self.is_stored() {
            return object.clone();
        }
        Object::from_value(&self.downgrade(object.value())).unwrap_or_else(|_| object.clone())
    }
}

/// Every kind in every version it is served in; of each kind the stored version first, when that is served.
pub fn served() -> impl Iterator<Item = Served> {
    kinds().flat_map(|kind| {
        let stored = kind.shown.then_some(Served { kind, version: None });
        stored.into_iter().chain(kind.versions.iter().map(move |v| Served { kind, version: Some(v) }))
    })
}

/// The kind called `kind` in `api_version`, `extensions/v1beta1`.
pub fn serving(api_version: &str, kind: &str) -> Option<Served> {
    served().find(|s| s.kind.kind == kind && s.api_version() == api_version)
}

/// An object in the version it is stored in; as it is when its kind has no such version, or when somebody else
/// has to be asked.
pub fn stored(object: Object) -> Object {
    match serving(object.api_version(), object.kind()) {
        Some(served) if !served.is_stored() && !served.kind.converts() => {
            Object::from_value(&served.upgrade(object.value())).unwrap_or(object)
        }
        _ => object,
    }
}

/// An object of a defined kind as its definition has it now; any other as it is.
pub fn current(object: Object) -> Object {
    if mark() == 0 {
        return object;
    }
    match crate::of(&object.group_kind().group, object.kind()) {
        Some(kind) if kind.custom.is_some() => Served::stored(kind).shown(&object),
        _ => object,
    }
}
