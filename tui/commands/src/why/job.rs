//! How far a job is, or why it does not get on.

use super::{Known, Report, conditions, one_line, pod, rows};
use shared_api::{Object, batch::Job};

pub(super) fn why(object: &Object, job: &Job, known: &Known<'_>) -> Report {
    let name = format!("Job {}", object.name());
    let spec = job.spec.clone().unwrap_or_default();
    let status = job.status.clone().unwrap_or_default();
    let conditions = conditions(object);
    let says = |type_: &str| conditions.iter().find(|c| c.type_ == type_ && c.status == "True");
    let done = status.succeeded.unwrap_or(0);
    let done = spec.completions.map_or_else(|| format!("{done} done"), |all| format!("{done} of {all} done"));
    let failed = status.failed.filter(|n| *n > 0).map_or(String::new(), |n| format!(", {n} failed"));
    let counts = format!("{done}{failed}");
    let mut report = if let Some(failed) = says("Failed") {
        let why = one_line(&failed.message);
        Report::answer(format!("{name} has failed: {}: {why}; {counts}", failed.reason))
    } else if says("Complete").is_some() {
        Report::answer(format!("{name} has done its work: {counts}"))
    } else if let Some(target) = says("FailureTarget") {
        let why = one_line(&target.message);
        Report::answer(format!("{name} is about to fail: {why}; its pods are still ending"))
    } else if let Some(manager) = spec.managed_by.filter(|m| m != "kubernetes.io/job-controller") {
        Report::answer(format!("{name} is left to {manager}: nothing here acts on it; {counts}"))
    } else if spec.suspend == Some(true) {
        let mut report = Report::answer(format!("{name} is suspended: {counts}"));
        let patch = r#"--type=merge -p '{"spec":{"suspend":false}}'"#;
        report.try_this(format!("patch job/{} {patch}", object.name()));
        report
    } else {
        let active = status.active.unwrap_or(0);
        let waits = if active == 0 { ": the next pod is made after a pause" } else { "" };
        let waits = if status.failed.unwrap_or(0) > 0 { waits } else { "" };
        Report::answer(format!("{name} goes on: {counts}, {active} at work{waits}"))
    };
    let pods = super::pods_of(object, known.world).unwrap_or_default();
    let ill: Vec<_> = pods.iter().filter(|pod| !pod::is_ready(pod)).collect();
    let over = |answer: &String| !answer.contains("has done its work");
    let answers: Vec<_> = ill.iter().map(|pod| pod::summary(pod, known).answer).filter(over).collect();
    report.section("Pods that did not do well", answers);
    let first = ill.iter().find(|pod| over(&pod::summary(pod, known).answer));
    if let Some(first) = first.filter(|_| says("Complete").is_none()) {
        let found = pod::why(&Object::from_kind(&***first), first, known);
        report.remedies.extend(found.remedies);
        report.sections.extend(found.sections);
    }
    report.table("Conditions", &rows(&conditions));
    report
}
