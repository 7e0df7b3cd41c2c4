//! Namespaces: rooms that names are unique in.

use crate::{Column, Field, Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::Namespace;

/// Finalizers that need no domain.
const OWN_FINALIZERS: &[&str] = &["kubernetes", "foregroundDeletion", "orphan"];

impl Kind for Namespace {
    const SHORT_NAMES: &'static [&'static str] = &["ns"];
    // Never many at once.
    const VERBS: &'static [&'static str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "finalize"];
    const COLUMNS: &'static [Column<Self>] = &[Column::text("Status", |n, _| phase(n)), Column::age()];
    const FIELDS: &'static [Field<Self>] = &[Field { path: "status.phase", get: phase }];

    fn set_defaults(&mut self) {
        if let Some(name) = self.metadata.name.clone().filter(|n| !n.is_empty()) {
            self.metadata.labels.get_or_insert_default().insert("kubernetes.io/metadata.name".into(), name);
        }
        let deleted = self.metadata.deletion_timestamp.is_some();
        let status = self.status.get_or_insert_default();
        if status.phase.as_deref().unwrap_or_default().is_empty() {
            status.phase = Some(if deleted { "Terminating" } else { "Active" }.into());
        }
        if !deleted {
            let finalizers = self.spec.get_or_insert_default().finalizers.get_or_insert_default();
            if finalizers.is_empty() {
                finalizers.push("kubernetes".into());
            }
        }
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::label, invalid);
        for (at, finalizer) in self.spec.iter().flat_map(|s| s.finalizers.iter().flatten()).enumerate() {
            let field = format!("spec.finalizers[{at}]");
            if let Some(why) = name::qualified(finalizer) {
                invalid.value(field, finalizer, &why);
            } else if !finalizer.contains('/') && !OWN_FINALIZERS.contains(&finalizer.as_str()) {
                let why = "name is neither a standard finalizer name nor is it fully qualified";
                invalid.value(field, finalizer, why);
            }
        }
    }
}

fn phase(namespace: &Namespace) -> String {
    namespace.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, findings};
    use serde_json::json;

    #[test]
    fn a_living_namespace_is_kept_until_it_is_empty() {
        let alive = completed::<Namespace>(json!({}));
        assert_eq!(alive["spec"]["finalizers"], json!(["kubernetes"]));
        assert_eq!(alive["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "a"}));
        let dying = json!({"metadata": {"name": "a", "deletionTimestamp": "2026-01-01T00:00:00Z"}});
        let dying = completed::<Namespace>(dying);
        assert_eq!((dying.get("spec"), &dying["status"]["phase"]), (None, &json!("Terminating")));
    }

    #[test]
    fn a_name_is_a_label() {
        let found = findings::<Namespace>(json!({"metadata": {"name": "a.b"}}));
        assert!(found[0].starts_with("metadata.name: Invalid value: \"a.b\": a lowercase RFC 1123 label"));
    }
}
