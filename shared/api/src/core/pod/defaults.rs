//! What the author of a pod, or of a template of pods, may leave out.

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, EnvVar, HTTPGetAction, Lifecycle, ObjectFieldSelector, PodSpec, Probe,
    ResourceRequirements, Volume,
};
use std::collections::BTreeMap;

/// Read, and write for the owner: 0644.
const MODE: i32 = 0o644;

/// Completes a pod's specification, in a pod or in a template.
pub(crate) fn complete(spec: &mut PodSpec) {
    text(&mut spec.dns_policy, "ClusterFirst");
    text(&mut spec.restart_policy, "Always");
    text(&mut spec.scheduler_name, "default-scheduler");
    spec.termination_grace_period_seconds.get_or_insert(30);
    spec.security_context.get_or_insert_default();
    // `serviceAccount` is the older name of `serviceAccountName`; both are kept alike.
    if spec.service_account_name.as_deref().unwrap_or_default().is_empty() {
        spec.service_account_name.clone_from(&spec.service_account);
    }
    spec.service_account.clone_from(&spec.service_account_name);
    let on_host = spec.host_network == Some(true);
    for one in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        container(one);
        for port in one.ports.iter_mut().flatten().filter(|p| on_host && p.host_port.unwrap_or(0) == 0) {
            port.host_port = Some(port.container_port);
        }
    }
    for one in spec.ephemeral_containers.iter_mut().flatten() {
        pull_policy(one.image.as_deref(), &mut one.image_pull_policy);
        text(&mut one.termination_message_path, "/dev/termination-log");
        text(&mut one.termination_message_policy, "File");
        one.env.iter_mut().flatten().for_each(variable);
    }
    spec.volumes.iter_mut().flatten().for_each(volume);
}

/// Completes what is decided for a pod but not for a template.
pub(super) fn complete_pod(spec: &mut PodSpec) {
    spec.enable_service_links.get_or_insert(true);
    if let Some(seconds) = spec.termination_grace_period_seconds.as_mut().filter(|s| **s < 0) {
        *seconds = 1;
    }
    for one in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        let Some(ResourceRequirements { limits: Some(limits), requests, .. }) = &mut one.resources else {
            continue;
        };
        for (name, limit) in limits.iter() {
            requests.get_or_insert_with(BTreeMap::new).entry(name.clone()).or_insert_with(|| limit.clone());
        }
    }
}

fn container(one: &mut Container) {
    pull_policy(one.image.as_deref(), &mut one.image_pull_policy);
    text(&mut one.termination_message_path, "/dev/termination-log");
    text(&mut one.termination_message_policy, "File");
    one.resources.get_or_insert_default();
    one.ports.iter_mut().flatten().for_each(|p: &mut ContainerPort| text(&mut p.protocol, "TCP"));
    one.env.iter_mut().flatten().for_each(variable);
    for probe in [&mut one.liveness_probe, &mut one.readiness_probe, &mut one.startup_probe] {
        probe.iter_mut().for_each(complete_probe);
    }
    if let Some(Lifecycle { post_start, pre_stop, .. }) = &mut one.lifecycle {
        for handler in [post_start, pre_stop].into_iter().flatten() {
            handler.http_get.iter_mut().for_each(http);
        }
    }
}

fn complete_probe(probe: &mut Probe) {
    for (field, usual) in [
        (&mut probe.timeout_seconds, 1),
        (&mut probe.period_seconds, 10),
        (&mut probe.success_threshold, 1),
        (&mut probe.failure_threshold, 3),
    ] {
        if field.unwrap_or(0) == 0 {
            *field = Some(usual);
        }
    }
    probe.http_get.iter_mut().for_each(http);
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

fn http(get: &mut HTTPGetAction) {
    text(&mut get.path, "/");
    text(&mut get.scheme, "HTTP");
}

fn variable(variable: &mut EnvVar) {
    if let Some(field) = variable.value_from.as_mut().and_then(|f| f.field_ref.as_mut()) {
        field_ref(field);
    }
}

fn field_ref(field: &mut ObjectFieldSelector) {
    text(&mut field.api_version, "v1");
}

fn volume(volume: &mut Volume) {
    if super::volumes::sources(volume) == 0 {
        volume.empty_dir = Some(k8s_openapi::api::core::v1::EmptyDirVolumeSource::default());
    }
    if let Some(map) = &mut volume.config_map {
        map.default_mode.get_or_insert(MODE);
    }
    if let Some(secret) = &mut volume.secret {
        secret.default_mode.get_or_insert(MODE);
    }
    if let Some(path) = &mut volume.host_path {
        path.type_.get_or_insert_default();
    }
    if let Some(downward) = &mut volume.downward_api {
        downward.default_mode.get_or_insert(MODE);
        let items = downward.items.iter_mut().flatten();
        items.filter_map(|i| i.field_ref.as_mut()).for_each(field_ref);
    }
    if let Some(projected) = &mut volume.projected {
        projected.default_mode.get_or_insert(MODE);
        for source in projected.sources.iter_mut().flatten() {
            if let Some(token) = &mut source.service_account_token {
                token.expiration_seconds.get_or_insert(3600);
            }
            let items = source.downward_api.iter_mut().flat_map(|d| d.items.iter_mut().flatten());
            items.filter_map(|i| i.field_ref.as_mut()).for_each(field_ref);
        }
    }
}

/// An image that may change under its name is asked for each time.
fn pull_policy(image: Option<&str>, policy: &mut Option<String>) {
    let image = image.unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    let tag = last.split('@').next().unwrap_or_default().split_once(':').map(|(_, tag)| tag);
    let changes = tag == Some("latest") || (tag.is_none() && !image.contains('@'));
    text(policy, if changes { "Always" } else { "IfNotPresent" });
}

fn text(field: &mut Option<String>, usual: &str) {
    if field.as_deref().unwrap_or_default().is_empty() {
        *field = Some(usual.into());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pod;
    use crate::core::testing::completed;
    use serde_json::{Value, json};

    fn spec(spec: &Value) -> Value {
        completed::<Pod>(json!({"spec": spec}))["spec"].clone()
    }

    #[test]
    fn a_negative_time_to_end_is_the_shortest_there_is() {
        assert_eq!(spec(&json!({"terminationGracePeriodSeconds": -5}))["terminationGracePeriodSeconds"], 1);
    }

    #[test]
    fn the_shortest_pod_becomes_whole() {
        assert_eq!(
            spec(&json!({"containers": [{"name": "a", "image": "b:1", "ports": [{"containerPort": 80}]}]})),
            json!({
                "containers": [{
                    "name": "a", "image": "b:1", "imagePullPolicy": "IfNotPresent", "resources": {},
                    "ports": [{"containerPort": 80, "protocol": "TCP"}],
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"
                }],
                "dnsPolicy": "ClusterFirst", "enableServiceLinks": true, "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30
            })
        );
    }

    #[test]
    fn the_tag_decides_how_images_are_pulled() {
        for (image, expected) in [
            ("b", "Always"),
            ("b:latest", "Always"),
            ("r.io:5000/b", "Always"),
            ("r.io:5000/b:1", "IfNotPresent"),
            ("b@sha256:0", "IfNotPresent"),
            ("b:latest@sha256:0", "Always"),
        ] {
            let spec = spec(&json!({"containers": [{"name": "a", "image": image}]}));
            assert_eq!(spec["containers"][0]["imagePullPolicy"], expected, "{image}");
        }
    }

    #[test]
    fn parts_of_a_container_become_whole() {
        let spec = spec(&json!({"hostNetwork": true, "serviceAccount": "s", "containers": [{
            "name": "a", "image": "b", "ports": [{"containerPort": 80}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}},
            "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "livenessProbe": {"httpGet": {"port": 80}, "periodSeconds": 5}
        }]}));
        let container = &spec["containers"][0];
        assert_eq!(container["ports"][0]["hostPort"], 80);
        assert_eq!(container["resources"]["requests"], json!({"cpu": "500m", "memory": "1Gi"}));
        assert_eq!(container["env"][0]["valueFrom"]["fieldRef"]["apiVersion"], "v1");
        assert_eq!(
            container["livenessProbe"],
            json!({"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}, "periodSeconds": 5, "timeoutSeconds": 1,
                "successThreshold": 1, "failureThreshold": 3})
        );
        assert_eq!(spec["serviceAccountName"], "s");
    }

    #[test]
    fn volumes_become_whole() {
        let spec = spec(&json!({"containers": [], "volumes": [
            {"name": "a"}, {"name": "b", "configMap": {"name": "c"}}, {"name": "d", "hostPath": {"path": "/"}},
            {"name": "e", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
        ]}));
        assert_eq!(
            spec["volumes"],
            json!([
                {"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "c", "defaultMode": 420}},
                {"name": "d", "hostPath": {"path": "/", "type": ""}},
                {"name": "e", "projected": {"defaultMode": 420,
                    "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}]}}
            ])
        );
    }

    #[test]
    fn a_pod_starts_pending() {
        let pod = completed::<Pod>(json!({"spec": {"containers": [{"name": "a", "image": "b"}]}}));
        assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    }
}
