//! Cron jobs: jobs made by the clock.

use crate::Kind;
pub use k8s_openapi::api::batch::v1::CronJob;

impl Kind for CronJob {
    const SHORT_NAMES: &'static [&'static str] = &["cj"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
