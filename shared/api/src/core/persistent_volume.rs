//! Persistent volumes: storage the cluster has, whoever uses it.

mod source;
mod validate;

use crate::{Column, Invalid, Kind, cells, core::access_modes, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::PersistentVolume;
use k8s_openapi::api::core::v1::PersistentVolumeSpec;
pub(crate) use validate::{MODES, valid_inline};

impl Kind for PersistentVolume {
    const SHOWN_LAST: bool = true;
    const SHORT_NAMES: &'static [&'static str] = &["pv"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Capacity", |v, _| {
            spec(v, |s| s.capacity.as_ref()?.get("storage").map(|q| q.0.clone()))
        }),
        Column::text("Access Modes", |v, _| spec(v, |s| Some(access_modes::text(s.access_modes.as_ref())))),
        Column::text("Reclaim Policy", |v, _| spec(v, |s| s.persistent_volume_reclaim_policy.clone())),
        Column::text("Status", |v, _| phase(v)),
        Column::text("Claim", |v, _| spec(v, claim)),
        Column::text("StorageClass", |v, _| spec(v, |s| s.storage_class_name.clone())),
        Column::text("VolumeAttributesClass", |v, _| {
            spec(v, |s| Some(s.volume_attributes_class_name.clone().unwrap_or("<unset>".into())))
        }),
        Column::text("Reason", |v, _| v.status.as_ref().and_then(|s| s.reason.clone()).unwrap_or_default()),
        Column::age(),
        Column::text("VolumeMode", |v: &Self, _| {
            spec(v, |s| Some(s.volume_mode.clone().unwrap_or("<unset>".into())))
        })
        .wide(),
    ];

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            spec.persistent_volume_reclaim_policy.get_or_insert_with(|| "Retain".into());
            spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
            source::complete(spec);
        }
        let status = self.status.get_or_insert_default();
        if status.phase.as_deref().unwrap_or_default().is_empty() {
            status.phase = Some("Pending".into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = PersistentVolumeSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        validate::valid(spec, invalid);
        if let Some(old) = old.and_then(|o| o.spec.as_ref()) {
            validate::kept(spec, old, invalid);
        }
    }
}

fn spec(volume: &PersistentVolume, get: impl Fn(&PersistentVolumeSpec) -> Option<String>) -> String {
    volume.spec.as_ref().and_then(get).unwrap_or_default()
}

fn phase(volume: &PersistentVolume) -> String {
    if volume.metadata.deletion_timestamp.is_some() {
        return "Terminating".into();
    }
    volume.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default()
}

fn claim(spec: &PersistentVolumeSpec) -> Option<String> {
    let claim = spec.claim_ref.as_ref()?;
    let text = |t: &Option<String>| cells::or_none(t.as_deref()).replace("<none>", "");
    Some(format!("{}/{}", text(&claim.namespace), text(&claim.name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, row};
    use serde_json::json;

    #[test]
    fn a_volume_is_shown_by_its_claim() {
        let volume = json!({
            "spec": {"capacity": {"storage": "5Gi"}, "accessModes": ["ReadOnlyMany", "ReadWriteOnce"],
                "storageClassName": "slow", "claimRef": {"namespace": "n", "name": "c"}, "nfs": {"server": "s", "path": "/"}},
            "status": {"phase": "Bound"}
        });
        assert_eq!(
            row::<PersistentVolume>(volume),
            ["5Gi", "RWO,ROX", "Retain", "Bound", "n/c", "slow", "<unset>", "", "<unknown>", "Filesystem"]
        );
    }

    #[test]
    fn a_volume_starts_pending() {
        let volume = completed::<PersistentVolume>(json!({"spec": {"hostPath": {"path": "/a"}}}));
        assert_eq!(volume["status"], json!({"phase": "Pending"}));
        assert_eq!(volume["spec"]["hostPath"]["type"], "");
    }
}
