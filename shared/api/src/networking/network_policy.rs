//! Network policies: which pods may speak to which.

mod validate;

use crate::{Column, Invalid, Kind, Version, cells, metadata::valid_name, name};
pub use k8s_openapi::api::networking::v1::NetworkPolicy;

impl Kind for NetworkPolicy {
    const VERSIONS: &'static [Version] = &[Version::alike(
        "extensions",
        "v1beta1",
        "extensions/v1beta1",
        Some(
            "extensions/v1beta1 NetworkPolicy is deprecated in v1.9+, unavailable in v1.16+; use networking.k8s.io/v1 NetworkPolicy",
        ),
    )];
    const SHORT_NAMES: &'static [&'static str] = &["netpol"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Pod-Selector", |p, _| {
            let selector = p.spec.as_ref().and_then(|s| s.pod_selector.clone()).unwrap_or_default();
            cells::selector(&selector)
        }),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.pod_selector.get_or_insert_default();
        let inward = spec.ingress.iter_mut().flatten().flat_map(|r| r.ports.iter_mut().flatten());
        let outward = spec.egress.iter_mut().flatten().flat_map(|r| r.ports.iter_mut().flatten());
        for port in inward.chain(outward) {
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
        if spec.policy_types.as_ref().is_none_or(Vec::is_empty) {
            let outward = spec.egress.as_ref().is_some_and(|e| !e.is_empty()).then(|| "Egress".into());
            spec.policy_types = Some(std::iter::once("Ingress".into()).chain(outward).collect());
        }
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if let Some(spec) = &self.spec {
            validate::valid(spec, invalid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, row};
    use serde_json::json;

    #[test]
    fn what_is_not_said_is_filled_in() {
        let policy = json!({"spec": {"egress": [{"ports": [{"port": 53}]}]}});
        let policy = completed::<NetworkPolicy>(policy);
        assert_eq!(
            policy["spec"],
            json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"],
                "egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}]})
        );
        assert_eq!(row::<NetworkPolicy>(policy), ["<none>", "<unknown>"]);
    }
}
