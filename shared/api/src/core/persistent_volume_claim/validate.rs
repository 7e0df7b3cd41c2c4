//! What is wrong with a claim.

use super::PersistentVolumeClaim;
use crate::{Amount, Invalid, core::access_modes, core::persistent_volume, name, quantity, selector};
use k8s_openapi::api::core::v1::PersistentVolumeClaimSpec;

/// Records what is wrong with the claim's specification at `path`, which may be in a template.
pub(crate) fn valid_spec(spec: &PersistentVolumeClaimSpec, path: &str, invalid: &mut Invalid) {
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        invalid.required(format!("{path}.accessModes"), "at least 1 access mode is required");
    }
    if let Some(wanted) = &spec.selector {
        selector::valid(wanted, &format!("{path}.selector"), invalid);
    }
    access_modes::valid(modes, path, invalid);
    let field = format!("{path}.resources[storage]");
    match spec.resources.as_ref().and_then(|r| r.requests.as_ref()?.get("storage")) {
        None => invalid.required(field, ""),
        Some(size) => {
            if quantity::valid(size, &field, invalid) == Some(Amount::default()) {
                invalid.value(field, &size.0, "must be greater than zero");
            }
        }
    }
    for (field, class) in [
        ("storageClassName", &spec.storage_class_name),
        ("volumeAttributesClassName", &spec.volume_attributes_class_name),
    ] {
        if let Some(class) = class.as_deref().filter(|c| !c.is_empty()) {
            invalid.ruled(format!("{path}.{field}"), class, name::subdomain);
        }
    }
    let modes = persistent_volume::MODES;
    if let Some(mode) = spec.volume_mode.as_deref().filter(|m| !modes.contains(m)) {
        invalid.unsupported(format!("{path}.volumeMode"), mode, modes);
    }
    valid_sources(spec, path, invalid);
}

fn valid_sources(spec: &PersistentVolumeClaimSpec, path: &str, invalid: &mut Invalid) {
    let old = spec.data_source.as_ref().map(|s| (&s.api_group, &s.kind, &s.name));
    let new = spec.data_source_ref.as_ref().map(|s| (&s.api_group, &s.kind, &s.name));
    for (field, source) in [("dataSource", old), ("dataSourceRef", new)] {
        let Some((group, kind, name)) = source else { continue };
        let path = format!("{path}.{field}");
        if name.is_empty() {
            invalid.required(format!("{path}.name"), "");
        }
        if kind.is_empty() {
            invalid.required(format!("{path}.kind"), "");
        }
        match group.as_deref().unwrap_or_default() {
            "" if kind != "PersistentVolumeClaim" => {
                let why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
                invalid.value(path, kind, why);
            }
            "" => {}
            group => invalid.ruled(format!("{path}.apiGroup"), group, name::subdomain),
        }
    }
    let elsewhere = spec.data_source_ref.as_ref().and_then(|s| s.namespace.as_deref()).unwrap_or_default();
    if !elsewhere.is_empty() {
        invalid.ruled(format!("{path}.dataSourceRef.namespace"), elsewhere, name::label);
    }
    match (old, new) {
        (Some(_), Some(_)) if !elsewhere.is_empty() => {
            let why = "may not be specified when dataSourceRef.namespace is specified";
            invalid.value(path, format!("{path}.dataSource"), why);
        }
        (Some(old), Some(new)) if old != new => {
            invalid.value(path, format!("{path}.dataSource"), "must match dataSourceRef");
        }
        _ => {}
    }
}

/// Records what changed that never does. A bound claim may grow; a claim gets its volume, and its class,
/// once.
pub(super) fn kept(new: &PersistentVolumeClaim, old: &PersistentVolumeClaim, invalid: &mut Invalid) {
    let (Some(now), Some(was)) = (&new.spec, &old.spec) else { return };
    let mut comparable = now.clone();
    if was.volume_name.as_deref().unwrap_or_default().is_empty() {
        comparable.volume_name.clone_from(&was.volume_name);
    }
    if was.storage_class_name.is_none() {
        comparable.storage_class_name.clone_from(&was.storage_class_name);
    }
    let size = |spec: &PersistentVolumeClaimSpec| {
        spec.resources.as_ref().and_then(|r| r.requests.as_ref()?.get("storage")).cloned()
    };
    let phase = new.status.as_ref().and_then(|s| s.phase.as_deref());
    if phase == Some("Bound")
        && let Some(requests) = comparable.resources.as_mut().and_then(|r| r.requests.as_mut())
        && let Some(was) = size(was)
    {
        requests.insert("storage".into(), was);
    }
    comparable.volume_attributes_class_name.clone_from(&was.volume_attributes_class_name);
    comparable.volume_mode.clone_from(&was.volume_mode);
    if comparable != *was {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                   claims";
        invalid.forbidden("spec", why);
    }
    if let (Some(now), Some(was)) = (size(now), size(was))
        && Amount::of(&now) < Amount::of(&was)
    {
        let has = new.status.as_ref().and_then(|s| s.capacity.as_ref()?.get("storage")).map(Amount::of);
        if has.is_none_or(|has| Amount::of(&now) <= has) {
            let why = "field can not be less than status.capacity";
            invalid.forbidden("spec.resources.requests.storage", why);
        }
    }
    invalid.kept("volumeMode", &now.volume_mode, &was.volume_mode);
    match (&was.volume_attributes_class_name, &now.volume_attributes_class_name) {
        (Some(_), None) => {
            let why = "update from non-nil value to nil is forbidden";
            invalid.forbidden("spec.volumeAttributesClassName", why);
        }
        (Some(was), Some(now)) if now.is_empty() && !was.is_empty() => {
            let why = "update from non-nil value to an empty string is forbidden";
            invalid.forbidden("spec.volumeAttributesClassName", why);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{
        PersistentVolumeClaim,
        testing::{changed, findings},
    };
    use serde_json::{Value, json};

    fn claim(size: &str, more: &Value, phase: &str) -> Value {
        let mut spec =
            json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}});
        for (field, value) in more.as_object().unwrap() {
            spec[field] = value.clone();
        }
        json!({"spec": spec, "status": {"phase": phase, "capacity": {"storage": "1Gi"}}})
    }

    #[test]
    fn each_finding_names_its_field() {
        let none = json!({});
        assert_eq!(findings::<PersistentVolumeClaim>(claim("1Gi", &none, "Pending")), [""; 0]);
        assert_eq!(
            findings::<PersistentVolumeClaim>(json!({"spec": {"volumeMode": "Tape"}})),
            [
                "spec.accessModes: Required value: at least 1 access mode is required",
                "spec.resources[storage]: Required value",
                "spec.volumeMode: Unsupported value: \"Tape\": supported values: \"Block\", \"Filesystem\"",
            ]
        );
        let more = json!({"dataSource": {"kind": "Disk", "name": "a"}, "selector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}});
        assert_eq!(
            findings::<PersistentVolumeClaim>(claim("0", &more, "Pending")),
            [
                "spec.selector.matchExpressions[0].operator: Invalid value: \"Like\": not a valid selector operator",
                "spec.resources[storage]: Invalid value: \"0\": must be greater than zero",
                "spec.dataSource: Invalid value: \"Disk\": must be 'PersistentVolumeClaim' when referencing the default \
                 apiGroup",
                "spec.dataSourceRef: Invalid value: \"Disk\": must be 'PersistentVolumeClaim' when referencing the default \
                 apiGroup",
            ]
        );
    }

    #[test]
    fn a_claim_gets_its_volume_once_and_may_grow() {
        let none = json!({});
        let rule = "spec: Forbidden: spec is immutable after creation except resources.requests and \
                    volumeAttributesClassName for bound claims";
        let cases = [
            (claim("1Gi", &none, "Pending"), claim("1Gi", &json!({"volumeName": "v"}), "Pending"), vec![]),
            (
                claim("1Gi", &json!({"volumeName": "v"}), "Bound"),
                claim("1Gi", &json!({"volumeName": "w"}), "Bound"),
                vec![rule],
            ),
            (claim("1Gi", &none, "Bound"), claim("2Gi", &none, "Bound"), vec![]),
            (claim("1Gi", &none, "Pending"), claim("2Gi", &none, "Pending"), vec![rule]),
            (
                claim("2Gi", &none, "Bound"),
                claim("1Gi", &none, "Bound"),
                vec![
                    "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
                ],
            ),
            (
                claim("1Gi", &none, "Pending"),
                claim("1Gi", &json!({"storageClassName": "a"}), "Pending"),
                vec![],
            ),
        ];
        for (old, new, expected) in cases {
            assert_eq!(changed::<PersistentVolumeClaim>(old, new), expected);
        }
    }
}
