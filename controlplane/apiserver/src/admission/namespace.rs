//! Namespaces exist before what lives in them, and take nothing new while they end.

use super::{Action, Request};
use crate::keys;
use controlplane_store::Check;
use shared_api::{Key, Refusal, core::Namespace, meta::StatusCause};

/// Namespaces that every cluster has.
pub(crate) const IMMORTAL: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
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

/// Refuses to delete a namespace that every cluster has.
pub(crate) fn may_end(key: &Key) -> Result<(), Refusal> {
    if key.kind.kind == "Namespace" && IMMORTAL.contains(&key.name.as_str()) {
        return Err(Refusal::forbidden(key, "this namespace may not be deleted"));
    }
    Ok(())
}
