//! Self subject rules reviews: what may I do in a namespace?

use crate::{Invalid, Kind};
pub use k8s_openapi::api::authorization::v1::SelfSubjectRulesReview;

impl Kind for SelfSubjectRulesReview {
    const VERBS: &'static [&'static str] = crate::kind::QUESTION;
    const DURABLE: bool = false;

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        if self.spec.namespace.as_deref().unwrap_or_default().is_empty() {
            invalid.required("spec.namespace", "no namespace on request");
        }
    }
}
