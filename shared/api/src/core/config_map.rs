//! Config maps: settings for pods to read.

use crate::{Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::ConfigMap;

impl Kind for ConfigMap {
    const SHORT_NAMES: &'static [&'static str] = &["cm"];

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
    }
}
