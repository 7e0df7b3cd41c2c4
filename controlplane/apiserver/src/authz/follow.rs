//! The policy as it is at the store's newest revision.
//!
//! It is fed by the store's own history when somebody asks: administrators never wait for it, and what was
//! granted counts with the next request.

use super::policy::Policy;
use crate::{cache::Cache, keys, server::trouble};
use bytes::Bytes;
use controlplane_store::{Changes, Error, Range, Store};
use futures::{FutureExt, StreamExt};
use shared_api::{GroupKind, Refusal, rbac};
use std::sync::{
    Mutex, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicU64, Ordering},
};

const KINDS: [GroupKind; 4] = [
    GroupKind::of::<rbac::ClusterRole>(),
    GroupKind::of::<rbac::ClusterRoleBinding>(),
    GroupKind::of::<rbac::Role>(),
    GroupKind::of::<rbac::RoleBinding>(),
];

/// What the keys of all these kinds start with.
const PREFIX: &[u8] = b"/rbac.authorization.k8s.io/";

/// Keeps a [`Policy`] up to date.
#[derive(Default)]
pub(crate) struct Follower {
    policy: RwLock<Policy>,
    /// The revision it is true at.
    reached: AtomicU64,
    changes: Mutex<Option<Changes>>,
}

impl Follower {
    /// The policy, at the newest revision.
    pub(crate) fn policy(
        &self,
        store: &dyn Store,
        cache: &Cache,
    ) -> Result<RwLockReadGuard<'_, Policy>, Refusal> {
        let newest = store.revision();
        if newest == 0 || self.reached.load(Ordering::Acquire) < newest {
            let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
            self.catch_up(store, cache, &mut changes)?;
            self.reached.fetch_max(newest, Ordering::Release);
        }
        Ok(self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn catch_up(
        &self,
        store: &dyn Store,
        cache: &Cache,
        changes: &mut Option<Changes>,
    ) -> Result<(), Refusal> {
        loop {
            let Some(stream) = changes else {
                *changes = Some(self.start(store, cache)?);
                continue;
            };
            // Never out of turn: a stream that pretends to have nothing would leave the policy behind.
            match tokio::task::unconstrained(stream.next()).now_or_never() {
                None => return Ok(()),
                Some(Some(Ok(batch))) => {
                    for change in batch.iter().filter(|c| c.key.starts_with(PREFIX)) {
                        let object = cache.seen(change)?.object.clone();
                        let mut policy = self.policy.write().unwrap_or_else(PoisonError::into_inner);
                        if change.deleted { policy.remove(&object) } else { policy.put(&object) }
                    }
                }
                // Too long ago: history does not reach back to where we were.
                Some(Some(Err(Error::Compacted { .. }))) => *changes = None,
                Some(Some(Err(error))) => {
                    *changes = None;
                    return Err(trouble(&error));
                }
                Some(None) => return Err(trouble(&Error::Unavailable("the store was closed".into()))),
            }
        }
    }

    /// Reads everything, and follows from there.
    fn start(&self, store: &dyn Store, cache: &Cache) -> Result<Changes, Refusal> {
        let (mut policy, mut at) = (Policy::default(), None);
        for kind in &KINDS {
            let range = Range { prefix: prefix(kind)?, at, ..Range::default() };
            let page = store.range(&range).map_err(|e| trouble(&e))?;
            at = Some(page.revision);
            for entry in &page.entries {
                policy.put(&cache.peek(entry)?);
            }
        }
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
        store.watch(at.unwrap_or(0)).map_err(|e| trouble(&e))
    }
}

fn prefix(kind: &GroupKind) -> Result<Bytes, Refusal> {
    Ok(keys::of_kind(keys::known(kind)?))
}
