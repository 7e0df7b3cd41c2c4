//! The `authorization.k8s.io` group: questions about who may do what. They are answered, never stored.

mod local_subject_access_review;
mod self_subject_access_review;
mod self_subject_rules_review;
mod subject_access_review;

pub use k8s_openapi::api::authorization::v1::*;
pub use local_subject_access_review::LocalSubjectAccessReview;
pub use self_subject_access_review::SelfSubjectAccessReview;
pub use self_subject_rules_review::SelfSubjectRulesReview;
pub use subject_access_review::SubjectAccessReview;

use crate::Invalid;

/// Exactly one of the two is asked about.
fn asks_one_thing(
    resource: Option<&ResourceAttributes>,
    path: Option<&NonResourceAttributes>,
    invalid: &mut Invalid,
) {
    match (resource, path) {
        (Some(_), Some(path)) => {
            let why = "cannot be specified in combination with resourceAttributes";
            invalid.value("spec.nonResourceAttributes", path, why);
        }
        (None, None) => {
            let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            invalid.value("spec.resourceAttributes", resource, why);
        }
        _ => {}
    }
}

/// Somebody is asked about.
fn asks_about_somebody(spec: &SubjectAccessReviewSpec, invalid: &mut Invalid) {
    asks_one_thing(spec.resource_attributes.as_ref(), spec.non_resource_attributes.as_ref(), invalid);
    let nobody = spec.user.as_deref().unwrap_or_default().is_empty();
    if nobody && spec.groups.as_ref().is_none_or(Vec::is_empty) {
        invalid.value("spec.user", "", "at least one of user or group must be specified");
    }
}
