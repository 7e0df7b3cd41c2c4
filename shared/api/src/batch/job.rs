//! Jobs: pods that end, run until enough of them have.

mod defaults;
mod failure;
mod indexes;
mod owned;
mod status;
mod update;
mod validate;

use crate::{
    Column, Field, Invalid, Kind, Timestamp, ago,
    apps::workload::{self, Templated},
    cells,
    metadata::valid_name,
    name,
};
pub use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::{
    batch::v1::{JobSpec, JobStatus},
    core::v1::PodTemplateSpec,
};
pub(super) use validate::{valid_owned, valid_spec};

impl Kind for Job {
    const CATEGORIES: &'static [&'static str] = &["all"];
    const ORPHANS: bool = true;
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Status", |j, _| stage(j).into()),
        Column::text("Completions", |j, _| completions(j)),
        Column::text("Duration", duration),
        Column::age(),
        workload::names(),
        workload::images(),
        workload::selector(),
    ];
    const FIELDS: &'static [Field<Self>] =
        &[Field { path: "status.successful", get: |j| succeeded(j).to_string() }];

    fn begin(&mut self) {
        owned::mark(self);
    }

    fn warnings(&self) -> Vec<String> {
        let name = self.metadata.name.as_deref().unwrap_or_default();
        let why = Some(name).filter(|n| !n.is_empty()).and_then(name::label);
        let told = "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS \
                    label is recommended";
        why.map(|why| format!("{told}: [{why}]")).into_iter().collect()
    }

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            defaults::complete(spec);
            workload::label(&mut self.metadata, Some(&spec.template));
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = JobSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        owned::valid(&self.metadata, spec, invalid);
        valid_spec(spec, "spec", invalid);
        valid_owned(spec, invalid);
        validate::valid_host_names(&self.metadata, spec, invalid);
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            status::valid(status, old.and_then(|o| o.status.as_ref()), invalid);
        }
        if let Some((old, was)) = old.and_then(|o| Some((o, o.spec.as_ref()?))) {
            let started = old.status.as_ref().is_some_and(|s| s.start_time.is_some());
            update::valid(spec, was, started, invalid);
        }
    }
}

impl Templated for Job {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref().map(|s| &s.template)
    }

    fn selector(&self) -> String {
        let selector = self.spec.as_ref().and_then(|s| s.selector.as_ref());
        selector.map_or_else(|| cells::or_none(None), cells::selector)
    }
}

fn succeeded(job: &Job) -> i32 {
    job.status.as_ref().and_then(|s| s.succeeded).unwrap_or(0)
}

fn is(status: &JobStatus, condition: &str) -> bool {
    status.conditions.iter().flatten().any(|c| c.type_ == condition && c.status == "True")
}

/// Where a job is in its life, in one word.
fn stage(job: &Job) -> &'static str {
    let nothing = JobStatus::default();
    let status = job.status.as_ref().unwrap_or(&nothing);
    if is(status, "Complete") {
        "Complete"
    } else if is(status, "Failed") {
        "Failed"
    } else if job.metadata.deletion_timestamp.is_some() {
        "Terminating"
    } else if is(status, "Suspended") {
        "Suspended"
    } else if is(status, "FailureTarget") {
        "FailureTarget"
    } else {
        "Running"
    }
}

fn completions(job: &Job) -> String {
    let spec = job.spec.as_ref();
    let done = succeeded(job);
    match (spec.and_then(|s| s.completions), spec.and_then(|s| s.parallelism).unwrap_or(0)) {
        (Some(wanted), _) => format!("{done}/{wanted}"),
        (None, workers @ 2..) => format!("{done}/1 of {workers}"),
        (None, _) => format!("{done}/1"),
    }
}

fn duration(job: &Job, now: Timestamp) -> String {
    let status = job.status.as_ref();
    let Some(began) = status.and_then(|s| s.start_time.as_ref()) else { return String::new() };
    ago(began.0, status.and_then(|s| s.completion_time.as_ref()).map_or(now, |t| t.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::{Value, json};

    fn job(mut spec: Value, status: &Value) -> Value {
        spec["template"] = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}]}});
        json!({"metadata": {"name": "a", "uid": "u"}, "spec": spec, "status": status})
    }

    #[test]
    fn a_job_is_shown_by_how_far_it_is() {
        let began = "2026-01-01T00:00:30Z";
        let done = json!([{"type": "Complete", "status": "True"}]);
        let held = json!([{"type": "Suspended", "status": "True"}]);
        for (spec, status, stage, completions, duration) in [
            (json!({}), json!({"startTime": began}), "Running", "0/1", "30s"),
            (json!({"parallelism": 3}), json!({"succeeded": 1}), "Running", "1/1 of 3", ""),
            (json!({"completions": 5}), json!({"conditions": held}), "Suspended", "0/5", ""),
            (
                json!({}),
                json!({"succeeded": 1, "startTime": began, "completionTime": "2026-01-01T00:00:35Z", "conditions": done}),
                "Complete",
                "1/1",
                "5s",
            ),
        ] {
            let row = row::<Job>(job(spec, &status));
            assert_eq!(row[..3], [stage, completions, duration]);
            assert_eq!(row[4..], ["a", "x:1", "batch.kubernetes.io/controller-uid=u"]);
        }
    }
}
