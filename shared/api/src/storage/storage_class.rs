//! Storage classes: kinds of storage that claims may ask for.

use crate::Kind;
pub use k8s_openapi::api::storage::v1::StorageClass;

impl Kind for StorageClass {
    const SHORT_NAMES: &'static [&'static str] = &["sc"];
}
