//! Any object, as bytes and as what it means.

use crate::{
    Kind, managed,
    meta::{ObjectMeta, OwnerReference},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    any::Any,
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
};

/// A place in the cluster's one history; what Kubernetes calls a resource version.
pub type Revision = u64;

/// Any object: its bytes as stored, and views of them decoded when first asked for, then shared.
///
/// Cloning is one reference count. An object is immutable; to change one, take its [`Object::value`]
/// or its typed form, change that, and build a new object.
#[derive(Clone)]
pub struct Object(Arc<Inner>);

struct Inner {
    bytes: Bytes,
    /// Apart, so that an object that only passes by is small.
    head: OnceLock<Box<Head>>,
    typed: OnceLock<Box<dyn Any + Send + Sync>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: String,
    kind: String,
    #[serde(default)]
    metadata: ObjectMeta,
    #[serde(skip)]
    group_kind: GroupKind,
}

impl Object {
    /// The object these JSON bytes hold. Only the head is decoded.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, serde_json::Error> {
        let bytes = bytes.into();
        let head = head_of(&bytes)?;
        Ok(Self(Arc::new(Inner { bytes, head: Box::new(head).into(), typed: OnceLock::new() })))
    }

    /// The object that was stored as these bytes. Nothing is decoded before it is asked for: most of what
    /// is listed passes by as it is.
    pub fn from_stored(bytes: Bytes) -> Self {
        Self(Arc::new(Inner { bytes, head: OnceLock::new(), typed: OnceLock::new() }))
    }

    fn head(&self) -> &Head {
        // What was stored had a head; should it have none after all, it is an object without a name.
        self.0.head.get_or_init(|| Box::new(head_of(&self.0.bytes).unwrap_or_default()))
    }

    /// The object a JSON value holds.
    pub fn from_value(value: &Value) -> Result<Self, serde_json::Error> {
        Self::from_bytes(serde_json::to_vec(value)?)
    }

    /// The untyped form of a kind.
    pub fn from_kind<K: Kind>(object: &K) -> Self {
        // By way of the list, so that encoding is compiled once and not in every crate.
        let bytes = crate::kinds::info::<K>().rules.bytes(object);
        Self::from_bytes(bytes).expect("every kind has a kind, a version and metadata")
    }

    /// The typed form, decoded once and shared.
    pub fn to_kind<K: Kind>(&self) -> Result<Arc<K>, serde_json::Error> {
        if let Some(typed) = self.0.typed.get() {
            if let Some(typed) = typed.downcast_ref::<Arc<K>>() {
                return Ok(Arc::clone(typed));
            }
            return self.decode();
        }
        let typed: Arc<K> = self.decode()?;
        let _ = self.0.typed.set(Box::new(Arc::clone(&typed)));
        Ok(typed)
    }

    fn decode<K: Kind>(&self) -> Result<Arc<K>, serde_json::Error> {
        let typed = crate::kinds::info::<K>().rules.typed(&managed::bare(&self.0.bytes))?;
        Ok(*typed.downcast().expect("the kind was found by its own name"))
    }

    /// A copy as JSON, to be changed and made an object again.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.0.bytes).expect("an object's bytes are JSON")
    }

    /// The same without `metadata.managedFields`, which most have no use for.
    pub fn bare_value(&self) -> Value {
        let mut value: Value =
            serde_json::from_slice(&managed::bare(&self.0.bytes)).expect("an object's bytes are JSON");
        if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.remove("managedFields");
        }
        value
    }

    /// Who manages which fields, as JSON: `metadata.managedFields` of a stored object.
    pub fn managed(&self) -> Option<&[u8]> {
        managed::managed(&self.0.bytes)
    }

    /// The JSON as stored.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// Standard metadata, without `managedFields`: those are in the JSON only.
    pub fn metadata(&self) -> &ObjectMeta {
        &self.head().metadata
    }

    /// Group and version, `apps/v1`.
    pub fn api_version(&self) -> &str {
        &self.head().api_version
    }

    /// Kind, `Deployment`.
    pub fn kind(&self) -> &str {
        &self.head().kind
    }

    /// Group and kind.
    pub fn group_kind(&self) -> GroupKind {
        self.head().group_kind.clone()
    }

    /// Namespace, empty for cluster-scoped objects.
    pub fn namespace(&self) -> &str {
        self.metadata().namespace.as_deref().unwrap_or_default()
    }

    /// Name, empty while the server has not chosen one.
    pub fn name(&self) -> &str {
        self.metadata().name.as_deref().unwrap_or_default()
    }

    /// Unique id, empty before the object was stored.
    pub fn uid(&self) -> &str {
        self.metadata().uid.as_deref().unwrap_or_default()
    }

    /// When the object was last written; zero when it never was.
    pub fn revision(&self) -> Revision {
        self.metadata().resource_version.as_ref().and_then(|v| v.parse().ok()).unwrap_or(0)
    }

    /// Where the object lives.
    pub fn key(&self) -> Key {
        Key { kind: self.group_kind(), namespace: self.namespace().into(), name: self.name().into() }
    }

    /// The owner that controls this object, if one does.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.metadata().owner_references.iter().flatten().find(|r| r.controller == Some(true))
    }
}

fn head_of(bytes: &[u8]) -> Result<Head, serde_json::Error> {
    let mut head: Head = serde_json::from_slice(&managed::bare(bytes))?;
    head.metadata.managed_fields = None;
    head.group_kind = GroupKind::parse(&head.api_version, &head.kind);
    Ok(head)
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.bytes == other.0.bytes || self.value() == other.value()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0.bytes))
    }
}

/// A kind's name without its version: `Deployment.apps`, `Pod`.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKind {
    /// Kind, in `CamelCase`. First, because it tells two of them apart sooner.
    pub kind: Cow<'static, str>,
    /// API group, empty for the core group.
    pub group: Cow<'static, str>,
}

impl GroupKind {
    /// The name of `K`.
    pub const fn of<K: Kind>() -> Self {
        Self { group: Cow::Borrowed(K::GROUP), kind: Cow::Borrowed(K::KIND) }
    }

    /// What stands for every kind where kinds are watched or read.
    pub const fn every() -> Self {
        Self { group: Cow::Borrowed("*"), kind: Cow::Borrowed("*") }
    }

    /// From an object's `apiVersion` and `kind`.
    pub fn parse(api_version: &str, kind: &str) -> Self {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        match crate::of(group, kind) {
            Some(known) => known.group_kind(),
            None => Self { group: Cow::Owned(group.into()), kind: Cow::Owned(kind.into()) },
        }
    }

    /// The plural with its group, as RBAC and messages name it: `deployments.apps`, `pods`.
    pub fn resource(&self) -> String {
        let plural = crate::of(&self.group, &self.kind)
            .map_or_else(|| self.kind.to_lowercase(), |k| k.plural.to_owned());
        if self.group.is_empty() { plural } else { format!("{plural}.{}", self.group) }
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.kind)
        } else {
            write!(f, "{}.{}", self.kind, self.group)
        }
    }
}

/// Names one object in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Group and kind of the object.
    pub kind: GroupKind,
    /// Namespace, empty for cluster-scoped kinds.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Key {
    /// The key of the `K` called `name` in `namespace` (empty for cluster-scoped kinds).
    pub fn of<K: Kind>(namespace: &str, name: &str) -> Self {
        Self { kind: GroupKind::of::<K>(), namespace: namespace.into(), name: name.into() }
    }

    /// The key of a typed object.
    pub fn from_kind<K: Kind>(object: &K) -> Self {
        let meta = object.metadata();
        Self::of::<K>(meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default())
    }
}

/// `pods/web-1` or `k8s-test/pods/web-1`: short, for logs and messages.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}/{}", self.kind.resource(), self.name)
    }
}

/// Ownership, read and written on any kind.
pub trait OwnedBy: Kind {
    /// True when `owner` controls this object.
    fn is_owned_by<O: Kind>(&self, owner: &O) -> bool {
        let refs = self.metadata().owner_references.iter().flatten();
        refs.into_iter().any(|r| r.controller == Some(true) && Some(&r.uid) == owner.metadata().uid.as_ref())
    }

    /// Marks this object as controlled by `owner`.
    #[must_use]
    fn owned_by<O: Kind>(mut self, owner: &O) -> Self {
        self.metadata_mut().owner_references.get_or_insert_default().push(OwnerReference {
            api_version: O::API_VERSION.into(),
            kind: O::KIND.into(),
            name: owner.metadata().name.clone().unwrap_or_default(),
            uid: owner.metadata().uid.clone().unwrap_or_default(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        });
        self
    }
}
impl<K: Kind> OwnedBy for K {}
