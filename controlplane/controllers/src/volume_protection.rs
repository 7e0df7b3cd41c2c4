//! Lets go of a `PersistentVolume` that is being deleted when no claim is bound to it any longer.

use shared_api::core::PersistentVolume;
use shared_reconcile::{Plan, Reconciler, World};

const FINALIZER: &str = "kubernetes.io/pv-protection";

/// See the module documentation.
pub struct VolumeProtection;

impl Reconciler for VolumeProtection {
    type Kind = PersistentVolume;
    const NAME: &'static str = "pv-protection-controller";

    fn reconcile(&self, volume: &PersistentVolume, _world: &World) -> Plan {
        let meta = &volume.metadata;
        let held = meta.finalizers.iter().flatten().any(|f| f == FINALIZER);
        let bound = volume.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Bound");
        if meta.deletion_timestamp.is_none() || !held || bound {
            return Plan::nothing();
        }
        let mut free = volume.clone();
        free.metadata.finalizers.iter_mut().for_each(|list| list.retain(|f| f != FINALIZER));
        Plan::nothing().update(&free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_volume_is_held_while_a_claim_is_bound_to_it() {
        let plan = |phase: &str| {
            let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": {"name": "v", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [FINALIZER]},
                "status": {"phase": phase}});
            let volume = shared_api::Object::from_value(&volume).unwrap();
            VolumeProtection.reconcile(&volume.to_kind().unwrap(), &World::default())
        };
        assert!(plan("Bound").is_nothing());
        assert_eq!(plan("Released").changes.len(), 1);
    }
}
