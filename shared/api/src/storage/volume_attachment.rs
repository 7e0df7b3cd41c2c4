//! Volume attachments: which volume is to be at which node.

use crate::Kind;
pub use k8s_openapi::api::storage::v1::VolumeAttachment;

impl Kind for VolumeAttachment {
    const SUBRESOURCES: &'static [&'static str] = &["status"];
}
