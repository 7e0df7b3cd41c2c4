//! Makes a `Job` whenever the schedule of a `CronJob` says so, and forgets the old ones.

mod active;
mod due;
mod history;
mod run;

use active::Seen;
use due::Due;
use shared_api::{
    GroupKind, Time, Timestamp,
    batch::{CronJob, CronJobSpec, CronJobStatus, Job},
};
use shared_reconcile::{Note, Plan, Reconciler, World};
use std::{sync::Arc, time::Duration};

/// See the module documentation.
pub struct CronJobs;

/// Everything one decision looks at.
struct Scene<'a> {
    cron: &'a CronJob,
    spec: &'a CronJobSpec,
    status: CronJobStatus,
    /// The jobs it controls.
    jobs: Vec<Arc<Job>>,
    world: &'a World,
}

impl Reconciler for CronJobs {
    type Kind = CronJob;
    const NAME: &'static str = "cronjob-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<Job>()];

    fn reconcile(&self, cron: &CronJob, world: &World) -> Plan {
        let Some(spec) = &cron.spec else { return Plan::nothing() };
        let status = cron.status.clone().unwrap_or_default();
        let scene = Scene { cron, spec, status, jobs: world.owned_by::<Job>(cron).collect(), world };
        let Seen { active, successful, notes } = active::seen(&scene);
        let mut told = scene.status.clone();
        told.last_successful_time = successful;
        let mut plan = Plan::nothing();
        let mut kept = active.clone();
        if cron.metadata.deletion_timestamp.is_none() {
            let turn = turn(&scene, active);
            (plan, kept) = (turn.plan, turn.active);
            told.last_schedule_time = turn.last;
        }
        told.active = (!kept.is_empty()).then_some(kept);
        let changed = CronJob { status: Some(told), ..cron.clone() };
        if changed.status.as_ref() != Some(&scene.status) {
            plan = plan.update_status(&changed);
        }
        let plan = notes.into_iter().fold(plan, Plan::record);
        if cron.metadata.deletion_timestamp.is_some() { plan } else { plan.and(history::forget(&scene)) }
    }
}

impl Scene<'_> {
    fn now(&self) -> Timestamp {
        self.world.now()
    }
}

/// What a look at the clock leads to.
struct Turn {
    plan: Plan,
    active: Vec<shared_api::core::ObjectReference>,
    last: Option<Time>,
}

/// Starts a job when one is due.
fn turn(scene: &Scene<'_>, active: Vec<shared_api::core::ObjectReference>) -> Turn {
    let last = scene.status.last_schedule_time.clone();
    let waits = |plan: Plan| Turn { plan, active: active.clone(), last: last.clone() };
    let Due { at, next, notes } = match due::due(scene) {
        Ok(Some(due)) => due,
        Ok(None) => return waits(Plan::nothing()),
        Err(note) => return waits(Plan::nothing().record(*note)),
    };
    let plan = notes.into_iter().fold(Plan::nothing(), Plan::record);
    let plan =
        next.map_or_else(Plan::nothing, |next| Plan::nothing().again_in(until(next, scene.now()))).and(plan);
    let Some(at) = at.filter(|at| scene.status.last_schedule_time.as_ref().is_none_or(|t| t.0 != *at)) else {
        return waits(plan);
    };
    match scene.spec.concurrency_policy.as_deref() {
        Some("Forbid") if !active.is_empty() => {
            let why = "Not starting job because prior execution is running and concurrency policy is Forbid";
            waits(plan.record(Note::normal(scene.cron, "JobAlreadyActive", why)))
        }
        Some("Replace") => {
            let plan = active.iter().fold(plan, |plan, known| run::replaced(scene, plan, known));
            Turn { plan: run::started(scene, plan, at), active: Vec::new(), last: Some(Time(at)) }
        }
        _ => Turn { plan: run::started(scene, plan, at), active, last: Some(Time(at)) },
    }
}

fn until(next: Timestamp, now: Timestamp) -> Duration {
    let left = next.as_millisecond().saturating_sub(now.as_millisecond());
    Duration::from_millis(u64::try_from(left).unwrap_or(0).max(10))
}

#[cfg(test)]
mod tests;
