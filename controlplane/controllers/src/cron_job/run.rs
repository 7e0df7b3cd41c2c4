//! Starting a job, and ending the one that it replaces.

use super::Scene;
use shared_api::{
    Key, OwnedBy, Timestamp,
    batch::{Job, TimeZone, zone},
    core::ObjectReference,
    meta::ObjectMeta,
};
use shared_reconcile::{Note, Plan};

/// Where a job says for which time it was made.
pub(super) const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// What the job for a time is called: a second of the same name cannot be made.
pub(super) fn name(scene: &Scene<'_>, at: Timestamp) -> String {
    let cron = scene.cron.metadata.name.as_deref().unwrap_or_default();
    format!("{cron}-{}", at.as_second().div_euclid(60))
}

/// Starts the job for a time, unless it was.
pub(super) fn started(scene: &Scene<'_>, plan: Plan, at: Timestamp) -> Plan {
    let namespace = scene.cron.metadata.namespace.as_deref().unwrap_or_default();
    let name = name(scene, at);
    if let Some(there) = scene.world.object(&Key::of::<Job>(namespace, &name)) {
        let ours = there.controller().is_some_and(|o| Some(&o.uid) == scene.cron.metadata.uid.as_ref());
        let why = || format!("Error creating job: jobs.batch {name:?} already exists");
        return if ours { plan } else { plan.record(Note::warning(scene.cron, "FailedCreate", why())) };
    }
    plan.create(&job(scene, name, at)).telling("SuccessfulCreate", "Created job ")
}

fn job(scene: &Scene<'_>, name: String, at: Timestamp) -> Job {
    let template = scene.spec.job_template.clone();
    let theirs = template.metadata.unwrap_or_default();
    let zone = scene.spec.time_zone.as_deref().and_then(zone).unwrap_or(TimeZone::UTC);
    let offset = at.to_zoned(zone);
    let when = match offset.offset().seconds() {
        0 => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        _ => offset.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    };
    let mut annotations = theirs.annotations.unwrap_or_default();
    annotations.insert(SCHEDULED.into(), when);
    let metadata = ObjectMeta {
        name: Some(name),
        namespace: scene.cron.metadata.namespace.clone(),
        labels: theirs.labels,
        annotations: Some(annotations),
        ..ObjectMeta::default()
    };
    Job { metadata, spec: template.spec, status: None }.owned_by(scene.cron)
}

/// Ends a job that another takes the place of.
pub(super) fn replaced(scene: &Scene<'_>, plan: Plan, known: &ObjectReference) -> Plan {
    match scene.jobs.iter().find(|job| job.metadata.uid == known.uid) {
        Some(job) => plan.delete::<Job>(&job.metadata).telling("SuccessfulDelete", "Deleted job "),
        None => plan,
    }
}
