//! Local subject access reviews: may somebody do this in my namespace?

use crate::{Invalid, Kind};
pub use k8s_openapi::api::authorization::v1::LocalSubjectAccessReview;

impl Kind for LocalSubjectAccessReview {
    const VERBS: &'static [&'static str] = crate::kind::QUESTION;
    const DURABLE: bool = false;

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        super::asks_about_somebody(&self.spec, invalid);
        let asked = self.spec.resource_attributes.as_ref().and_then(|a| a.namespace.as_deref());
        let asked = asked.unwrap_or_default();
        if self.spec.resource_attributes.is_some()
            && asked != self.metadata.namespace.as_deref().unwrap_or_default()
        {
            invalid.value("spec.resourceAttributes.namespace", asked, "must match metadata.namespace");
        }
        if let Some(path) = &self.spec.non_resource_attributes {
            invalid.value("spec.nonResourceAttributes", path, "disallowed on this kind of request");
        }
    }
}
