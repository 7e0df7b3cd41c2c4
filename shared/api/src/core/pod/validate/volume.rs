//! What is wrong with a pod's volumes.

use super::{field, one_of};
use crate::{Invalid, core::pod::volumes::sources, name};
use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, KeyToPath, PodSpec, ProjectedVolumeSource, Volume};
use std::collections::BTreeSet;

const HOST_PATHS: &[&str] =
    &["DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];

/// A token of less than ten minutes is renewed all the time.
const SHORTEST_TOKEN: i64 = 600;

/// Records what is wrong, and answers the names that containers may mount.
pub(in crate::core::pod) fn valid<'a>(
    spec: &'a PodSpec,
    path: &str,
    invalid: &mut Invalid,
) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (at, volume) in spec.volumes.iter().flatten().enumerate() {
        let path = format!("{path}[{at}]");
        if volume.name.is_empty() {
            invalid.required(format!("{path}.name"), "");
        } else if let Some(why) = name::label(&volume.name) {
            invalid.value(format!("{path}.name"), &volume.name, &why);
        } else if !names.insert(volume.name.as_str()) {
            invalid.duplicate(format!("{path}.name"), &volume.name);
        }
        match sources(volume) {
            0 => invalid.required(&path, "must specify a volume type"),
            1 => valid_source(volume, &path, invalid),
            _ => invalid.forbidden(&path, "may not specify more than 1 volume type"),
        }
    }
    names
}

fn valid_source(volume: &Volume, path: &str, invalid: &mut Invalid) {
    if let Some(map) = &volume.config_map {
        if map.name.is_empty() {
            invalid.required(format!("{path}.configMap.name"), "");
        }
        mode(map.default_mode, &format!("{path}.configMap.defaultMode"), invalid);
        items(map.items.as_deref(), &format!("{path}.configMap"), invalid);
    }
    if let Some(secret) = &volume.secret {
        if secret.secret_name.as_deref().unwrap_or_default().is_empty() {
            invalid.required(format!("{path}.secret.secretName"), "");
        }
        mode(secret.default_mode, &format!("{path}.secret.defaultMode"), invalid);
        items(secret.items.as_deref(), &format!("{path}.secret"), invalid);
    }
    if let Some(host) = &volume.host_path {
        if host.path.is_empty() {
            invalid.required(format!("{path}.hostPath.path"), "");
        } else if host.path.split('/').any(|part| part == "..") {
            invalid.value(format!("{path}.hostPath.path"), &host.path, "must not contain '..'");
        }
        one_of(host.type_.as_deref(), HOST_PATHS, format!("{path}.hostPath.type"), invalid);
    }
    if let Some(empty) = &volume.empty_dir
        && let Some(size) = &empty.size_limit
        && crate::Amount::parse(&size.0).is_ok_and(|a| a < crate::Amount::default())
    {
        let why = "SizeLimit field must be a valid resource quantity";
        invalid.forbidden(format!("{path}.emptyDir.sizeLimit"), why);
    }
    if let Some(nfs) = &volume.nfs {
        if nfs.server.is_empty() {
            invalid.required(format!("{path}.nfs.server"), "");
        }
        if nfs.path.is_empty() {
            invalid.required(format!("{path}.nfs.path"), "");
        } else if !nfs.path.starts_with('/') {
            invalid.value(format!("{path}.nfs.path"), &nfs.path, "must be an absolute path");
        }
    }
    if volume.csi.as_ref().is_some_and(|c| c.driver.is_empty()) {
        invalid.required(format!("{path}.csi.driver"), "");
    }
    if let Some(downward) = &volume.downward_api {
        mode(downward.default_mode, &format!("{path}.downwardAPI.defaultMode"), invalid);
        files(downward.items.as_deref(), &format!("{path}.downwardAPI"), invalid);
    }
    if let Some(projected) = &volume.projected {
        valid_projected(projected, &format!("{path}.projected"), invalid);
    }
    if volume.ephemeral.as_ref().is_some_and(|e| e.volume_claim_template.is_none()) {
        invalid.required(format!("{path}.ephemeral.volumeClaimTemplate"), "");
    }
    if volume.persistent_volume_claim.as_ref().is_some_and(|c| c.claim_name.is_empty()) {
        invalid.required(format!("{path}.persistentVolumeClaim.claimName"), "");
    }
}

/// Several sources in one folder.
fn valid_projected(projected: &ProjectedVolumeSource, path: &str, invalid: &mut Invalid) {
    mode(projected.default_mode, &format!("{path}.defaultMode"), invalid);
    for (at, source) in projected.sources.iter().flatten().enumerate() {
        let path = format!("{path}.sources[{at}]");
        let present = [
            source.secret.is_some(),
            source.config_map.is_some(),
            source.downward_api.is_some(),
            source.service_account_token.is_some(),
            source.cluster_trust_bundle.is_some(),
            source.pod_certificate.is_some(),
        ];
        if present.into_iter().filter(|p| *p).count() > 1 {
            invalid.forbidden(&path, "may not specify more than 1 volume type");
            continue;
        }
        for (field, name, list) in [
            (
                "secret",
                source.secret.as_ref().map(|s| &s.name),
                source.secret.as_ref().and_then(|s| s.items.as_ref()),
            ),
            (
                "configMap",
                source.config_map.as_ref().map(|m| &m.name),
                source.config_map.as_ref().and_then(|m| m.items.as_ref()),
            ),
        ] {
            if name.is_some_and(String::is_empty) {
                invalid.required(format!("{path}.{field}.name"), "");
            }
            items(list.map(Vec::as_slice), &format!("{path}.{field}"), invalid);
        }
        if let Some(downward) = &source.downward_api {
            files(downward.items.as_deref(), &format!("{path}.downwardAPI"), invalid);
        }
        if let Some(token) = &source.service_account_token {
            let path = format!("{path}.serviceAccountToken");
            if token.expiration_seconds.is_some_and(|s| s < SHORTEST_TOKEN) {
                let why = "may not specify a duration less than 10 minutes";
                invalid.value(format!("{path}.expirationSeconds"), token.expiration_seconds, why);
            }
            below(&token.path, format!("{path}.path"), invalid);
        }
    }
}

/// Files that tell a pod about itself.
fn files(files: Option<&[DownwardAPIVolumeFile]>, path: &str, invalid: &mut Invalid) {
    for (at, file) in files.into_iter().flatten().enumerate() {
        let path = format!("{path}.items[{at}]");
        below(&file.path, format!("{path}.path"), invalid);
        match (&file.field_ref, &file.resource_field_ref) {
            (Some(_), Some(_)) => {
                invalid.value(
                    &path,
                    "resource",
                    "fieldRef and resourceFieldRef can not be specified simultaneously",
                );
            }
            (Some(selector), None) => {
                field::valid(selector, &format!("{path}.fieldRef"), field::FILES, invalid);
            }
            (None, Some(selector)) => {
                field::valid_amount(selector, &format!("{path}.resourceFieldRef"), true, invalid);
            }
            (None, None) => invalid.required(&path, "one of fieldRef and resourceFieldRef is required"),
        }
        mode(file.mode, &format!("{path}.mode"), invalid);
    }
}

/// A path that stays below the volume's root.
fn below(text: &str, field: String, invalid: &mut Invalid) {
    if text.is_empty() {
        invalid.required(field, "");
    } else if text.starts_with('/') {
        invalid.value(field, text, "must be a relative path");
    } else if text.split('/').any(|part| part == "..") {
        invalid.value(field, text, "must not contain '..'");
    }
}

fn items(items: Option<&[KeyToPath]>, path: &str, invalid: &mut Invalid) {
    for (at, item) in items.into_iter().flatten().enumerate() {
        let path = format!("{path}.items[{at}]");
        if item.key.is_empty() {
            invalid.required(format!("{path}.key"), "");
        }
        below(&item.path, format!("{path}.path"), invalid);
        mode(item.mode, &format!("{path}.mode"), invalid);
    }
}

fn mode(mode: Option<i32>, field: &str, invalid: &mut Invalid) {
    if let Some(mode) = mode.filter(|m| !(0..=0o777).contains(m)) {
        invalid.value(field, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::findings};
    use serde_json::{Value, json};

    fn check(volumes: &Value, expected: &[&str]) {
        let containers = json!([{"name": "a", "image": "b"}]);
        assert_eq!(
            findings::<Pod>(json!({"spec": {"containers": containers, "volumes": volumes}})),
            expected
        );
    }

    #[test]
    fn what_is_put_together_is_right_in_its_parts() {
        let token = json!({"serviceAccountToken": {"path": "../t", "expirationSeconds": 60}});
        let two = json!({"secret": {"name": "s"}, "configMap": {"name": "m"}});
        let told = json!({"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "status.podIP"}}, {"path": "/b"}]}});
        check(
            &json!([{"name": "a", "projected": {"sources": [token, two, told]}}]),
            &[
                "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify \
                 a duration less than 10 minutes",
                "spec.volumes[0].projected.sources[0].serviceAccountToken.path: Invalid value: \"../t\": must not contain '..'",
                "spec.volumes[0].projected.sources[1]: Forbidden: may not specify more than 1 volume type",
                "spec.volumes[0].projected.sources[2].downwardAPI.items[0].fieldRef.fieldPath: Unsupported value: \
                 \"status.podIP\": supported values: \"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \
                 \"metadata.namespace\", \"metadata.uid\"",
                "spec.volumes[0].projected.sources[2].downwardAPI.items[1].path: Invalid value: \"/b\": must be a relative path",
                "spec.volumes[0].projected.sources[2].downwardAPI.items[1]: Required value: one of fieldRef and \
                 resourceFieldRef is required",
            ],
        );
        check(
            &json!([{"name": "a", "nfs": {"server": "", "path": "x"}}]),
            &[
                "spec.volumes[0].nfs.server: Required value",
                "spec.volumes[0].nfs.path: Invalid value: \"x\": must be an absolute path",
            ],
        );
    }

    #[test]
    fn each_finding_names_its_field() {
        check(&json!([{"name": "a"}, {"name": "b", "emptyDir": {}}]), &[]);
        check(&json!([{"name": "a"}, {"name": "a"}]), &["spec.volumes[1].name: Duplicate value: \"a\""]);
        check(
            &json!([{"name": "a", "emptyDir": {}, "hostPath": {"path": "/"}}]),
            &["spec.volumes[0]: Forbidden: may not specify more than 1 volume type"],
        );
        check(
            &json!([{"name": "a", "configMap": {"defaultMode": 512, "items": [{"key": "k", "path": "../x"}]}}]),
            &[
                "spec.volumes[0].configMap.name: Required value",
                "spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both \
             inclusive",
                "spec.volumes[0].configMap.items[0].path: Invalid value: \"../x\": must not contain '..'",
            ],
        );
        check(
            &json!([{"name": "a", "hostPath": {"path": "/a/../b", "type": ""}}, {"name": "b", "secret": {}}]),
            &[
                "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
                "spec.volumes[1].secret.secretName: Required value",
            ],
        );
    }
}
