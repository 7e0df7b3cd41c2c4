//! The `authentication.k8s.io` group: questions about who somebody is. They are answered, never stored.

mod self_subject_review;
mod token_review;

pub use k8s_openapi::api::authentication::v1::*;
pub use self_subject_review::SelfSubjectReview;
pub use token_review::TokenReview;
