//! Removes pods that nobody is left to end: bound to a node that is gone, or never bound.

use crate::pod::{disrupted, is_over, node};
use shared_api::{
    GroupKind, Key,
    core::{Node, Pod},
};
use shared_reconcile::{Event, Note, Plan, Reconciler, World};

/// A node has this long to appear after a pod that names it: its agent may still be joining.
const PATIENCE: i64 = 40;

/// See the module documentation.
pub struct PodGarbage;

impl Reconciler for PodGarbage {
    type Kind = Pod;
    const NAME: &'static str = "pod-garbage-collector";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Node>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        match event {
            Event::Deleted(object) if object.group_kind() == GroupKind::of::<Node>() => {
                world.on_node::<Pod>(object.name()).map(|pod| Key::from_kind(&*pod)).collect()
            }
            Event::Deleted(_) | Event::Added(_) | Event::Modified(_) | Event::Bookmark { .. } => Vec::new(),
        }
    }

    fn reconcile(&self, pod: &Pod, world: &World) -> Plan {
        let Some(node) = node(pod) else {
            let ending = pod.metadata.deletion_timestamp.is_some();
            return if ending { Plan::nothing().delete_now::<Pod>(&pod.metadata) } else { Plan::nothing() };
        };
        if world.object(&Key::of::<Node>("", node)).is_some() {
            return Plan::nothing();
        }
        let born = pod.metadata.creation_timestamp.as_ref().map_or(world.now(), |t| t.0);
        let left = born.as_second() + PATIENCE - world.now().as_second();
        if left > 0 {
            return Plan::nothing().again_in_seconds(left);
        }
        let mut plan = Plan::nothing();
        if !is_over(pod) {
            let cause = "PodGC: node no longer exists";
            let mut failed = disrupted(pod, "DeletionByPodGC", cause, world.now());
            failed.status.get_or_insert_default().phase = Some("Failed".into());
            let why = format!("PodGC: node {node} no longer exists");
            failed.status.get_or_insert_default().message = Some(why);
            plan = plan.update_status(&failed).record(Note::normal(
                pod,
                "PodGC",
                format!("deleting pod of node {node}, which is gone"),
            ));
        }
        plan.delete_now::<Pod>(&pod.metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::Timestamp;
    use shared_reconcile::Change;
    use shared_testkit::{MetaWords, PodWords, moment, node, object, pod};

    fn decide(pod: &Pod, seconds: i64) -> Plan {
        let now = Timestamp::from_second(moment().as_second() + seconds).unwrap();
        PodGarbage.reconcile(pod, &World::of([object(&node("n1"))]).at(now))
    }

    #[test]
    fn a_pod_of_a_lost_node_goes() {
        assert!(decide(&pod("a").on("n1"), 100).is_nothing());
        assert_eq!(decide(&pod("a").on("n2"), 10).again_in, Some(std::time::Duration::from_secs(30)));
        let plan = decide(&pod("a").on("n2").ready(), 100);
        assert!(matches!(plan.changes.first(), Some(Change::UpdateStatus(_))), "{plan:?}");
        let Some(Change::Delete { how, .. }) = plan.changes.last() else { panic!("{plan:?}") };
        assert_eq!(how.grace_seconds, Some(0));
    }

    #[test]
    fn a_pod_that_ends_without_a_node_goes() {
        assert!(decide(&pod("a"), 100).is_nothing());
        assert_eq!(decide(&pod("a").deleted(moment()), 100).changes.len(), 1);
    }
}
