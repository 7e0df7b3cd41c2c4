//! The `batch` group.

mod cron_job;
mod job;

pub use cron_job::{CronJob, Schedule, zone};
pub use jiff::tz::TimeZone;
pub use job::Job;
pub use k8s_openapi::api::batch::v1::*;
