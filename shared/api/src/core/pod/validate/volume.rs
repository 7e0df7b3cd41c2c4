//! What is wrong with a pod's volumes.

use super::one_of;
use crate::{Invalid, core::pod::volumes::sources, name};
use k8s_openapi::api::core::v1::{KeyToPath, PodSpec, Volume};
use std::collections::BTreeSet;

const HOST_PATHS: &[&str] =
    &["DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];

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
    if volume.persistent_volume_claim.as_ref().is_some_and(|c| c.claim_name.is_empty()) {
        invalid.required(format!("{path}.persistentVolumeClaim.claimName"), "");
    }
}

fn items(items: Option<&[KeyToPath]>, path: &str, invalid: &mut Invalid) {
    for (at, item) in items.into_iter().flatten().enumerate() {
        let path = format!("{path}.items[{at}]");
        if item.key.is_empty() {
            invalid.required(format!("{path}.key"), "");
        }
        if item.path.is_empty() {
            invalid.required(format!("{path}.path"), "");
        } else if item.path.starts_with('/') {
            invalid.value(format!("{path}.path"), &item.path, "must be a relative path");
        } else if item.path.split('/').any(|part| part == "..") {
            invalid.value(format!("{path}.path"), &item.path, "must not contain '..'");
        }
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
