//! Ends the pods that no longer tolerate the node they are on.

use crate::pod::{disrupted, is_over, node};
use shared_api::{
    GroupKind, Key, Timestamp,
    core::{Node, Pod, Taint},
};
use shared_placement::fit;
use shared_reconcile::{Event, Note, Plan, Reconciler, World};

/// See the module documentation.
pub struct Eviction;

impl Reconciler for Eviction {
    type Kind = Pod;
    const NAME: &'static str = "taint-eviction-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Node>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object().filter(|o| o.group_kind() == GroupKind::of::<Node>()) else {
            return Vec::new();
        };
        let drives_out = object.to_kind::<Node>().is_ok_and(|node| lasting(&node).next().is_some());
        if !drives_out {
            // Pods that were given time are looked at again when it is over, and find the taint gone.
            return Vec::new();
        }
        world.on_node::<Pod>(object.name()).map(|pod| Key::from_kind(&*pod)).collect()
    }

    fn reconcile(&self, pod: &Pod, world: &World) -> Plan {
        if pod.metadata.deletion_timestamp.is_some() || is_over(pod) {
            return Plan::nothing();
        }
        let Some(node) = node(pod).and_then(|name| world.named::<Node>("", name)) else {
            return Plan::nothing();
        };
        let ends = lasting(&node).filter_map(|taint| ends(pod, taint, world.now())).min();
        let Some(ends) = ends else { return Plan::nothing() };
        let left = ends.as_second() - world.now().as_second();
        if left > 0 {
            return Plan::nothing().again_in_seconds(left);
        }
        let name = |m: &shared_api::meta::ObjectMeta| m.name.clone().unwrap_or_default();
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let why = format!("Marking for deletion Pod {namespace}/{}", name(&pod.metadata));
        let cause = "Taint manager: deleting due to NoExecute taint";
        let told = disrupted(pod, "DeletionByTaintManager", cause, world.now());
        let plan = Plan::nothing().record(Note::normal(pod, "TaintManagerEviction", why));
        plan.update_status(&told).delete::<Pod>(&pod.metadata)
    }
}

/// The taints that end pods.
fn lasting(node: &Node) -> impl Iterator<Item = &Taint> {
    let taints = node.spec.iter().flat_map(|s| s.taints.iter().flatten());
    taints.filter(|t| t.effect == "NoExecute")
}

/// When a taint ends a pod; `None` when the pod tolerates it for ever.
fn ends(pod: &Pod, taint: &Taint, now: Timestamp) -> Option<Timestamp> {
    let since = taint.time_added.as_ref().map_or(now, |t| t.0);
    let tolerations = pod.spec.iter().flat_map(|s| s.tolerations.iter().flatten());
    let matching: Vec<_> = tolerations.filter(|t| fit::means(t, taint)).collect();
    if matching.is_empty() {
        return Some(now);
    }
    let shortest = matching.iter().filter_map(|t| t.toleration_seconds).min()?;
    Timestamp::from_second(since.as_second().saturating_add(shortest.max(0))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::Time;
    use shared_reconcile::Change;
    use shared_testkit::{NodeWords, PodWords, moment, node, object, pod};
    use std::time::Duration;

    fn decide(pod: &Pod, seconds: i64) -> Plan {
        let mut node = node("n1").tainted("gone", "NoExecute").tainted("full", "NoSchedule");
        for taint in node.spec_mut().taints.iter_mut().flatten() {
            taint.time_added = Some(Time(moment()));
        }
        let now = Timestamp::from_second(moment().as_second() + seconds).unwrap();
        Eviction.reconcile(pod, &World::of([object(&node)]).at(now))
    }

    fn patient(seconds: i64) -> Pod {
        let mut pod = pod("a").on("n1").tolerates("gone", "NoExecute");
        pod.spec_mut().tolerations.iter_mut().flatten().for_each(|t| t.toleration_seconds = Some(seconds));
        pod
    }

    fn evicts(plan: &Plan) -> bool {
        plan.changes.iter().any(|c| matches!(c, Change::Delete { .. }))
    }

    #[test]
    fn pods_leave_when_they_no_longer_tolerate_their_node() {
        let plan = decide(&pod("a").on("n1"), 0);
        assert!(evicts(&plan));
        let told = |c: &Change| matches!(c, Change::UpdateStatus(o) if format!("{o:?}").contains("DisruptionTarget"));
        assert!(plan.changes.iter().any(told), "{plan:?}");
        assert!(decide(&pod("a").on("n1").tolerates("gone", "NoExecute"), 999).is_nothing());
        assert_eq!(decide(&patient(300), 100).again_in, Some(Duration::from_secs(200)));
        assert!(evicts(&decide(&patient(300), 300)));
        assert!(decide(&pod("a").on("n2"), 0).is_nothing());
    }
}
