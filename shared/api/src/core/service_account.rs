//! Service accounts: who a pod is.

use crate::{Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::ServiceAccount;

impl Kind for ServiceAccount {
    const SHOWN_LAST: bool = true;
    const SHORT_NAMES: &'static [&'static str] = &["sa"];
    const SUBRESOURCES: &'static [&'static str] = &["token"];

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
    }
}
