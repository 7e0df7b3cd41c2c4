//! Token reviews: who shows this token?

use crate::Kind;
pub use k8s_openapi::api::authentication::v1::TokenReview;

impl Kind for TokenReview {
    const VERBS: &'static [&'static str] = crate::kind::QUESTION;
    const DURABLE: bool = false;
}
