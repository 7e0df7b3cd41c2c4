//! How many finished jobs are kept, of those that did well and of those that did not.

use super::Scene;
use crate::job::finished;
use shared_api::{Timestamp, batch::Job};
use shared_reconcile::Plan;

/// Removes the oldest of those beyond the limits.
pub(super) fn forget(scene: &Scene<'_>) -> Plan {
    let limits = [
        ("Complete", scene.spec.successful_jobs_history_limit),
        ("Failed", scene.spec.failed_jobs_history_limit),
    ];
    let mut plan = Plan::nothing();
    for (end, limit) in limits {
        let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else { continue };
        let ended = |job: &&std::sync::Arc<Job>| {
            job.metadata.deletion_timestamp.is_none() && finished(job).is_some_and(|c| c.type_ == end)
        };
        let mut jobs: Vec<_> = scene.jobs.iter().filter(ended).collect();
        jobs.sort_by_key(|job| (began(job), job.metadata.name.clone()));
        for job in jobs.iter().take(jobs.len().saturating_sub(limit)) {
            plan = plan.delete::<Job>(&job.metadata).telling("SuccessfulDelete", "Deleted job ");
        }
    }
    plan
}

fn began(job: &Job) -> Option<Timestamp> {
    job.status.as_ref().and_then(|s| s.start_time.as_ref()).map(|t| t.0)
}
