//! The kinds that the cluster defines: accepted where they are written, and known at once.
//!
//! What a definition's status says about its names is settled in the write that brings them, so whoever sees a
//! definition established can use its kind. One write at a time settles the names of a group.

use crate::{
    admission::There,
    keys,
    local::Local,
    server::{Server, trouble},
};
use bytes::Bytes;
use controlplane_store::{Check, Op, Range, Txn, Value as Stored};
use futures::StreamExt;
use shared_api::{
    Draft, GroupKind, KindInfo, Object, Reason, Refusal,
    apiextensions::{CustomResourceDefinition, Names, established},
};
use shared_client::Result;
use std::sync::Arc;

/// Whether these objects define kinds.
pub(crate) fn is(kind: &KindInfo) -> bool {
    (kind.group, kind.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// Whether a key is a definition's.
pub(crate) fn concerns(key: &[u8]) -> bool {
    key.starts_with(b"/apiextensions.k8s.io/customresourcedefinitions/")
}

/// Says in the status of a definition that is written which of its names it may have.
pub(crate) fn settle(caller: &Local, part: &str, draft: &mut dyn Draft, txn: &mut Txn) -> Result<()> {
    let Some(definition) = draft.as_any_mut().downcast_mut::<CustomResourceDefinition>() else {
        return Ok(());
    };
    if !part.is_empty() || definition.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    let server = &caller.server;
    let turn = Bytes::from(format!("!names/{}", definition.spec.group));
    let revision = server.store.get(&turn).map(|entry| entry.revision);
    let all = server.objects(known()?, "")?;
    let all: Vec<_> = all.iter().filter_map(|o| o.to_kind::<CustomResourceDefinition>().ok()).collect();
    let taken = Names::taken(all.iter().map(|definition| &**definition), definition);
    let status = established(definition, &taken, server.now());
    if definition.status.as_ref() != Some(&status) {
        definition.status = Some(status);
        txn.checks.push(Check { key: turn.clone(), revision });
        let value = Stored { bytes: Bytes::from_static(b"{}"), hole: None };
        txn.ops.push(Op::Put { key: turn, value });
    }
    Ok(())
}

/// Holds a new object of a defined kind to the definition as it is: it is stored only if that stays so meanwhile.
pub(crate) fn hold(server: &Server, kind: &KindInfo, txn: &mut Txn) -> Result<()> {
    let Some(custom) = kind.custom else { return Ok(()) };
    if custom.terminating {
        let why = "create not allowed while custom resource definition is terminating";
        return Err(Refusal::new(Reason::MethodNotAllowed, why));
    }
    let key = keys::of(known()?, "", custom.name);
    let entry = server.store.get(&key).ok_or_else(|| {
        let why = format!("the server could not find the requested resource: {} is gone", custom.name);
        Refusal::new(Reason::NotFound, why)
    })?;
    txn.checks.push(Check { key, revision: Some(entry.revision) });
    Ok(())
}

impl Server {
    /// Makes the kinds that are defined known to this process.
    pub(crate) fn publish(&self) -> Result<()> {
        let range = Range { prefix: keys::of_kind(known()?), ..Range::default() };
        let page = self.store.range(&range).map_err(|e| trouble(&e))?;
        let all: Vec<Object> = page.entries.iter().map(|e| self.cache.peek(e)).collect::<Result<_>>()?;
        if shared_api::publish(&self.store.cluster(), page.revision, &all) {
            tracing::debug!(definitions = all.len(), revision = page.revision, "the list of kinds changed");
        }
        Ok(())
    }

    /// Keeps the kinds known that another member's writes define. Ends with the store.
    pub async fn follow_definitions(self: Arc<Self>) {
        let Ok(kind) = known() else { return };
        let prefix = keys::of_kind(kind);
        loop {
            let at = self.store.revision();
            if let Err(error) = self.publish() {
                tracing::warn!(%error, "the kinds that are defined cannot be read");
            }
            let Ok(mut changes) = self.store.watch(at) else { return };
            loop {
                match changes.next().await {
                    Some(Ok(batch)) if batch.iter().any(|change| change.key.starts_with(&prefix)) => break,
                    Some(Ok(_)) => {}
                    // Too long ago: everything is read anew.
                    Some(Err(_)) => break,
                    None => return,
                }
            }
        }
    }
}

fn known() -> Result<&'static KindInfo> {
    keys::known(&GroupKind::of::<CustomResourceDefinition>())
}
