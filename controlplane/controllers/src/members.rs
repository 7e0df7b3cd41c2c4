//! Whose pods are whose: a set takes in the pods that it means and nothing controls, and lets go of those
//! that it no longer means.

use shared_api::{
    Kind, OwnedBy,
    core::{Pod, PodTemplateSpec},
    meta::ObjectMeta,
};
use shared_reconcile::{Plan, World};
use std::sync::Arc;

/// The pods of a set.
pub(crate) struct Members {
    /// Those that it controls and means.
    pub(crate) mine: Vec<Arc<Pod>>,
    /// Takes in those that nothing controls, and lets go of those that it no longer means.
    pub(crate) claims: Plan,
}

impl Members {
    /// The pods of `owner`, which means those that `means` says.
    pub(crate) fn of<K: Kind>(owner: &K, world: &World, means: impl Fn(&Pod) -> bool) -> Self {
        let meta = owner.metadata();
        let (mine, strangers): (Vec<_>, Vec<_>) = world.owned_by::<Pod>(owner).partition(|pod| means(pod));
        let mut claims = Plan::nothing();
        if meta.deletion_timestamp.is_some() {
            return Self { mine, claims };
        }
        let there = |pod: &Arc<Pod>| pod.metadata.deletion_timestamp.is_none();
        for stranger in strangers.iter().filter(|p| there(p)) {
            claims = claims.update(&released(stranger, meta));
        }
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let waifs = world.uncontrolled::<Pod>(namespace).filter(|pod| there(pod) && means(pod));
        let claims = waifs.fold(claims, |plan, pod| plan.update(&(*pod).clone().owned_by(owner)));
        Self { mine, claims }
    }
}

/// A pod that a set controls no more.
pub(crate) fn released(pod: &Pod, owner: &ObjectMeta) -> Pod {
    let mut pod = pod.clone();
    if let Some(owners) = pod.metadata.owner_references.as_mut() {
        owners.retain(|known| Some(&known.uid) != owner.uid.as_ref());
    }
    pod.metadata.owner_references.take_if(|owners| owners.is_empty());
    pod
}

/// A pod of a set, made from its template; its name is left to the server.
pub(crate) fn child<K: Kind>(owner: &K, template: &PodTemplateSpec) -> Pod {
    let PodTemplateSpec { metadata: theirs, spec } = template.clone();
    let theirs = theirs.unwrap_or_default();
    let metadata = ObjectMeta {
        namespace: owner.metadata().namespace.clone(),
        generate_name: owner.metadata().name.as_ref().map(|n| format!("{n}-")),
        labels: theirs.labels,
        annotations: theirs.annotations,
        finalizers: theirs.finalizers,
        ..ObjectMeta::default()
    };
    Pod { metadata, spec, status: None }.owned_by(owner)
}
