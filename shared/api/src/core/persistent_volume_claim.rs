//! Persistent volume claims: storage somebody wants.

mod validate;

use crate::{Column, Invalid, Kind, core::access_modes, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::core::v1::{
    PersistentVolumeClaimSpec, PersistentVolumeClaimStatus, TypedLocalObjectReference, TypedObjectReference,
};
pub(crate) use validate::valid_spec;

/// How a claim named its class before there was a field for it.
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

impl Kind for PersistentVolumeClaim {
    const SHOWN_LAST: bool = true;
    const SHORT_NAMES: &'static [&'static str] = &["pvc"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Status", |c, _| phase(c)),
        Column::text("Volume", |c, _| volume(c).to_owned()),
        Column::text("Capacity", |c, _| bound(c, |s| Some(s.capacity.as_ref()?.get("storage")?.0.clone()))),
        Column::text("Access Modes", |c, _| bound(c, |s| Some(access_modes::text(s.access_modes.as_ref())))),
        Column::text("StorageClass", |c, _| class(c).unwrap_or_default().to_owned()),
        Column::text("VolumeAttributesClass", |c, _| {
            spec(c, |s| s.volume_attributes_class_name.clone()).unwrap_or("<unset>".into())
        }),
        Column::age(),
        Column::text("VolumeMode", |c: &Self, _| {
            spec(c, |s| s.volume_mode.clone()).unwrap_or("<unset>".into())
        })
        .wide(),
    ];

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            complete(spec);
        }
        let status = self.status.get_or_insert_default();
        if status.phase.as_deref().unwrap_or_default().is_empty() {
            status.phase = Some("Pending".into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = PersistentVolumeClaimSpec::default();
        validate::valid_spec(self.spec.as_ref().unwrap_or(&nothing), "spec", invalid);
        if let Some(old) = old {
            validate::kept(self, old, invalid);
        }
    }
}

/// Fills in what the author left out.
pub(crate) fn complete(spec: &mut PersistentVolumeClaimSpec) {
    spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
    // The newer field can say more; where both can say it, they say the same.
    match (&spec.data_source, &spec.data_source_ref) {
        (Some(old), None) => {
            spec.data_source_ref = Some(TypedObjectReference {
                api_group: old.api_group.clone(),
                kind: old.kind.clone(),
                name: old.name.clone(),
                namespace: None,
            });
        }
        (None, Some(new)) if new.namespace.as_deref().unwrap_or_default().is_empty() && copied(new) => {
            spec.data_source = Some(TypedLocalObjectReference {
                api_group: new.api_group.clone(),
                kind: new.kind.clone(),
                name: new.name.clone(),
            });
        }
        _ => {}
    }
}

/// Whether the older field may name such a source.
fn copied(source: &TypedObjectReference) -> bool {
    let group = source.api_group.as_deref().unwrap_or_default();
    let known = [("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot")];
    known.contains(&(group, source.kind.as_str()))
}

/// The class a claim asks for.
pub fn class(claim: &PersistentVolumeClaim) -> Option<&str> {
    let annotation = claim.metadata.annotations.as_ref().and_then(|a| a.get(BETA_CLASS));
    annotation.or(claim.spec.as_ref()?.storage_class_name.as_ref()).map(String::as_str)
}

fn spec(
    claim: &PersistentVolumeClaim,
    get: impl Fn(&PersistentVolumeClaimSpec) -> Option<String>,
) -> Option<String> {
    claim.spec.as_ref().and_then(get)
}

fn volume(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.as_ref().and_then(|s| s.volume_name.as_deref()).unwrap_or_default()
}

fn phase(claim: &PersistentVolumeClaim) -> String {
    if claim.metadata.deletion_timestamp.is_some() {
        return "Terminating".into();
    }
    claim.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default()
}

/// What is known of the volume, once there is one.
fn bound(
    claim: &PersistentVolumeClaim,
    get: impl Fn(&PersistentVolumeClaimStatus) -> Option<String>,
) -> String {
    if volume(claim).is_empty() {
        return String::new();
    }
    claim.status.as_ref().and_then(get).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, row};
    use serde_json::json;

    #[test]
    fn a_claim_is_shown_by_its_volume() {
        let mut claim = json!({
            "spec": {"volumeName": "v", "storageClassName": "slow"},
            "status": {"phase": "Bound", "capacity": {"storage": "8Gi"}, "accessModes": ["ReadWriteOnce"]}
        });
        assert_eq!(
            row::<PersistentVolumeClaim>(claim.clone()),
            ["Bound", "v", "8Gi", "RWO", "slow", "<unset>", "<unknown>", "Filesystem"]
        );
        claim["spec"]["volumeName"] = json!("");
        assert_eq!(row::<PersistentVolumeClaim>(claim)[2..4], ["", ""]);
    }

    #[test]
    fn a_source_is_named_in_both_fields() {
        let source = json!({"kind": "PersistentVolumeClaim", "name": "a"});
        let claim = completed::<PersistentVolumeClaim>(json!({"spec": {"dataSource": source}}));
        assert_eq!(claim["spec"]["dataSourceRef"], source);
        let claim = completed::<PersistentVolumeClaim>(json!({"spec": {"dataSourceRef": source}}));
        assert_eq!((&claim["spec"]["dataSource"], &claim["status"]), (&source, &json!({"phase": "Pending"})));
    }
}
