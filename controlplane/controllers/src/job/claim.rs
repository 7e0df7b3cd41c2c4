//! Whose a pod is: takes in those that a job selects and nobody controls, lets go of those it no longer does.

use super::template;
use crate::members::released;
use shared_api::{
    GroupKind, Key, LabelSelector, OwnedBy,
    batch::{Job, JobSpec},
    core::Pod,
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, World};

/// Carried by every pod of a job until its end is counted.
pub(crate) const TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// Whether the end of a pod still is to be counted.
pub(crate) fn tracked(pod: &Pod) -> bool {
    pod.metadata.finalizers.iter().flatten().any(|f| f == TRACKING)
}

/// Which jobs an event concerns.
pub(super) fn concerns(event: &Event, world: &World) -> Vec<Key> {
    let Some(object) = event.object() else { return Vec::new() };
    if let Some(owner) = object.controller() {
        let ours = GroupKind::parse(&owner.api_version, &owner.kind) == GroupKind::of::<Job>();
        return ours.then(|| Key::of::<Job>(object.namespace(), &owner.name)).into_iter().collect();
    }
    if object.group_kind() != GroupKind::of::<Pod>() {
        return Vec::new();
    }
    let jobs = world.within::<Job>(object.namespace());
    let selecting =
        jobs.filter(|job| job.spec.as_ref().is_some_and(|spec| selects(&selector(spec), object.metadata())));
    selecting.map(|job| Key::from_kind(&*job)).collect()
}

/// Takes in and lets go.
pub(super) fn plan(job: &Job, spec: &JobSpec, world: &World) -> Plan {
    let selector = selector(spec);
    let selects = |pod: &Pod| selects(&selector, &pod.metadata);
    let going = |pod: &Pod| pod.metadata.deletion_timestamp.is_some();
    let strangers = world.owned_by::<Pod>(job).filter(|pod| !selects(pod) && !going(pod));
    let plan = strangers
        .fold(Plan::nothing(), |plan, pod| plan.update(&released(&template::free(&pod), &job.metadata)));
    if job.metadata.deletion_timestamp.is_some() {
        return plan;
    }
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    let waifs = world.uncontrolled::<Pod>(namespace).filter(|pod| selects(pod) && !going(pod));
    waifs.fold(plan, |plan, pod| plan.update(&adopted(&pod, job)))
}

fn selector(spec: &JobSpec) -> LabelSelector {
    spec.selector.as_ref().map(LabelSelector::from_meta).unwrap_or_default()
}

/// A selector without requirements means nothing.
fn selects(selector: &LabelSelector, meta: &ObjectMeta) -> bool {
    !selector.is_empty() && selector.matches(meta.labels.as_ref())
}

fn adopted(pod: &Pod, job: &Job) -> Pod {
    let mut pod = pod.clone().owned_by(job);
    if !tracked(&pod) {
        pod.metadata.finalizers.get_or_insert_default().push(TRACKING.into());
    }
    pod
}
