//! Jobs: pods that end, run until enough of them have.

use crate::Kind;
pub use k8s_openapi::api::batch::v1::Job;

impl Kind for Job {
    const CATEGORIES: &'static [&'static str] = &["all"];
    const ORPHANS: bool = true;
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
