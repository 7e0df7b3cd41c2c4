//! Subject access reviews: may somebody do this?

use crate::{Invalid, Kind};
pub use k8s_openapi::api::authorization::v1::SubjectAccessReview;

impl Kind for SubjectAccessReview {
    const VERBS: &'static [&'static str] = crate::kind::QUESTION;
    const DURABLE: bool = false;

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        super::asks_about_somebody(&self.spec, invalid);
    }
}
