//! Which jobs of a cron job are at work, and when one last did well.

use super::{Scene, run};
use crate::job::finished;
use shared_api::{Time, batch::Job, core::ObjectReference};
use shared_reconcile::{Note, reference_to};

/// What the jobs say.
pub(super) struct Seen {
    pub(super) active: Vec<ObjectReference>,
    pub(super) successful: Option<Time>,
    pub(super) notes: Vec<Note>,
}

/// Looks through the jobs.
pub(super) fn seen(scene: &Scene<'_>) -> Seen {
    let mut active = scene.status.active.clone().unwrap_or_default();
    let mut successful = scene.status.last_successful_time.clone();
    let mut notes = Vec::new();
    active.retain(|known| {
        let there = scene.jobs.iter().any(|job| job.metadata.uid == known.uid);
        if !there {
            let name = known.name.as_deref().unwrap_or_default();
            let why = format!("Active job went missing: {name}");
            notes.push(Note::normal(scene.cron, "MissingJob", why));
        }
        there
    });
    for job in &scene.jobs {
        let name = job.metadata.name.as_deref().unwrap_or_default();
        let known = active.iter().any(|known| known.uid == job.metadata.uid);
        match finished(job) {
            Some(end) => {
                if known {
                    active.retain(|known| known.uid != job.metadata.uid);
                    let why = format!("Saw completed job: {name}, condition: {}", end.type_);
                    notes.push(Note::normal(scene.cron, "SawCompletedJob", why));
                }
                let ended = job.status.as_ref().and_then(|s| s.completion_time.clone());
                if end.type_ == "Complete" && ended.as_ref().map(|t| t.0) > successful.as_ref().map(|t| t.0) {
                    successful = ended;
                }
            }
            None if known || job.metadata.deletion_timestamp.is_some() => {}
            None if is_ours(scene, job) => active.push(reference_to(&**job)),
            None => {
                let why = format!("Saw a job that the controller did not create or forgot: {name}");
                notes.push(Note::warning(scene.cron, "UnexpectedJob", why));
            }
        }
    }
    Seen { active, successful, notes }
}

/// Whether the schedule made a job, and not somebody by hand: it is called after the time it was made for.
fn is_ours(scene: &Scene<'_>, job: &Job) -> bool {
    let when = job.metadata.annotations.as_ref().and_then(|notes| notes.get(run::SCHEDULED));
    let at = when.and_then(|when| when.parse().ok());
    at.is_some_and(|at| job.metadata.name == Some(run::name(scene, at)))
}
