//! Cron jobs: jobs made by the clock.

mod schedule;
mod zone;

use crate::{
    Column, Invalid, Kind, Version,
    apps::workload::{self, Templated},
    batch::job,
    cells,
    convert::alike,
    core::pod::validate::at_least,
    metadata::valid_name,
    name,
};
pub use k8s_openapi::api::batch::v1::CronJob;
use k8s_openapi::api::{
    batch::v1::{CronJobSpec, JobTemplateSpec},
    core::v1::PodTemplateSpec,
};
pub use schedule::Schedule;
pub use zone::zone;

/// A job is called after its cron job and the minute it is for: `-29400000`, and has 63 bytes for all of it.
const NAME_MAX: usize = 63 - 11;

impl Kind for CronJob {
    const SHORT_NAMES: &'static [&'static str] = &["cj"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const VERSIONS: &'static [Version] = &[alike(
        "batch",
        "v1beta1",
        "batch/v1beta1",
        "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob",
    )];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Schedule", |c, _| c.spec.as_ref().map(|s| s.schedule.clone()).unwrap_or_default()),
        Column::text("Timezone", |c, _| cells::or_none(c.spec.as_ref().and_then(|s| s.time_zone.as_deref()))),
        Column::text("Suspend", |c, _| {
            let word = match c.spec.as_ref().and_then(|s| s.suspend) {
                Some(true) => "True",
                Some(false) => "False",
                None => "<unset>",
            };
            word.into()
        }),
        Column::integer("Active", |c, _| {
            c.status.as_ref().and_then(|s| s.active.as_ref()).map_or(0, Vec::len).to_string()
        }),
        Column::text("Last Schedule", |c, now| {
            let last = c.status.as_ref().and_then(|s| s.last_schedule_time.as_ref());
            cells::since(last, now).unwrap_or_else(|| cells::or_none(None))
        }),
        Column::age(),
        workload::names(),
        workload::images(),
        workload::selector(),
    ];

    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        if let Some(job) = &mut spec.job_template.spec {
            workload::complete(Some(&mut job.template));
        }
        if spec.concurrency_policy.as_deref().unwrap_or_default().is_empty() {
            spec.concurrency_policy = Some("Allow".into());
        }
        spec.suspend.get_or_insert(false);
        spec.successful_jobs_history_limit.get_or_insert(3);
        spec.failed_jobs_history_limit.get_or_insert(1);
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let name = self.metadata.name.as_deref().unwrap_or_default();
        if old.is_none() && name.len() > NAME_MAX {
            invalid.value("metadata.name", name, &format!("must be no more than {NAME_MAX} bytes"));
        }
        let nothing = CronJobSpec::default();
        valid(self.spec.as_ref().unwrap_or(&nothing), old.and_then(|o| o.spec.as_ref()), invalid);
    }
}

impl Templated for CronJob {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref()?.job_template.spec.as_ref().map(|job| &job.template)
    }

    fn selector(&self) -> String {
        let job = self.spec.as_ref().and_then(|s| s.job_template.spec.as_ref());
        job.and_then(|j| j.selector.as_ref()).map_or_else(|| cells::or_none(None), cells::selector)
    }
}

fn valid(spec: &CronJobSpec, old: Option<&CronJobSpec>, invalid: &mut Invalid) {
    valid_schedule(spec, old, invalid);
    if let Some(seconds) = spec.starting_deadline_seconds.filter(|s| *s < 0) {
        let why = "must be greater than or equal to 0";
        invalid.value("spec.startingDeadlineSeconds", seconds, why);
    }
    if old.is_none_or(|o| o.time_zone != spec.time_zone)
        && let Some(zone) = &spec.time_zone
        && let Some(why) = zone::wrong(zone)
    {
        invalid.value("spec.timeZone", zone, &why);
    }
    match spec.concurrency_policy.as_deref().unwrap_or_default() {
        "" => invalid.required("spec.concurrencyPolicy", ""),
        "Allow" | "Forbid" | "Replace" => {}
        other => invalid.unsupported("spec.concurrencyPolicy", other, &["Allow", "Forbid", "Replace"]),
    }
    valid_template(&spec.job_template, invalid);
    for (field, number) in [
        ("successfulJobsHistoryLimit", spec.successful_jobs_history_limit),
        ("failedJobsHistoryLimit", spec.failed_jobs_history_limit),
    ] {
        at_least(0, number, format!("spec.{field}"), invalid);
    }
}

fn valid_schedule(spec: &CronJobSpec, old: Option<&CronJobSpec>, invalid: &mut Invalid) {
    let field = "spec.schedule";
    if spec.schedule.is_empty() {
        return invalid.required(field, "");
    }
    if let Some(why) = Schedule::parse(&spec.schedule).err() {
        invalid.value(field, &spec.schedule, &why);
    }
    // Cron jobs from before there was a field for the zone may keep it where it was.
    let zoned = spec.schedule.contains("TZ");
    match old.is_some_and(|o| o.schedule.contains("TZ")) {
        true if zoned && spec.time_zone.is_some() => {
            let why = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
            invalid.value(field, &spec.schedule, why);
        }
        false if zoned => {
            let why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            invalid.value(field, &spec.schedule, why);
        }
        _ => {}
    }
}

/// The jobs to be choose their pods themselves.
fn valid_template(template: &JobTemplateSpec, invalid: &mut Invalid) {
    let path = "spec.jobTemplate.spec";
    let nothing = k8s_openapi::api::batch::v1::JobSpec::default();
    let spec = template.spec.as_ref().unwrap_or(&nothing);
    job::valid_spec(spec, path, invalid);
    if let Some(selector) = &spec.selector {
        invalid.value(format!("{path}.selector"), selector, "`selector` will be auto-generated");
    }
    if spec.manual_selector == Some(true) {
        invalid.unsupported(format!("{path}.manualSelector"), &true, &["nil", "false"]);
    }
}

#[cfg(test)]
mod tests;
