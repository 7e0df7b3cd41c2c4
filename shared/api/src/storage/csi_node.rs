//! CSI nodes: which storage drivers a node has.

use crate::Kind;
pub use k8s_openapi::api::storage::v1::CSINode;

impl Kind for CSINode {}
