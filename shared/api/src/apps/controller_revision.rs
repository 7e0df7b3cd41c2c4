//! Controller revisions: what a stateful or daemon set looked like before.

use crate::Kind;
pub use k8s_openapi::api::apps::v1::ControllerRevision;

impl Kind for ControllerRevision {}
