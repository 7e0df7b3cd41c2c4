//! What is wrong with a volume.

use super::source;
use crate::{
    Amount, Invalid,
    core::{access_modes, pod::validate::valid_node_selector},
    name, quantity,
};
use k8s_openapi::api::core::v1::{PersistentVolumeSpec, VolumeNodeAffinity};

const POLICIES: &[&str] = &["Delete", "Recycle", "Retain"];
pub(crate) const MODES: &[&str] = &["Block", "Filesystem"];
const INLINE: &str = "may not be specified in the context of inline volumes";

/// Records what is wrong with the specification of a volume.
pub(super) fn valid(spec: &PersistentVolumeSpec, invalid: &mut Invalid) {
    let path = "spec";
    valid_modes(spec, path, invalid);
    let capacity = spec.capacity.clone().unwrap_or_default();
    if capacity.is_empty() {
        invalid.required("spec.capacity", "");
    }
    if !capacity.contains_key("storage") || capacity.len() > 1 {
        let given = serde_json::to_string(&spec.capacity).unwrap_or_default();
        invalid.unsupported("spec.capacity", &given, &["storage"]);
    }
    for (resource, amount) in &capacity {
        let field = format!("spec.capacity[{resource}]");
        if quantity::valid(amount, &field, invalid) == Some(Amount::default()) {
            invalid.value(field, &amount.0, "must be greater than zero");
        }
    }
    let policy = spec.persistent_volume_reclaim_policy.as_deref();
    invalid.one_of("spec.persistentVolumeReclaimPolicy", policy, POLICIES);
    let tied = spec.node_affinity.as_ref().is_some_and(|a| valid_affinity(a, invalid));
    source::valid(spec, path, invalid);
    if spec.local.is_some() && !tied {
        invalid.required("spec.nodeAffinity", "Local volume requires node affinity");
    }
    let root = |path: &str| !path.is_empty() && path.trim_matches('/').is_empty();
    if spec.host_path.as_ref().is_some_and(|h| root(&h.path)) && policy == Some("Recycle") {
        let why = "may not be 'recycle' for a hostPath mount of '/'";
        invalid.forbidden("spec.persistentVolumeReclaimPolicy", why);
    }
    if let Some(class) = spec.storage_class_name.as_deref().filter(|c| !c.is_empty()) {
        invalid.ruled("spec.storageClassName", class, name::subdomain);
    }
    if let Some(mode) = spec.volume_mode.as_deref().filter(|m| !MODES.contains(m)) {
        invalid.unsupported("spec.volumeMode", mode, MODES);
    }
    if let Some(class) = &spec.volume_attributes_class_name {
        if class.is_empty() {
            invalid.required("spec.volumeAttributesClassName", "an empty string is disallowed");
        } else {
            invalid.ruled("spec.volumeAttributesClassName", class, name::subdomain);
        }
        if spec.csi.is_none() {
            invalid.required("spec.csi", "has to be specified when using volumeAttributesClassName");
        }
    }
}

/// Records what is wrong with a volume that is described where it is used, at `path`.
pub(crate) fn valid_inline(spec: &PersistentVolumeSpec, path: &str, invalid: &mut Invalid) {
    for (field, set) in [
        ("claimRef", spec.claim_ref.is_some()),
        ("capacity", spec.capacity.as_ref().is_some_and(|c| !c.is_empty())),
        ("nodeAffinity", spec.node_affinity.is_some()),
        ("storageClassName", spec.storage_class_name.as_ref().is_some_and(|c| !c.is_empty())),
    ] {
        if set {
            invalid.forbidden(format!("{path}.{field}"), INLINE);
        }
    }
    if spec.csi.is_none() {
        invalid.required(format!("{path}.csi"), "has to be specified in the context of inline volumes");
    }
    valid_modes(spec, path, invalid);
    if !matches!(spec.persistent_volume_reclaim_policy.as_deref(), None | Some("" | "Retain")) {
        let why = "may only be Retain in the context of inline volumes";
        invalid.forbidden(format!("{path}.persistentVolumeReclaimPolicy"), why);
    }
    source::valid(spec, path, invalid);
    if !matches!(spec.volume_mode.as_deref(), None | Some("Filesystem")) {
        let why = "may not specify volumeMode other than Filesystem in the context of inline volumes";
        invalid.forbidden(format!("{path}.volumeMode"), why);
    }
}

/// Records what changed that never does.
pub(super) fn kept(new: &PersistentVolumeSpec, old: &PersistentVolumeSpec, invalid: &mut Invalid) {
    let mut comparable = new.clone();
    if let (Some(new), Some(old)) = (&mut comparable.csi, &old.csi)
        && old.controller_expand_secret_ref.is_none()
    {
        new.controller_expand_secret_ref = None;
    }
    if source::sources(&comparable) != source::sources(old) {
        let why = "spec.persistentvolumesource is immutable after creation";
        invalid.forbidden("spec.persistentvolumesource", why);
    }
    invalid.kept("volumeMode", &new.volume_mode, &old.volume_mode);
    if old.node_affinity.is_some() {
        invalid.kept("nodeAffinity", &new.node_affinity, &old.node_affinity);
    }
    if old.volume_attributes_class_name.is_some() && new.volume_attributes_class_name.is_none() {
        invalid.forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden");
    }
}

fn valid_modes(spec: &PersistentVolumeSpec, path: &str, invalid: &mut Invalid) {
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        invalid.required(format!("{path}.accessModes"), "");
    }
    access_modes::valid(modes, path, invalid);
}

/// Whether the volume is tied to nodes at all.
fn valid_affinity(affinity: &VolumeNodeAffinity, invalid: &mut Invalid) -> bool {
    let path = "spec.nodeAffinity.required";
    let Some(required) = &affinity.required else {
        invalid.required(path, "must specify required node constraints");
        return false;
    };
    valid_node_selector(required, path, invalid);
    true
}

#[cfg(test)]
mod tests {
    use crate::core::{
        PersistentVolume,
        testing::{changed, findings},
    };
    use serde_json::{Value, json};

    fn with(more: &Value) -> Value {
        let mut spec = json!({"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
            "nfs": {"server": "s", "path": "/"}});
        for (field, value) in more.as_object().unwrap() {
            spec[field] = value.clone();
        }
        json!({"spec": spec})
    }

    fn check(more: &Value, expected: &[&str]) {
        assert_eq!(findings::<PersistentVolume>(with(more)), expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(&json!({}), &[]);
        check(
            &json!({"accessModes": ["ReadWriteOncePod", "ReadWriteMany", "X"]}),
            &[
                "spec.accessModes: Unsupported value: \"X\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \
                 \"ReadWriteOnce\", \"ReadWriteOncePod\"",
                "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
            ],
        );
        check(
            &json!({"capacity": {"storage": "0"}}),
            &["spec.capacity[storage]: Invalid value: \"0\": must be greater than zero"],
        );
        check(
            &json!({"persistentVolumeReclaimPolicy": "Burn", "volumeMode": "Tape"}),
            &[
                "spec.persistentVolumeReclaimPolicy: Unsupported value: \"Burn\": supported values: \"Delete\", \
                 \"Recycle\", \"Retain\"",
                "spec.volumeMode: Unsupported value: \"Tape\": supported values: \"Block\", \"Filesystem\"",
            ],
        );
        check(&json!({"nfs": null}), &["spec: Required value: must specify a volume type"]);
        check(
            &json!({"hostPath": {"path": "/"}}),
            &["spec.nfs: Forbidden: may not specify more than 1 volume type"],
        );
        check(
            &json!({"nfs": null, "local": {"path": "/a/../b"}}),
            &[
                "spec.local.path: Invalid value: \"/a/../b\": must not contain '..'",
                "spec.nodeAffinity: Required value: Local volume requires node affinity",
            ],
        );
        check(
            &json!({"nfs": {"server": "", "path": "a"}}),
            &[
                "spec.nfs.server: Required value",
                "spec.nfs.path: Invalid value: \"a\": must be an absolute path",
            ],
        );
        let term = json!({"matchExpressions": [{"key": "a", "operator": "In"}]});
        check(
            &json!({"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}}),
            &[
                "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be \
               specified when `operator` is 'In' or 'NotIn'",
            ],
        );
    }

    #[test]
    fn the_storage_stays_where_it_is() {
        let found = changed::<PersistentVolume>(
            with(&json!({})),
            with(&json!({"nfs": {"server": "t", "path": "/"}})),
        );
        assert_eq!(
            found,
            [
                "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation"
            ]
        );
        let more = with(&json!({"capacity": {"storage": "2Gi"}, "persistentVolumeReclaimPolicy": "Delete"}));
        assert_eq!(changed::<PersistentVolume>(with(&json!({})), more), [""; 0]);
    }
}
