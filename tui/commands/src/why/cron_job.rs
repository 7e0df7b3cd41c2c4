//! When a cron job runs next, or why it does not.

use super::{Known, Report, one_line};
use shared_api::{
    Object, ago,
    batch::{CronJob, Schedule, TimeZone, zone},
};

/// Reasons of events that say why a run was left out.
const LEFT_OUT: &[&str] = &[
    "FailedCreate",
    "InvalidSchedule",
    "JobAlreadyActive",
    "TooManyMissedTimes",
    "UnknownTimeZone",
    "UnparseableSchedule",
];

pub(super) fn why(object: &Object, cron: &CronJob, known: &Known<'_>) -> Report {
    let name = format!("CronJob {}", object.name());
    let spec = cron.spec.clone().unwrap_or_default();
    let status = cron.status.clone().unwrap_or_default();
    let zone = spec.time_zone.as_deref().map_or(Some(TimeZone::UTC), zone);
    let next = Schedule::parse(&spec.schedule).and_then(|schedule| {
        let zone = zone.ok_or_else(|| "its time zone is unknown".to_owned())?;
        Ok(schedule.after(known.now(), &zone))
    });
    let last = status.last_schedule_time.as_ref();
    let last =
        last.map_or("it has never run".into(), |t| format!("it last ran {} ago", ago(t.0, known.now())));
    let mut report = match next {
        _ if spec.suspend == Some(true) => {
            let mut report = Report::answer(format!("{name} is suspended; {last}"));
            let patch = r#"--type=merge -p '{"spec":{"suspend":false}}'"#;
            report.try_this(format!("patch cronjob/{} {patch}", object.name()));
            report
        }
        Err(why) => Report::answer(format!("{name} cannot be run: {:?}: {why}", spec.schedule)),
        Ok(None) => Report::answer(format!("{name} never runs: {:?} does not happen", spec.schedule)),
        Ok(Some(at)) => {
            Report::answer(format!("{name} runs next at {at}, in {}; {last}", ago(known.now(), at)))
        }
    };
    let events = known.events(object);
    let out = events.iter().find(|e| e.reason.as_deref().is_some_and(|reason| LEFT_OUT.contains(&reason)));
    if let Some(event) = out {
        let message = one_line(event.message.as_deref().unwrap_or_default());
        report.section("Why it did not run", vec![message]);
    }
    let names = status.active.iter().flatten().filter_map(|job| job.name.clone());
    report.section("Jobs at work", names.collect());
    report
}
