//! Leases: who is alive, and who leads.

use crate::{Column, Invalid, Kind, Version, metadata::valid_name, name};
pub use k8s_openapi::api::coordination::v1::Lease;

impl Kind for Lease {
    const VERSIONS: &'static [Version] = &[Version::alike(
        "coordination.k8s.io",
        "v1beta1",
        "coordination.k8s.io/v1beta1",
        Some(
            "coordination.k8s.io/v1beta1 Lease is deprecated in v1.19+, unavailable in v1.22+; use coordination.k8s.io/v1 Lease",
        ),
    )];
    const COLUMNS: &'static [Column<Self>] = &[Column::text("Holder", |l, _| holder(l)), Column::age()];

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let Some(spec) = &self.spec else { return };
        if let Some(seconds) = spec.lease_duration_seconds.filter(|s| *s <= 0) {
            invalid.value("spec.leaseDurationSeconds", seconds, "must be greater than 0");
        }
        if let Some(count) = spec.lease_transitions.filter(|c| *c < 0) {
            invalid.value("spec.leaseTransitions", count, "must be greater than or equal to 0");
        }
    }
}

fn holder(lease: &Lease) -> String {
    lease.spec.as_ref().and_then(|s| s.holder_identity.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::findings;
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let found = findings::<Lease>(json!({"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1}}));
        assert_eq!(
            found,
            [
                "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
                "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0"
            ]
        );
    }
}
