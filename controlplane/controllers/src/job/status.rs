//! What a job says of itself, and the events that tell of its turns.

use super::{Scene, count::Counted, verdict::Verdict};
use crate::pod::is_ready;
use shared_api::{
    Time, Timestamp,
    batch::{Job, JobCondition, JobStatus},
};
use shared_reconcile::{Note, Plan};

/// The condition by which a job is over, once it is.
pub(crate) fn finished(job: &Job) -> Option<&JobCondition> {
    let conditions = job.status.iter().flat_map(|s| s.conditions.iter().flatten());
    conditions.into_iter().find(|c| matches!(c.type_.as_str(), "Complete" | "Failed") && c.status == "True")
}

/// Writes the status if it changed, and tells of turns.
pub(super) fn plan(scene: &Scene<'_>, counted: &Counted, verdict: Option<Verdict>) -> Plan {
    let mut status = counted.status.clone();
    let mut notes = Vec::new();
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let now = Time(scene.now);
    status.active = Some(number(scene.active().count())).filter(|n| *n > 0);
    status.ready = Some(number(scene.active().filter(|pod| is_ready(pod)).count()));
    status.terminating = Some(number(scene.terminating().count()));
    if !scene.is_suspended() {
        status.start_time.get_or_insert_with(|| now.clone());
    }
    match verdict {
        None if scene.is_going() => {}
        None if scene.is_suspended() => {
            if set(&mut status, "Suspended", "True", "JobSuspended", "Job suspended", scene.now) {
                notes.push(Note::normal(scene.job, "Suspended", "Job suspended"));
            }
        }
        None => {
            let was = status.conditions.iter().flatten().any(|c| c.type_ == "Suspended");
            if was && set(&mut status, "Suspended", "False", "JobResumed", "Job resumed", scene.now) {
                notes.push(Note::normal(scene.job, "Resumed", "Job resumed"));
                // Its time begins anew.
                status.start_time = Some(now);
            }
        }
        Some(verdict) => notes.extend(ended(scene, counted, &mut status, &verdict)),
    }
    let changed = Job { status: Some(status), ..scene.job.clone() };
    let plan = if changed == *scene.job { Plan::nothing() } else { Plan::nothing().update_status(&changed) };
    notes.into_iter().fold(plan, Plan::record)
}

/// Says how a job ends, and that it has when nothing is left of it.
fn ended(scene: &Scene<'_>, counted: &Counted, status: &mut JobStatus, verdict: &Verdict) -> Vec<Note> {
    let Verdict { success, reason, message } = verdict;
    set(status, verdict.interim(), "True", reason, message, scene.now);
    let left = scene.active().chain(scene.terminating()).next().is_some();
    if left || !counted.is_all() {
        return Vec::new();
    }
    set(status, verdict.last(), "True", reason, message, scene.now);
    let now = Time(scene.now);
    status.start_time.get_or_insert_with(|| now.clone());
    if !success {
        return vec![Note::warning(scene.job, reason, message.clone())];
    }
    status.completion_time = Some(now);
    let many = scene.spec.completions.is_some_and(|wanted| status.succeeded.unwrap_or(0) > wanted);
    let why = "Too many succeeded pods running after completion count reached";
    let many = many.then(|| Note::warning(scene.job, "TooManySucceededPods", why));
    many.into_iter().chain([Note::normal(scene.job, "Completed", "Job completed")]).collect()
}

/// Whether a condition changed by being set.
fn set(status: &mut JobStatus, kind: &str, is: &str, reason: &str, message: &str, now: Timestamp) -> bool {
    let conditions = status.conditions.get_or_insert_default();
    let known = conditions.iter_mut().find(|c| c.type_ == kind);
    if known.as_ref().is_some_and(|c| c.status == is) {
        return false;
    }
    let told = JobCondition {
        type_: kind.into(),
        status: is.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_probe_time: Some(Time(now)),
        last_transition_time: Some(Time(now)),
    };
    match known {
        Some(known) => *known = told,
        None => conditions.push(told),
    }
    true
}
