//! Lets go of a `PersistentVolumeClaim` that is being deleted when no pod uses it any longer.

use crate::pod::{is_over, node};
use shared_api::{
    GroupKind, Key,
    core::{PersistentVolumeClaim, Pod},
};
use shared_reconcile::{Event, Plan, Reconciler, World};

const FINALIZER: &str = "kubernetes.io/pvc-protection";

/// See the module documentation.
pub struct ClaimProtection;

impl Reconciler for ClaimProtection {
    type Kind = PersistentVolumeClaim;
    const NAME: &'static str = "pvc-protection-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Pod>()];

    fn concerns(&self, event: &Event, _world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        let Ok(pod) = object.to_kind::<Pod>() else { return Vec::new() };
        claims(&pod).map(|claim| Key::of::<PersistentVolumeClaim>(object.namespace(), &claim)).collect()
    }

    fn reconcile(&self, claim: &PersistentVolumeClaim, world: &World) -> Plan {
        let meta = &claim.metadata;
        let held = meta.finalizers.iter().flatten().any(|f| f == FINALIZER);
        if meta.deletion_timestamp.is_none() || !held {
            return Plan::nothing();
        }
        let name = meta.name.as_deref().unwrap_or_default();
        let uses = |pod: &Pod| node(pod).is_some() && !is_over(pod) && claims(pod).any(|c| c == name);
        if world.within::<Pod>(meta.namespace.as_deref().unwrap_or_default()).any(|pod| uses(&pod)) {
            return Plan::nothing();
        }
        let mut free = claim.clone();
        free.metadata.finalizers.iter_mut().for_each(|list| list.retain(|f| f != FINALIZER));
        Plan::nothing().update(&free)
    }
}

/// The names of the claims a pod uses; a volume of its own has one called after both.
fn claims(pod: &Pod) -> impl Iterator<Item = String> {
    let volumes = pod.spec.iter().flat_map(|s| s.volumes.iter().flatten());
    volumes.filter_map(|volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
        (Some(claim), _) => Some(claim.claim_name.clone()),
        (None, Some(_)) => {
            Some(format!("{}-{}", pod.metadata.name.as_deref().unwrap_or_default(), volume.name))
        }
        (None, None) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_api::Object;
    use shared_reconcile::Change;

    fn pod(node: &str, phase: &str) -> Object {
        let volume = json!({"name": "v", "persistentVolumeClaim": {"claimName": "c"}});
        Object::from_value(
            &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
            "spec": {"nodeName": node, "containers": [], "volumes": [volume]}, "status": {"phase": phase}}),
        )
        .unwrap()
    }

    #[test]
    fn a_claim_is_held_while_a_pod_uses_it() {
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "c", "namespace": "n", "deletionTimestamp": "2026-01-01T00:00:00Z",
                "finalizers": [FINALIZER, "x.io/own"]}});
        let claim = Object::from_value(&claim).unwrap().to_kind::<PersistentVolumeClaim>().unwrap();
        let plan = |pods: Vec<Object>| ClaimProtection.reconcile(&claim, &World::of(pods));
        assert!(plan(vec![pod("n1", "Running")]).is_nothing());
        for others in [vec![], vec![pod("", "Pending")], vec![pod("n1", "Succeeded")]] {
            let plan = plan(others);
            let [Change::Update(free)] = &plan.changes[..] else { panic!("{plan:?}") };
            assert_eq!(free.metadata().finalizers, Some(vec!["x.io/own".into()]));
        }
        let concerned =
            Reconciler::concerns(&ClaimProtection, &Event::Deleted(pod("n1", "Running")), &World::default());
        assert_eq!(concerned, [Key::of::<PersistentVolumeClaim>("n", "c")]);
    }
}
