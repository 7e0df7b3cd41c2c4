//! Ephemeral containers: guests of a pod that runs. They are added one by one, never changed, never taken away.

use super::validate::{container, volume};
use crate::Invalid;
use k8s_openapi::api::core::v1::{Container, EphemeralContainer, PodSpec};
use std::collections::BTreeSet;

const LIST: &str = "spec.ephemeralContainers";

/// A guest as the container that it is.
pub fn guest(one: &EphemeralContainer) -> Container {
    let one = one.clone();
    Container {
        args: one.args,
        command: one.command,
        env: one.env,
        env_from: one.env_from,
        image: one.image,
        image_pull_policy: one.image_pull_policy,
        lifecycle: one.lifecycle,
        liveness_probe: one.liveness_probe,
        name: one.name,
        ports: one.ports,
        readiness_probe: one.readiness_probe,
        resources: one.resources,
        security_context: one.security_context,
        startup_probe: one.startup_probe,
        stdin: one.stdin,
        stdin_once: one.stdin_once,
        termination_message_path: one.termination_message_path,
        termination_message_policy: one.termination_message_policy,
        tty: one.tty,
        volume_devices: one.volume_devices,
        volume_mounts: one.volume_mounts,
        working_dir: one.working_dir,
        ..Container::default()
    }
}

/// Records what is wrong with the guests of a pod, given those it had.
pub fn valid_guests(new: &PodSpec, old: &PodSpec, invalid: &mut Invalid) {
    let hosts = new.containers.iter().chain(new.init_containers.iter().flatten());
    let hosts: BTreeSet<&str> = hosts.map(|c| c.name.as_str()).collect();
    let volumes = volume::valid(new, "spec.volumes", &mut Invalid::default());
    let mut names = hosts.clone();
    let guests = new.ephemeral_containers.as_deref().unwrap_or_default();
    for (at, one) in guests.iter().enumerate() {
        let path = format!("{LIST}[{at}]");
        container::valid_name(&one.name, &path, &mut names, invalid);
        let target = one.target_container_name.as_deref().unwrap_or_default();
        if !target.is_empty() && !hosts.contains(target) {
            invalid.not_found(format!("{path}.targetContainerName"), target);
        }
        unfit(one, &path, invalid);
        container::valid(&guest(one), &path, &volumes, new.host_network == Some(true), invalid);
    }
    for was in old.ephemeral_containers.iter().flatten() {
        let why = match guests.iter().find(|one| one.name == was.name) {
            Some(one) if one == was => continue,
            Some(_) => "changed",
            None => "removed",
        };
        invalid.forbidden(LIST, &format!("existing ephemeral containers {:?} may not be {why}\n", was.name));
    }
}

/// What a guest cannot have: it promises nothing and is promised nothing.
fn unfit(one: &EphemeralContainer, path: &str, invalid: &mut Invalid) {
    const WHY: &str = "cannot be set for an Ephemeral Container";
    let resources = one.resources.as_ref();
    for (field, set) in [
        ("ports", one.ports.as_ref().is_some_and(|p| !p.is_empty())),
        ("livenessProbe", one.liveness_probe.is_some()),
        ("readinessProbe", one.readiness_probe.is_some()),
        ("startupProbe", one.startup_probe.is_some()),
        ("lifecycle", one.lifecycle.is_some()),
        ("resources", resources.is_some_and(|r| r.limits.is_some() || r.requests.is_some())),
        ("restartPolicy", one.restart_policy.is_some()),
    ] {
        if set {
            invalid.forbidden(format!("{path}.{field}"), WHY);
        }
    }
    for (at, mount) in one.volume_mounts.iter().flatten().enumerate() {
        for (field, set) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
            if set.as_deref().is_some_and(|path| !path.is_empty()) {
                invalid.forbidden(format!("{path}.volumeMounts[{at}].{field}"), WHY);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(guests: &Value) -> PodSpec {
        let value = json!({"containers": [{"name": "a", "image": "b"}], "ephemeralContainers": guests});
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn guests_come_and_stay() {
        let one = json!({"name": "d", "image": "busybox"});
        let with = |field: &str, value: Value| {
            let mut one = one.clone();
            one[field] = value;
            json!([one])
        };
        for (old, new, expected) in [
            (json!([]), json!([one]), None),
            (json!([one]), json!([one, {"name": "e", "image": "busybox"}]), None),
            (json!([]), with("targetContainerName", json!("a")), None),
            (
                json!([one]),
                json!([]),
                Some(
                    "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"d\" may not be removed",
                ),
            ),
            (
                json!([one]),
                with("image", json!("x")),
                Some(
                    "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"d\" may not be changed",
                ),
            ),
            (
                json!([]),
                with("name", json!("a")),
                Some("spec.ephemeralContainers[0].name: Duplicate value: \"a\""),
            ),
            (json!([]), with("image", json!("")), Some("spec.ephemeralContainers[0].image: Required value")),
            (
                json!([]),
                with("targetContainerName", json!("z")),
                Some("spec.ephemeralContainers[0].targetContainerName: Not found: \"z\""),
            ),
            (
                json!([]),
                with("lifecycle", json!({})),
                Some(
                    "spec.ephemeralContainers[0].lifecycle: Forbidden: cannot be set for an Ephemeral Container",
                ),
            ),
        ] {
            let mut invalid = Invalid::default();
            valid_guests(&spec(&new), &spec(&old), &mut invalid);
            let found = invalid.lines();
            assert_eq!(found.len(), usize::from(expected.is_some()), "{new}: {found:?}");
            assert!(
                found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected)),
                "{found:?}"
            );
        }
    }
}
