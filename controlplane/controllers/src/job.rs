//! Runs pods for every `Job` until enough of them have succeeded, or too many have failed.
//!
//! Every pod carries a finalizer until its end is counted, so that none is counted twice and none is missed.

mod backoff;
mod claim;
mod count;
mod indexes;
mod policy;
mod size;
mod status;
mod template;
mod verdict;

use crate::pod::{is_active, phase};
pub(crate) use claim::tracked;
use shared_api::{
    GroupKind, Key, Timestamp,
    batch::{Job, JobSpec, JobStatus},
    core::Pod,
};
use shared_reconcile::{Event, Plan, Reconciler, World};
pub(crate) use status::finished;
use std::sync::Arc;
pub(crate) use template::free;

/// See the module documentation.
pub struct Jobs;

/// Where a pod says which index of its job it works on.
const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// Everything one decision looks at.
struct Scene<'a> {
    job: &'a Job,
    spec: &'a JobSpec,
    status: JobStatus,
    /// The job's own, in the order of their names.
    pods: Vec<Arc<Pod>>,
    now: Timestamp,
}

impl Reconciler for Jobs {
    type Kind = Job;
    const NAME: &'static str = "job-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Pod>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        claim::concerns(event, world)
    }

    fn reconcile(&self, job: &Job, world: &World) -> Plan {
        let Some(spec) = &job.spec else { return Plan::nothing() };
        if is_managed_elsewhere(job) || finished(job).is_some() {
            return Plan::nothing();
        }
        let claimed = claim::plan(job, spec, world);
        if !claimed.is_nothing() {
            // What was taken in or let go is counted when the world shows it.
            return claimed;
        }
        let scene = Scene::of(job, spec, world);
        let count = count::count(&scene);
        let verdict = verdict::verdict(&scene, &count);
        let (sized, verdict) = match verdict {
            None => {
                let sized = size::size(&scene, &count);
                let done = verdict::completed(&scene, &count);
                if done.is_some() { (size::Sized::default(), done) } else { (sized, None) }
            }
            Some(verdict) => (size::Sized::ended(&scene), Some(verdict)),
        };
        let counted = count::counted(&scene, &count, verdict.as_ref());
        let plan = status::plan(&scene, &counted, verdict);
        let plan = counted.freed.iter().fold(plan, |plan, pod| plan.update(&template::free(pod)));
        sized.plan(&scene, plan, &counted)
    }
}

impl<'a> Scene<'a> {
    fn of(job: &'a Job, spec: &'a JobSpec, world: &World) -> Self {
        let status = job.status.clone().unwrap_or_default();
        Self { job, spec, status, pods: world.owned_by::<Pod>(job).collect(), now: world.now() }
    }

    fn active(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.iter().filter(|pod| is_active(pod))
    }

    /// On their way out, but still there.
    fn terminating(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.iter().filter(|p| p.metadata.deletion_timestamp.is_some() && !crate::pod::is_over(p))
    }

    fn is_indexed(&self) -> bool {
        self.spec.completion_mode.as_deref() == Some("Indexed")
    }

    fn is_suspended(&self) -> bool {
        self.spec.suspend == Some(true)
    }

    fn is_going(&self) -> bool {
        self.job.metadata.deletion_timestamp.is_some()
    }

    /// How many of something that every index counts.
    fn completions(&self) -> i32 {
        self.spec.completions.unwrap_or(0)
    }

    /// The index a pod works on, when it is one of the job's.
    fn index(&self, pod: &Pod) -> Option<i32> {
        let text = pod.metadata.annotations.as_ref()?.get(INDEX)?;
        text.parse().ok().filter(|index| (0..self.completions()).contains(index))
    }

    /// Whether a pod's end counts at all: those of an indexed job have an index.
    fn is_valid(&self, pod: &Pod) -> bool {
        !self.is_indexed() || self.index(pod).is_some()
    }

    /// Only pods that have failed are replaced, not those that are about to end.
    fn replaces_failed_only(&self) -> bool {
        self.spec.pod_replacement_policy.as_deref() == Some("Failed")
            || self.spec.pod_failure_policy.is_some()
    }

    /// Whether a pod is taken for failed.
    fn is_failed(&self, pod: &Pod) -> bool {
        match phase(pod) {
            "Failed" => true,
            "Succeeded" => false,
            // One that is being deleted may never come to say how it ended.
            _ => !self.replaces_failed_only() && pod.metadata.deletion_timestamp.is_some(),
        }
    }
}

/// Somebody else than this controller looks after the job.
pub(crate) fn is_managed_elsewhere(job: &Job) -> bool {
    let manager = job.spec.as_ref().and_then(|s| s.managed_by.as_deref());
    manager.is_some_and(|manager| manager != "kubernetes.io/job-controller")
}

#[cfg(test)]
mod tests;
