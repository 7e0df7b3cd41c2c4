//! Self subject reviews: who am I?

use crate::Kind;
pub use k8s_openapi::api::authentication::v1::SelfSubjectReview;

impl Kind for SelfSubjectReview {
    const VERBS: &'static [&'static str] = crate::kind::QUESTION;
    const DURABLE: bool = false;
}
