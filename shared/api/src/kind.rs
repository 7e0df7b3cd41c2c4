//! What a kind is, typed and erased.

use crate::{
    Draft, GroupKind, Invalid, Object, Refusal, Timestamp, Version, ago,
    custom::Definition,
    draft,
    meta::ObjectMeta,
    rules::{Compiled, Rules},
};
use k8s_openapi::{ClusterResourceScope, Metadata, NamespaceResourceScope, Resource};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt::Debug;

/// What can be done with objects of most kinds.
pub(crate) const ALL_VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// What can be done with questions: they are asked, answered and forgotten.
pub(crate) const QUESTION: &[&str] = &["create"];

/// A resource kind and the rules it carries. One file per kind implements this.
pub trait Kind:
    Metadata<Ty = ObjectMeta>
    + Resource<Scope: Scoped>
    + Serialize
    + DeserializeOwned
    + Clone
    + Debug
    + PartialEq
    + Send
    + Sync
    + 'static
{
    /// Names the command line accepts besides the plural.
    const SHORT_NAMES: &'static [&'static str] = &[];

    /// Groups of kinds it is shown with, such as `all`.
    const CATEGORIES: &'static [&'static str] = &[];

    /// Whether a table of these objects starts with the name.
    const NAME_FIRST: bool = true;

    /// What a table shows as the name, when that is more than the name.
    const NAME: Option<fn(&Self) -> String> = None;

    /// What a table of these objects shows after the name.
    const COLUMNS: &'static [Column<Self>] = &[Column::age()];

    /// Fields a field selector may name besides `metadata.name` and `metadata.namespace`.
    const FIELDS: &'static [Field<Self>] = &[];

    /// Subresources clients may write: `status`, `scale`, `binding`, …
    const SUBRESOURCES: &'static [&'static str] = &[];

    /// Whether objects outlive the process that took them in.
    const DURABLE: bool = true;

    /// Deleted over REST without a word about what it owns, it leaves that behind.
    const ORPHANS: bool = false;

    /// Who deletes one at once is shown what it was, not only told that it is gone.
    const SHOWN_LAST: bool = false;

    /// What can be done with objects of the kind, as discovery says it.
    const VERBS: &'static [&'static str] = ALL_VERBS;

    /// Versions it is served in besides the one it is stored in.
    const VERSIONS: &'static [Version] = &[];

    /// What everybody who asks for the kind is warned of, when it is on its way out.
    const WARNING: Option<&'static str> = None;

    /// Adds to a new object what follows from the name and the uid that the server gave it.
    fn begin(&mut self) {}

    /// What its author is told that is no mistake; asked before the object is completed.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Takes from the object it is to replace what its author may leave out.
    fn inherit(&mut self, _old: &Self) {}

    /// Fills in what the author left out.
    fn set_defaults(&mut self) {}

    /// Records what is wrong with the object; `old` is present on update.
    fn validate(&self, _old: Option<&Self>, _invalid: &mut Invalid) {}

    /// Records what is wrong besides with an object that was written in the version `written`.
    fn validate_in(&self, _written: &str, _old: Option<&Self>, _invalid: &mut Invalid) {}
}

/// One column of a printed table.
pub struct Column<K> {
    /// Heading and how it is shown.
    pub heading: Heading,
    /// Text of the cell, at a moment.
    pub cell: fn(&K, Timestamp) -> String,
}

/// The head of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Name, in Kubernetes' spelling: `Ready`, `Up-to-date`. Tables show it in capitals.
    pub name: &'static str,
    /// Only shown when the reader asked for a wide table.
    pub wide: bool,
    /// The cell is a whole number.
    pub integer: bool,
}

impl<K: Kind> Column<K> {
    /// A column of text.
    pub const fn text(name: &'static str, cell: fn(&K, Timestamp) -> String) -> Self {
        Self { heading: Heading { name, wide: false, integer: false }, cell }
    }

    /// A column of whole numbers.
    pub const fn integer(name: &'static str, cell: fn(&K, Timestamp) -> String) -> Self {
        Self { heading: Heading { name, wide: false, integer: true }, cell }
    }

    /// Shown in wide tables only.
    #[must_use]
    pub const fn wide(self) -> Self {
        Self { heading: Heading { wide: true, ..self.heading }, cell: self.cell }
    }

    /// How long ago the object was created.
    pub const fn age() -> Self {
        Self::text("Age", |k, now| crate::kind::age(k.metadata(), now))
    }
}

fn age(meta: &ObjectMeta, now: Timestamp) -> String {
    meta.creation_timestamp.as_ref().map_or_else(|| "<unknown>".into(), |t| ago(t.0, now))
}

/// A field that a field selector may name.
pub struct Field<K> {
    /// Path, `spec.nodeName`.
    pub path: &'static str,
    /// Its value; empty when absent.
    pub get: fn(&K) -> String,
}

/// Tells whether a scope marker means "lives in a namespace".
pub trait Scoped {
    /// True for namespaced kinds.
    const NAMESPACED: bool;
}
impl Scoped for NamespaceResourceScope {
    const NAMESPACED: bool = true;
}
impl Scoped for ClusterResourceScope {
    const NAMESPACED: bool = false;
}

/// A [`Kind`] with its type erased, so that generic code can hold a list of them.
#[derive(Debug, Clone, Copy)]
pub struct KindInfo {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Version within the group.
    pub version: &'static str,
    /// Group and version, as `apiVersion` has it.
    pub api_version: &'static str,
    /// Kind, in `CamelCase`.
    pub kind: &'static str,
    /// Plural used in URLs.
    pub plural: &'static str,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Names the command line accepts besides the plural.
    pub short_names: &'static [&'static str],
    /// Groups of kinds it is shown with.
    pub categories: &'static [&'static str],
    /// Subresources clients may write.
    pub subresources: &'static [&'static str],
    /// Whether a table starts with the name; otherwise a wide one has it among its columns.
    pub name_first: bool,
    /// Whether objects outlive the process that took them in.
    pub durable: bool,
    /// Deleted over REST without a word about what it owns, it leaves that behind.
    pub orphans: bool,
    /// Who deletes one at once is shown what it was.
    pub shown_last: bool,
    /// What can be done with objects of the kind.
    pub verbs: &'static [&'static str],
    /// Versions it is served in besides this one.
    pub versions: &'static [Version],
    /// What everybody who asks for the kind is warned of.
    pub warning: Option<&'static str>,
    /// Whether it is served in the version it is stored in.
    pub shown: bool,
    /// The definition it is made of; `None` for the kinds that are compiled in.
    pub custom: Option<&'static Definition>,
    /// What it knows of its objects.
    pub(crate) rules: &'static dyn Rules,
}

impl KindInfo {
    /// Erases `K`.
    pub(crate) const fn of<K: Kind>() -> Self {
        Self {
            group: K::GROUP,
            version: K::VERSION,
            api_version: K::API_VERSION,
            kind: K::KIND,
            plural: K::URL_PATH_SEGMENT,
            namespaced: <K::Scope as Scoped>::NAMESPACED,
            short_names: K::SHORT_NAMES,
            categories: K::CATEGORIES,
            subresources: K::SUBRESOURCES,
            name_first: K::NAME_FIRST,
            durable: K::DURABLE,
            orphans: K::ORPHANS,
            shown_last: K::SHOWN_LAST,
            verbs: K::VERBS,
            versions: K::VERSIONS,
            warning: K::WARNING,
            shown: true,
            custom: None,
            rules: Compiled::<K>::RULES,
        }
    }

    /// Whether its objects are stored and can be followed; others are questions, or computed when asked for.
    pub fn watched(&self) -> bool {
        self.verbs.contains(&"watch")
    }

    /// Whether its objects are questions: asked, answered and forgotten.
    pub fn question(&self) -> bool {
        self.verbs == QUESTION
    }

    /// What one of them is called, in lower case.
    pub fn singular(&self) -> String {
        self.custom.map_or_else(|| self.kind.to_lowercase(), |custom| custom.singular.to_owned())
    }

    /// The kind of a list of them.
    pub fn list_kind(&self) -> String {
        self.custom.map_or_else(|| format!("{}List", self.kind), |custom| custom.list_kind.to_owned())
    }

    /// Group and kind.
    pub const fn group_kind(&self) -> GroupKind {
        GroupKind {
            group: std::borrow::Cow::Borrowed(self.group),
            kind: std::borrow::Cow::Borrowed(self.kind),
        }
    }

    /// Decodes a manifest that was written in the version `written`, `apps/v1`; names the field on failure, and
    /// lists unknown fields.
    pub fn decode(&self, value: Value, written: &str) -> Result<draft::Decoded, Refusal> {
        self.rules.decode(value, written)
    }

    /// The typed form of a stored object, to compare a draft with.
    pub fn draft(&self, object: &Object) -> Result<Box<dyn Draft>, serde_json::Error> {
        self.rules.draft(object)
    }

    /// Heads of the table's columns after the name.
    pub fn headings(&self) -> Vec<Heading> {
        self.rules.headings(self.version)
    }

    /// What a table shows as the name.
    pub fn name(&self, object: &Object) -> String {
        self.rules.name(object)
    }

    /// Cells of one table row after the name, at a moment.
    pub fn row(&self, object: &Object, now: Timestamp) -> Vec<String> {
        self.rules.row(object, self.version, now)
    }

    /// A selectable field of an object; `None` when the kind has no such field.
    pub fn field(&self, object: &Object, path: &str) -> Option<String> {
        match path {
            "metadata.name" => Some(object.name().into()),
            "metadata.namespace" => Some(object.namespace().into()),
            path => self.rules.field(object, path),
        }
    }

    /// Every selectable field besides the name and the namespace.
    pub fn fields(&self) -> Vec<&'static str> {
        self.rules.fields()
    }
}
