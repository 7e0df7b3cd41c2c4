//! CSI drivers: what a storage driver can do.

use crate::{Column, Invalid, Kind, Version, metadata::valid_name, name};
pub use k8s_openapi::api::storage::v1::CSIDriver;
use k8s_openapi::api::storage::v1::{CSIDriverSpec, TokenRequest};
use std::collections::BTreeSet;

const FS_GROUP_POLICIES: &[&str] = &["File", "None", "ReadWriteOnceWithFSType"];
const LIFECYCLE_MODES: &[&str] = &["Persistent", "Ephemeral"];

impl Kind for CSIDriver {
    const SHOWN_LAST: bool = true;
    const VERSIONS: &'static [Version] = &[Version::alike(
        "storage.k8s.io",
        "v1beta1",
        "storage.k8s.io/v1beta1",
        Some(
            "storage.k8s.io/v1beta1 CSIDriver is deprecated in v1.19+, unavailable in v1.22+; use storage.k8s.io/v1 CSIDriver",
        ),
    )];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("AttachRequired", |d, _| d.spec.attach_required.unwrap_or(true).to_string()),
        Column::text("PodInfoOnMount", |d, _| d.spec.pod_info_on_mount.unwrap_or(false).to_string()),
        Column::text("StorageCapacity", |d, _| d.spec.storage_capacity.unwrap_or(false).to_string()),
        Column::text("TokenRequests", |d, _| audiences(&d.spec)),
        Column::text("RequiresRepublish", |d, _| d.spec.requires_republish.unwrap_or(false).to_string()),
        Column::text("Modes", |d, _| modes(&d.spec)),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        let spec = &mut self.spec;
        spec.attach_required.get_or_insert(true);
        spec.pod_info_on_mount.get_or_insert(false);
        spec.storage_capacity.get_or_insert(false);
        spec.requires_republish.get_or_insert(false);
        spec.se_linux_mount.get_or_insert(false);
        spec.fs_group_policy.get_or_insert_with(|| "ReadWriteOnceWithFSType".into());
        if spec.volume_lifecycle_modes.as_ref().is_none_or(Vec::is_empty) {
            spec.volume_lifecycle_modes = Some(vec!["Persistent".into()]);
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let spec = &self.spec;
        if let Some(policy) = spec.fs_group_policy.as_deref().filter(|p| !FS_GROUP_POLICIES.contains(p)) {
            invalid.unsupported("spec.fsGroupPolicy", policy, FS_GROUP_POLICIES);
        }
        valid_requests(spec.token_requests.as_deref().unwrap_or_default(), invalid);
        for mode in spec.volume_lifecycle_modes.iter().flatten() {
            if !LIFECYCLE_MODES.contains(&mode.as_str()) {
                invalid.unsupported("spec.volumeLifecycleModes", mode, LIFECYCLE_MODES);
            }
        }
        if let Some(period) = spec.node_allocatable_update_period_seconds.filter(|p| *p < 10) {
            let why = "must be greater than or equal to 10 seconds";
            invalid.value("spec.nodeAllocatableUpdatePeriodSeconds", period, why);
        }
        if let Some(old) = old.map(|o| &o.spec) {
            // The field is misspelt in Kubernetes, too.
            invalid.kept("spec.attachedRequired", &spec.attach_required, &old.attach_required);
            let (new, old) = (&spec.volume_lifecycle_modes, &old.volume_lifecycle_modes);
            invalid.kept("spec.volumeLifecycleModes", new, old);
        }
    }
}

fn valid_requests(requests: &[TokenRequest], invalid: &mut Invalid) {
    let mut seen = BTreeSet::new();
    for (at, request) in requests.iter().enumerate() {
        let path = format!("spec.tokenRequests[{at}]");
        if !seen.insert(&request.audience) {
            invalid.duplicate(format!("{path}.audience"), &request.audience);
            continue;
        }
        match request.expiration_seconds {
            Some(seconds) if seconds < 600 => {
                let why = "may not specify a duration less than 10 minutes";
                invalid.value(format!("{path}.expirationSeconds"), seconds, why);
            }
            Some(seconds) if seconds > 1 << 32 => {
                let why = "may not specify a duration larger than 2^32 seconds";
                invalid.value(format!("{path}.expirationSeconds"), seconds, why);
            }
            _ => {}
        }
    }
}

fn audiences(spec: &CSIDriverSpec) -> String {
    let found: Vec<_> = spec.token_requests.iter().flatten().map(|r| r.audience.as_str()).collect();
    if found.is_empty() { "<unset>".into() } else { found.join(",") }
}

fn modes(spec: &CSIDriverSpec) -> String {
    let modes = spec.volume_lifecycle_modes.clone().unwrap_or_default();
    if modes.is_empty() { "<none>".into() } else { modes.join(",") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let requests = json!([{"audience": "a", "expirationSeconds": 1}, {"audience": "a"}]);
        assert_eq!(
            findings::<CSIDriver>(json!({"spec": {"fsGroupPolicy": "X", "tokenRequests": requests,
                "volumeLifecycleModes": ["Y"], "nodeAllocatableUpdatePeriodSeconds": 1}})),
            [
                "spec.fsGroupPolicy: Unsupported value: \"X\": supported values: \"File\", \"None\", \
                 \"ReadWriteOnceWithFSType\"",
                "spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
                "spec.tokenRequests[1].audience: Duplicate value: \"a\"",
                "spec.volumeLifecycleModes: Unsupported value: \"Y\": supported values: \"Persistent\", \"Ephemeral\"",
                "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 1: must be greater than or equal to 10 seconds",
            ]
        );
        assert_eq!(
            changed::<CSIDriver>(json!({"spec": {}}), json!({"spec": {"attachRequired": false}})),
            ["spec.attachedRequired: Invalid value: false: field is immutable"]
        );
    }

    #[test]
    fn a_driver_is_shown_by_what_it_can_do() {
        assert_eq!(
            row::<CSIDriver>(json!({"spec": {}})),
            ["true", "false", "false", "<unset>", "false", "Persistent", "<unknown>"]
        );
    }
}
