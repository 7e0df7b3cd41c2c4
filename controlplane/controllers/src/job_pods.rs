//! Lets go of the pods of jobs that are gone or over: nobody is left to count them.

use crate::job::{self, Jobs};
use shared_api::{GroupKind, Key, Object, batch::Job, core::Pod};
use shared_reconcile::{Event, Plan, Reconciler, World};

/// See the module documentation.
pub struct JobPods;

impl Reconciler for JobPods {
    type Kind = Pod;
    const NAME: &'static str = "job-pod-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Job>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        if object.group_kind() != GroupKind::of::<Job>() {
            return Vec::new();
        }
        let over = || object.to_kind::<Job>().is_ok_and(|job| job::finished(&job).is_some());
        if !matches!(event, Event::Deleted(_)) && !over() {
            return Vec::new();
        }
        let pods = world.dependents(object.uid()).filter(|o| o.group_kind() == GroupKind::of::<Pod>());
        pods.map(Object::key).collect()
    }

    fn reconcile(&self, pod: &Pod, world: &World) -> Plan {
        if !job::tracked(pod) {
            return Plan::nothing();
        }
        let owner = pod.metadata.owner_references.iter().flatten().find(|o| o.controller == Some(true));
        let Some(owner) = owner else { return waif(pod, world) };
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        if GroupKind::parse(&owner.api_version, &owner.kind) != GroupKind::of::<Job>() {
            return Plan::nothing();
        }
        let job = world
            .named::<Job>(namespace, &owner.name)
            .filter(|j| j.metadata.uid.as_ref() == Some(&owner.uid));
        let counted = |job: &Job| job::finished(job).is_none() || job::is_managed_elsewhere(job);
        if job.is_some_and(|job| counted(&job)) {
            return Plan::nothing();
        }
        Plan::nothing().update(&job::free(pod))
    }
}

/// A pod that nobody controls may be taken in by a job; when none would, it is let go.
fn waif(pod: &Pod, world: &World) -> Plan {
    let selecting = Reconciler::concerns(&Jobs, &Event::Modified(Object::from_kind(pod)), world);
    let goes_on = |key: &Key| world.get::<Job>(key).is_some_and(|job| job::finished(&job).is_none());
    if pod.metadata.deletion_timestamp.is_none() && selecting.iter().any(goes_on) {
        return Plan::nothing();
    }
    Plan::nothing().update(&job::free(pod))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared_api::OwnedBy;
    use shared_reconcile::Change;
    use shared_testkit::{MetaWords, moment, object, pod, replica_set};

    fn job(uid: &str, conditions: &Value) -> Job {
        let selector = json!({"matchLabels": {"app": "pi"}});
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "pi", "namespace": "default", "uid": uid},
            "spec": {"template": {}, "selector": selector}, "status": {"conditions": conditions}});
        (*Object::from_value(&job).unwrap().to_kind::<Job>().unwrap()).clone()
    }

    #[test]
    fn a_pod_is_let_go_when_nobody_is_left_to_count_it() {
        let running = job("u", &json!([]));
        let over = job("u", &json!([{"type": "Failed", "status": "True"}]));
        let other = job("v", &json!([]));
        let tracked = || pod("a").labelled("app", "pi").kept_by("batch.kubernetes.io/job-tracking");
        let mine = || tracked().owned_by(&running);
        for (what, pod, there, freed) in vec![
            ("the job goes on", mine(), Some(&running), false),
            ("it is over", mine(), Some(&over), true),
            ("it is another of the same name", mine(), Some(&other), true),
            ("it is gone", mine(), None, true),
            ("it will be taken in", tracked(), Some(&running), false),
            ("it would be, were it not ending", tracked().deleted(moment()), Some(&running), true),
            ("nobody wants it", tracked(), Some(&over), true),
            ("it is not ours", tracked().owned_by(&replica_set("web", 1)), None, false),
            ("nothing keeps it", pod("a").owned_by(&running), None, false),
        ] {
            let plan = JobPods.reconcile(&pod, &World::of(there.map(object)));
            let updated = plan
                .changes
                .iter()
                .any(|c| matches!(c, Change::Update(o) if o.metadata().finalizers.is_none()));
            assert_eq!(updated, freed, "{what}: {plan:?}");
        }
    }

    #[test]
    fn the_end_of_a_job_concerns_its_pods() {
        let running = job("u", &json!([]));
        let over = job("u", &json!([{"type": "Failed", "status": "True"}]));
        let world = World::of([object(&pod("a").owned_by(&running))]);
        let concerned = |event: &Event| Reconciler::concerns(&JobPods, event, &world).len();
        assert_eq!(concerned(&Event::Modified(object(&running))), 0);
        assert_eq!(concerned(&Event::Modified(object(&over))), 1);
        assert_eq!(concerned(&Event::Deleted(object(&running))), 1);
    }
}
