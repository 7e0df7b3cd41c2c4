//! Keeps `spec.replicas` pods alive for every `ReplicationController`.

use crate::replicas::{self, Counts, Replicas};
use shared_api::{
    GroupKind, Key, LabelSelector,
    core::{Pod, PodTemplateSpec, ReplicationController, ReplicationControllerStatus},
};
use shared_reconcile::{Event, Plan, Reconciler, World};

/// See the module documentation.
pub struct ReplicationControllers;

impl Reconciler for ReplicationControllers {
    type Kind = ReplicationController;
    const NAME: &'static str = "replication-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Pod>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        replicas::concerns::<ReplicationController>(event, world)
    }

    fn reconcile(&self, controller: &ReplicationController, world: &World) -> Plan {
        replicas::reconcile(controller, world)
    }
}

impl Replicas for ReplicationController {
    fn wanted(&self) -> i32 {
        self.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1)
    }

    fn selector(&self) -> LabelSelector {
        let labels = self.spec.as_ref().and_then(|s| s.selector.as_ref());
        labels.map(LabelSelector::from_labels).unwrap_or_default()
    }

    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref()?.template.as_ref()
    }

    fn min_ready(&self) -> i32 {
        self.spec.as_ref().and_then(|s| s.min_ready_seconds).unwrap_or(0)
    }

    fn told(&self, counts: &Counts, over: &[&str]) -> Option<Self> {
        let mut conditions = self.status.as_ref().and_then(|s| s.conditions.clone()).unwrap_or_default();
        conditions.retain(|condition| !over.contains(&condition.type_.as_str()));
        let status = ReplicationControllerStatus {
            replicas: counts.active,
            fully_labeled_replicas: counts.labelled,
            ready_replicas: counts.ready,
            available_replicas: counts.available,
            observed_generation: self.metadata.generation,
            conditions: (!conditions.is_empty()).then_some(conditions),
        };
        (self.status.as_ref() != Some(&status)).then(|| Self { status: Some(status), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::OwnedBy;
    use shared_reconcile::Change;
    use shared_testkit::{MetaWords, PodWords, moment, object, pod, replica_set, replication_controller};

    fn web(name: &str) -> Pod {
        pod(name).labelled("app", "web").owned_by(&replication_controller("web", 0))
    }

    fn decide(wanted: i32, pods: impl IntoIterator<Item = Pod>) -> Vec<String> {
        let world = World::of(pods.into_iter().map(|p| object(&p))).at(moment());
        let plan = ReplicationControllers.reconcile(&replication_controller("web", wanted), &world);
        let words = plan.changes.iter().map(|change| match change {
            Change::Create { object, .. } => {
                let owner = object.controller().map(|o| o.kind.clone()).unwrap_or_default();
                format!(
                    "create {}* of {owner}",
                    object.metadata().generate_name.as_deref().unwrap_or_default()
                )
            }
            Change::Delete { key, .. } => format!("delete {}", key.name),
            Change::Update(object) => format!("update {}", object.name()),
            Change::UpdateStatus(object) => format!("has {}", object.value()["status"]["replicas"]),
            other => format!("{other:?}"),
        });
        words.collect()
    }

    #[test]
    fn so_many_pods_are_kept() {
        assert_eq!(decide(2, [web("a")]), ["has 1", "create web-* of ReplicationController"]);
        assert_eq!(decide(1, [web("a").on("n1").ready(), web("b")]), ["has 2", "delete b"]);
        assert_eq!(
            decide(1, [web("a").phase("Failed"), web("b").deleted(moment())]),
            ["create web-* of ReplicationController"]
        );
    }

    #[test]
    fn waifs_are_adopted_and_the_pods_of_others_left_alone() {
        let waif = pod("waif").labelled("app", "web");
        let others = pod("other").labelled("app", "web").owned_by(&replica_set("web-2", 1));
        assert_eq!(decide(1, [waif, others]), ["update waif"]);
    }

    #[test]
    fn events_lead_to_the_controller() {
        let world = World::of([object(&replication_controller("web", 1))]).at(moment());
        let concerned = |pod: &Pod| ReplicationControllers.concerns(&Event::Added(object(pod)), &world);
        let expected = [Key::of::<ReplicationController>("default", "web")];
        assert_eq!(concerned(&web("a")), expected);
        assert_eq!(concerned(&pod("waif").labelled("app", "web")), expected);
        assert_eq!(concerned(&pod("other").labelled("app", "db")), []);
    }
}
