//! Namespaces exist before what lives in them, and take nothing new while they end.

use super::{Action, Request};
use crate::{keys, registry};
use controlplane_store::{Check, Op};
use shared_api::{
    Draft, Encoded, GroupKind, Key, Kind, Refusal,
    core::{Namespace, ServiceAccount},
    meta::{ObjectMeta, StatusCause},
};

/// Namespaces that every cluster has.
pub(crate) const IMMORTAL: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    if request.action == Action::Create
        && let Some(namespace) = request.draft.as_any_mut().downcast_mut::<Namespace>()
    {
        begin(namespace);
        let name = namespace.metadata.name.clone().unwrap_or_default();
        return furnish(request, &name);
    }
    if !request.kind.namespaced || request.action != Action::Create {
        return Ok(());
    }
    let meta = request.draft.meta();
    let name = meta.namespace.as_deref().unwrap_or_default();
    let key = Key::of::<Namespace>("", name);
    let kind = keys::known(&key.kind)?;
    let Some(namespace) = request.there.object(kind, "", name)? else {
        return Err(Refusal::not_found(&key));
    };
    if namespace.metadata().deletion_timestamp.is_some() {
        let about = Key {
            kind: request.kind.group_kind(),
            namespace: name.into(),
            name: meta.name.clone().unwrap_or_default(),
        };
        let why = format!("unable to create new content in namespace {name} because it is being terminated");
        let mut refusal = Refusal::forbidden(&about, &why);
        if let Some(details) = &mut refusal.details {
            details.causes = Some(vec![StatusCause {
                field: Some("metadata.namespace".into()),
                message: Some(format!("namespace {name} is being terminated")),
                reason: Some("NamespaceTerminating".into()),
            }]);
        }
        return Err(refusal);
    }
    // Held to the commit: nothing slips into a namespace that began to end meanwhile.
    let revision = Some(namespace.revision());
    request.txn.checks.push(Check { key: keys::of(kind, "", name), revision });
    Ok(())
}

/// What a namespace begins with: it is active, its content holds it, and it can be selected by name.
fn begin(namespace: &mut Namespace) {
    let name = namespace.metadata.name.clone().unwrap_or_default();
    namespace.metadata.labels.get_or_insert_default().insert("kubernetes.io/metadata.name".into(), name);
    let finalizers = namespace.spec.get_or_insert_default().finalizers.get_or_insert_default();
    if !finalizers.iter().any(|f| f == "kubernetes") {
        finalizers.push("kubernetes".into());
    }
    namespace.status.get_or_insert_default().phase = Some("Active".into());
}

/// A namespace comes with the account that pods in it run as, so that they can be made as soon as it is there.
fn furnish(request: &mut Request<'_>, namespace: &str) -> Result<(), Refusal> {
    let metadata = ObjectMeta { name: Some("default".into()), ..ObjectMeta::default() };
    add(request, namespace, ServiceAccount { metadata, ..ServiceAccount::default() })
}

/// Puts an object into the transaction, if there is none of its name.
fn add<K: Kind>(request: &mut Request<'_>, namespace: &str, mut object: K) -> Result<(), Refusal> {
    let kind = keys::known(&GroupKind::of::<K>())?;
    let meta = object.metadata_mut();
    let name = meta.name.clone().unwrap_or_default();
    if request.there.object(kind, namespace, &name)?.is_some() {
        return Ok(());
    }
    meta.namespace = Some(namespace.into());
    let bits = (request.chance)(u128::MAX).to_be_bytes();
    let uid = uuid::Builder::from_random_bytes(bits).into_uuid().to_string();
    registry::born(kind, meta, (request.options.clock)(), uid);
    let Encoded { json, hole } = object.encode();
    let key = keys::of(kind, namespace, &name);
    request.txn.checks.push(Check { key: key.clone(), revision: None });
    let value = controlplane_store::Value { bytes: json.into(), hole: Some(hole) };
    request.txn.ops.push(Op::Put { key, value });
    Ok(())
}

/// Refuses to delete a namespace that every cluster has.
pub(crate) fn may_end(key: &Key) -> Result<(), Refusal> {
    if key.kind.kind == "Namespace" && IMMORTAL.contains(&key.name.as_str()) {
        return Err(Refusal::forbidden(key, "this namespace may not be deleted"));
    }
    Ok(())
}
