//! Where the storage of a volume really is.

use crate::Invalid;
use k8s_openapi::api::core::v1::PersistentVolumeSpec;
use serde_json::Value;

/// Fields of a specification that are no source.
const COMMON: &[&str] = &[
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

/// Fields a source must have, by its name.
const NEEDED: &[(&str, &[&str])] = &[
    ("awsElasticBlockStore", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("azureFile", &["secretName", "shareName"]),
    ("cephfs", &["monitors"]),
    ("cinder", &["volumeID"]),
    ("csi", &["driver", "volumeHandle"]),
    ("flexVolume", &["driver"]),
    ("gcePersistentDisk", &["pdName"]),
    ("glusterfs", &["endpoints", "path"]),
    ("hostPath", &["path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("local", &["path"]),
    ("nfs", &["server", "path"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("quobyte", &["registry", "volume"]),
    ("rbd", &["monitors", "image"]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("vsphereVolume", &["volumePath"]),
];

/// The sources of a specification, by name.
pub(super) fn sources(spec: &PersistentVolumeSpec) -> Vec<(String, Value)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(spec) else { return Vec::new() };
    fields.into_iter().filter(|(name, _)| !COMMON.contains(&name.as_str())).collect()
}

/// Fills in what authors of sources leave out.
pub(super) fn complete(spec: &mut PersistentVolumeSpec) {
    if let Some(host) = &mut spec.host_path {
        host.type_.get_or_insert_default();
    }
    if let Some(iscsi) = &mut spec.iscsi {
        iscsi.iscsi_interface.get_or_insert_with(|| "default".into());
    }
    if let Some(rbd) = &mut spec.rbd {
        rbd.pool.get_or_insert_with(|| "rbd".into());
        rbd.user.get_or_insert_with(|| "admin".into());
        rbd.keyring.get_or_insert_with(|| "/etc/ceph/keyring".into());
    }
    if let Some(scale) = &mut spec.scale_io {
        scale.storage_mode.get_or_insert_with(|| "ThinProvisioned".into());
        scale.fs_type.get_or_insert_with(|| "xfs".into());
    }
    if let Some(disk) = &mut spec.azure_disk {
        disk.caching_mode.get_or_insert_with(|| "ReadWrite".into());
        disk.kind.get_or_insert_with(|| "Shared".into());
        disk.fs_type.get_or_insert_with(|| "ext4".into());
        disk.read_only.get_or_insert(false);
    }
}

/// Records what is wrong with the sources of the specification at `path`: there is one, and it is whole.
pub(super) fn valid(spec: &PersistentVolumeSpec, path: &str, invalid: &mut Invalid) {
    let sources = sources(spec);
    if sources.is_empty() {
        invalid.required(path, "must specify a volume type");
    }
    for (name, _) in sources.iter().skip(1) {
        invalid.forbidden(format!("{path}.{name}"), "may not specify more than 1 volume type");
    }
    let Some((name, source)) = sources.first() else { return };
    let path = format!("{path}.{name}");
    let needed = NEEDED.iter().find(|(source, _)| source == name).map_or(&[][..], |(_, fields)| fields);
    for field in needed {
        let empty = match &source[*field] {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            other => other.is_null(),
        };
        if empty {
            invalid.required(format!("{path}.{field}"), "");
        }
    }
    let at = source["path"].as_str().unwrap_or_default();
    let up = || at.split('/').any(|part| part == "..");
    match name.as_str() {
        "nfs" if !at.is_empty() && !at.starts_with('/') => {
            invalid.value(format!("{path}.path"), at, "must be an absolute path");
        }
        "hostPath" | "local" if up() => invalid.value(format!("{path}.path"), at, "must not contain '..'"),
        _ => {}
    }
    if let Some(csi) = &spec.csi
        && !csi.driver.is_empty()
    {
        invalid.ruled(format!("{path}.driver"), &csi.driver, crate::name::driver);
    }
}
