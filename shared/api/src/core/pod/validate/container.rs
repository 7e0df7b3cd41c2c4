//! What is wrong with one container.

use super::{field, one_of, probe, resources, security};
use crate::{Invalid, name};
use k8s_openapi::api::core::v1::{Container, EnvVar};
use std::collections::{BTreeMap, BTreeSet};

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

pub(in crate::core::pod) fn valid(
    one: &Container,
    path: &str,
    volumes: &BTreeSet<&str>,
    on_host: bool,
    invalid: &mut Invalid,
) {
    match one.image.as_deref().unwrap_or_default() {
        "" => invalid.required(format!("{path}.image"), ""),
        image if image != image.trim() => {
            invalid.value(format!("{path}.image"), image, "must not have leading or trailing whitespace");
        }
        _ => {}
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    one_of(one.image_pull_policy.as_deref(), &policies, format!("{path}.imagePullPolicy"), invalid);
    let messages = ["File", "FallbackToLogsOnError"];
    let field = format!("{path}.terminationMessagePolicy");
    one_of(one.termination_message_policy.as_deref(), &messages, field, invalid);
    valid_ports(one, path, on_host, invalid);
    for (at, variable) in one.env.iter().flatten().enumerate() {
        valid_variable(variable, &format!("{path}.env[{at}]"), invalid);
    }
    for (at, from) in one.env_from.iter().flatten().enumerate() {
        let path = format!("{path}.envFrom[{at}]");
        match (&from.config_map_ref, &from.secret_ref) {
            (Some(_), Some(_)) => {
                invalid.value(&path, "", "may not have more than one field specified at a time");
            }
            (None, None) => invalid.value(&path, "", "must specify one of: `configMapRef` or `secretRef`"),
            (Some(map), None) => reference(&map.name, &format!("{path}.configMapRef"), invalid),
            (None, Some(secret)) => reference(&secret.name, &format!("{path}.secretRef"), invalid),
        }
        let prefix = from.prefix.as_deref().unwrap_or_default();
        if let Some(why) = Some(prefix).filter(|p| !p.is_empty()).and_then(name::variable) {
            invalid.value(format!("{path}.prefix"), prefix, &why);
        }
    }
    valid_mounts(one, path, volumes, invalid);
    resources::valid(one.resources.as_ref(), &format!("{path}.resources"), invalid);
    probe::valid_all(one, path, invalid);
    security::valid_container(one, path, invalid);
}

/// A name that a container of this pod may have, and none of `names` has.
pub(in crate::core::pod) fn valid_name<'a>(
    given: &'a str,
    path: &str,
    names: &mut BTreeSet<&'a str>,
    invalid: &mut Invalid,
) {
    let field = format!("{path}.name");
    if given.is_empty() {
        invalid.required(field, "");
    } else if let Some(why) = name::label(given) {
        invalid.value(field, given, &why);
    } else if !names.insert(given) {
        invalid.duplicate(field, given);
    }
}

/// An init container is done before the pod can be ready, unless it is a sidecar.
pub(super) fn valid_initial(one: &Container, path: &str, invalid: &mut Invalid) {
    if one.restart_policy.as_deref() == Some("Always") {
        return;
    }
    one_of(one.restart_policy.as_deref(), super::RESTARTS, format!("{path}.restartPolicy"), invalid);
    let why = "may not be set for init containers without restartPolicy=Always";
    for (field, set) in [
        ("lifecycle", one.lifecycle.is_some()),
        ("livenessProbe", one.liveness_probe.is_some()),
        ("readinessProbe", one.readiness_probe.is_some()),
        ("startupProbe", one.startup_probe.is_some()),
    ] {
        if set {
            invalid.forbidden(format!("{path}.{field}"), why);
        }
    }
}

/// Two containers of one pod cannot hold the same port of the node.
pub(super) fn valid_host_ports(
    one: &Container,
    path: &str,
    taken: &mut BTreeSet<(String, String, i32)>,
    invalid: &mut Invalid,
) {
    for (at, port) in one.ports.iter().flatten().enumerate() {
        let Some(number) = port.host_port.filter(|p| *p != 0) else { continue };
        let key =
            (port.protocol.clone().unwrap_or_default(), port.host_ip.clone().unwrap_or_default(), number);
        let text = format!("{}/{}/{number}", key.0, key.1);
        if !taken.insert(key) {
            invalid.duplicate(format!("{path}.ports[{at}].hostPort"), &text);
        }
    }
}

fn valid_ports(one: &Container, path: &str, on_host: bool, invalid: &mut Invalid) {
    let mut names = BTreeSet::new();
    for (at, port) in one.ports.iter().flatten().enumerate() {
        let path = format!("{path}.ports[{at}]");
        let called = port.name.as_deref().unwrap_or_default();
        if let Some(why) = Some(called).filter(|c| !c.is_empty()).and_then(name::port) {
            invalid.value(format!("{path}.name"), called, &why);
        } else if !called.is_empty() && !names.insert(called) {
            invalid.duplicate(format!("{path}.name"), called);
        }
        if port.container_port == 0 {
            invalid.required(format!("{path}.containerPort"), "");
        } else if let Some(why) = name::port_number(port.container_port) {
            invalid.value(format!("{path}.containerPort"), port.container_port, why);
        }
        if let Some(number) = port.host_port.filter(|p| *p != 0) {
            if let Some(why) = name::port_number(number) {
                invalid.value(format!("{path}.hostPort"), number, why);
            } else if on_host && number != port.container_port {
                let why = "must match `containerPort` when `hostNetwork` is true";
                invalid.value(format!("{path}.hostPort"), number, why);
            }
        }
        one_of(port.protocol.as_deref(), PROTOCOLS, format!("{path}.protocol"), invalid);
    }
}

fn valid_variable(variable: &EnvVar, path: &str, invalid: &mut Invalid) {
    if variable.name.is_empty() {
        invalid.required(format!("{path}.name"), "");
    } else if let Some(why) = name::variable(&variable.name) {
        invalid.value(format!("{path}.name"), &variable.name, &why);
    }
    let Some(from) = &variable.value_from else { return };
    let path = format!("{path}.valueFrom");
    if variable.value.as_deref().is_some_and(|v| !v.is_empty()) {
        invalid.value(&path, "", "may not be specified when `value` is not empty");
    }
    let sources = [
        from.field_ref.is_some(),
        from.resource_field_ref.is_some(),
        from.config_map_key_ref.is_some(),
        from.secret_key_ref.is_some(),
        from.file_key_ref.is_some(),
    ];
    match sources.into_iter().filter(|s| *s).count() {
        0 => {
            let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or \
                       `fileKeyRef`";
            invalid.value(&path, "", why);
        }
        1 => {}
        _ => invalid.value(&path, "", "may not have more than one field specified at a time"),
    }
    if let Some(selector) = &from.field_ref {
        field::valid(selector, &format!("{path}.fieldRef"), field::VARIABLES, invalid);
    }
    if let Some(selector) = &from.resource_field_ref {
        field::valid_amount(selector, &format!("{path}.resourceFieldRef"), false, invalid);
    }
    if let Some(map) = &from.config_map_key_ref {
        key(&map.name, &map.key, &format!("{path}.configMapKeyRef"), invalid);
    }
    if let Some(secret) = &from.secret_key_ref {
        key(&secret.name, &secret.key, &format!("{path}.secretKeyRef"), invalid);
    }
}

fn reference(name: &str, path: &str, invalid: &mut Invalid) {
    if name.is_empty() {
        invalid.required(format!("{path}.name"), "");
    } else if let Some(why) = name::subdomain(name) {
        invalid.value(format!("{path}.name"), name, &why);
    }
}

fn key(name: &str, key: &str, path: &str, invalid: &mut Invalid) {
    reference(name, path, invalid);
    if key.is_empty() {
        invalid.required(format!("{path}.key"), "");
    } else if let Some(why) = name::config_key(key) {
        invalid.value(format!("{path}.key"), key, &why);
    }
}

fn valid_mounts(one: &Container, path: &str, volumes: &BTreeSet<&str>, invalid: &mut Invalid) {
    let mut places = BTreeMap::new();
    for (at, mount) in one.volume_mounts.iter().flatten().enumerate() {
        let path = format!("{path}.volumeMounts[{at}]");
        if mount.name.is_empty() {
            invalid.required(format!("{path}.name"), "");
        } else if !volumes.contains(mount.name.as_str()) {
            invalid.not_found(format!("{path}.name"), &mount.name);
        }
        if mount.mount_path.is_empty() {
            invalid.required(format!("{path}.mountPath"), "");
        } else if places.insert(mount.mount_path.as_str(), at).is_some() {
            invalid.value(format!("{path}.mountPath"), &mount.mount_path, "must be unique");
        }
        let below = mount.sub_path.as_deref().unwrap_or_default();
        if below.starts_with('/') {
            invalid.value(format!("{path}.subPath"), below, "must be a relative path");
        } else if below.split('/').any(|part| part == "..") {
            invalid.value(format!("{path}.subPath"), below, "must not contain '..'");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::findings};
    use serde_json::{Value, json};

    fn check(field: &str, value: Value, expected: &[&str]) {
        let mut container = json!({"name": "a", "image": "b"});
        container[field] = value;
        let found = findings::<Pod>(json!({"spec": {"containers": [container], "volumes": [{"name": "v"}]}}));
        let found: Vec<_> =
            found.iter().map(|f| f.strip_prefix("spec.containers[0].").unwrap_or(f)).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn each_finding_names_its_field() {
        check("image", json!(""), &["image: Required value"]);
        check(
            "imagePullPolicy",
            json!("Maybe"),
            &[
                "imagePullPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
            ],
        );
        check(
            "ports",
            json!([{"containerPort": 0}, {"containerPort": 65536}, {"containerPort": 1, "protocol": "X"}]),
            &[
                "ports[0].containerPort: Required value",
                "ports[1].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive",
                "ports[2].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ],
        );
        check(
            "ports",
            json!([{"name": "a", "containerPort": 1}, {"name": "a", "containerPort": 2}, {"name": "A", "containerPort": 3}]),
            &[
                "ports[1].name: Duplicate value: \"a\"",
                "ports[2].name: Invalid value: \"A\": must contain only",
            ],
        );
        check(
            "ports",
            json!([{"containerPort": 1, "hostPort": 5}, {"containerPort": 2, "hostPort": 5}]),
            &["ports[1].hostPort: Duplicate value: \"TCP//5\""],
        );
        check(
            "env",
            json!([{"name": ""}, {"name": "a=b"}, {"name": "c", "valueFrom": {}}]),
            &[
                "env[0].name: Required value",
                "env[1].name: Invalid value: \"a=b\": a valid environment variable name must",
                "env[2].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`",
            ],
        );
        check(
            "env",
            json!([{"name": "a", "value": "1", "valueFrom": {"secretKeyRef": {"name": "s", "key": ""}}}]),
            &[
                "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
                "env[0].valueFrom.secretKeyRef.key: Required value",
            ],
        );
        check("envFrom", json!([{}]), &["envFrom[0]: Invalid value: \"\": must specify one of"]);
    }

    #[test]
    fn mounts_are_of_volumes_the_pod_has() {
        check("volumeMounts", json!([{"name": "v", "mountPath": "/a"}]), &[]);
        check(
            "volumeMounts",
            json!([{"name": "x", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}]),
            &[
                "volumeMounts[0].name: Not found: \"x\"",
                "volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
            ],
        );
        check(
            "volumeMounts",
            json!([{"name": "v", "mountPath": "", "subPath": "../b"}]),
            &[
                "volumeMounts[0].mountPath: Required value",
                "volumeMounts[0].subPath: Invalid value: \"../b\": must not contain '..'",
            ],
        );
    }
}
