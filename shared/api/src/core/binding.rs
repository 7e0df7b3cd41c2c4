//! Bindings: a pod is to run on this node. They are said, done and forgotten.

use crate::{Invalid, Kind};
pub use k8s_openapi::api::core::v1::Binding;

impl Kind for Binding {
    const VERBS: &'static [&'static str] = crate::kind::QUESTION;
    const DURABLE: bool = false;

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        if self.metadata.name.as_deref().unwrap_or_default().is_empty() {
            invalid.required("metadata.name", "name or generateName is required");
        }
        let kind = self.target.kind.as_deref().unwrap_or_default();
        if !matches!(kind, "" | "Node") {
            invalid.unsupported("target.kind", kind, &["Node", "<empty>"]);
        }
        if self.target.name.as_deref().unwrap_or_default().is_empty() {
            invalid.required("target.name", "");
        }
    }
}
