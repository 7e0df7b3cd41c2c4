//! Pods run as a service account that is there, with its token and what it pulls images with.

use super::{Action, Request, There};
use shared_api::{
    GroupKind, Refusal,
    core::{
        ConfigMapProjection, Container, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath,
        ObjectFieldSelector, Pod, PodSpec, ProjectedVolumeSource, ServiceAccount,
        ServiceAccountTokenProjection, Volume, VolumeMount, VolumeProjection,
    },
};
use std::sync::Arc;

/// What the volume with the token is called, before five letters of its own.
const VOLUME: &str = "kube-api-access-";
const PLACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const MIRROR: &str = "kubernetes.io/config.mirror";
/// Seven seconds more than an hour: whoever sees it knows that nobody chose it.
const SECONDS: i64 = 3607;
/// The `ConfigMap` with the cluster's authority that every namespace has.
pub(crate) const AUTHORITY: &str = "kube-root-ca.crt";

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let key = request.kind.group_kind();
    let (action, there, chance) = (request.action, request.there, request.chance);
    let Some(pod) = request.draft.as_any_mut().downcast_mut::<Pod>() else { return Ok(()) };
    let mirror = pod.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(MIRROR));
    if action != Action::Create || mirror {
        return Ok(());
    }
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    let pod_name = pod.metadata.name.clone().unwrap_or_default();
    let Some(spec) = &mut pod.spec else { return Ok(()) };
    let named = [&spec.service_account_name, &spec.service_account];
    let named = named.into_iter().flatten().find(|n| !n.is_empty()).cloned();
    let name = named.unwrap_or_else(|| "default".into());
    // The second field is the first one's old name; clients of either age look at theirs.
    spec.service_account = Some(name.clone());
    spec.service_account_name = Some(name.clone());
    let Some(account) = account(there, &namespace, &name)? else {
        let about = shared_api::Key { kind: key, namespace: namespace.clone(), name: pod_name };
        let why =
            format!("error looking up service account {namespace}/{name}: serviceaccount {name:?} not found");
        return Err(Refusal::forbidden(&about, &why));
    };
    let wanted = spec.automount_service_account_token.or(account.automount_service_account_token);
    if wanted.unwrap_or(true) {
        mount(spec, chance);
    }
    if spec.image_pull_secrets.as_ref().is_none_or(Vec::is_empty) {
        spec.image_pull_secrets.clone_from(&account.image_pull_secrets);
    }
    Ok(())
}

fn account(there: &dyn There, namespace: &str, name: &str) -> Result<Option<Arc<ServiceAccount>>, Refusal> {
    let kind = crate::keys::known(&GroupKind::of::<ServiceAccount>())?;
    let found = there.object(kind, namespace, name)?;
    found.map(|object| object.to_kind::<ServiceAccount>().map_err(Refusal::internal)).transpose()
}

/// Mounts the token into every container that has nothing else at its place.
fn mount(spec: &mut PodSpec, chance: fn(u128) -> u128) {
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    let there = volumes.iter().find(|v| v.name.starts_with(VOLUME)).map(|v| v.name.clone());
    let free = |name: &String| volumes.iter().all(|v| v.name != *name);
    let name = there.clone().unwrap_or_else(|| {
        let mut names = std::iter::repeat_with(|| format!("{VOLUME}{}", crate::registry::suffix(chance)));
        names.find(free).unwrap_or_default()
    });
    let mut needed = false;
    let containers = spec.init_containers.iter_mut().flatten().chain(&mut spec.containers);
    for container in containers.filter(|c: &&mut Container| !has_place(c)) {
        needed = true;
        container.volume_mounts.get_or_insert_default().push(VolumeMount {
            name: name.clone(),
            mount_path: PLACE.into(),
            read_only: Some(true),
            ..VolumeMount::default()
        });
    }
    if needed && there.is_none() {
        spec.volumes.get_or_insert_default().push(volume(name));
    }
}

fn has_place(container: &Container) -> bool {
    container.volume_mounts.iter().flatten().any(|mount| mount.mount_path == PLACE)
}

fn volume(name: String) -> Volume {
    let token = ServiceAccountTokenProjection {
        expiration_seconds: Some(SECONDS),
        path: "token".into(),
        ..ServiceAccountTokenProjection::default()
    };
    let authority = ConfigMapProjection {
        name: AUTHORITY.into(),
        items: Some(vec![KeyToPath { key: "ca.crt".into(), path: "ca.crt".into(), mode: None }]),
        optional: None,
    };
    let namespace = DownwardAPIVolumeFile {
        path: "namespace".into(),
        field_ref: Some(ObjectFieldSelector {
            api_version: Some("v1".into()),
            field_path: "metadata.namespace".into(),
        }),
        ..DownwardAPIVolumeFile::default()
    };
    let sources = vec![
        VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() },
        VolumeProjection { config_map: Some(authority), ..VolumeProjection::default() },
        VolumeProjection {
            downward_api: Some(DownwardAPIProjection { items: Some(vec![namespace]) }),
            ..VolumeProjection::default()
        },
    ];
    let projected = ProjectedVolumeSource { default_mode: Some(0o644), sources: Some(sources) };
    Volume { name, projected: Some(projected), ..Volume::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::testing::created;
    use serde_json::{Value, json};

    fn admitted(account: &Value, spec: &Value) -> Result<Value, String> {
        let meta = json!({"name": "default", "namespace": "n"});
        let mut there = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta});
        there.as_object_mut().unwrap().extend(account.as_object().unwrap().clone());
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec});
        created(admit, &pod, &[there]).map(|(mut pod, _)| pod["spec"].take()).map_err(|r| r.message)
    }

    #[test]
    fn every_container_gets_the_token_once() {
        let own = json!([{"name": "mine", "mountPath": PLACE}]);
        let spec = json!({"volumes": [{"name": "mine", "emptyDir": {}}],
            "initContainers": [{"name": "i"}], "containers": [{"name": "a"}, {"name": "b", "volumeMounts": own}]});
        let pod = admitted(&json!({}), &spec).unwrap();
        assert_eq!(pod["serviceAccountName"], "default");
        let name = "kube-api-access-bbbbb";
        let mount = json!([{"name": name, "mountPath": PLACE, "readOnly": true}]);
        assert_eq!(pod["initContainers"][0]["volumeMounts"], mount);
        assert_eq!(pod["containers"][0]["volumeMounts"], mount);
        assert_eq!(pod["containers"][1]["volumeMounts"], own);
        let volume = json!({"name": name, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ]}});
        assert_eq!(pod["volumes"][1], volume);
    }

    #[test]
    fn the_pod_says_first_then_the_account() {
        let containers = json!([{"name": "a"}]);
        for (account, pod, mounted) in [
            (json!({}), json!({}), true),
            (json!({"automountServiceAccountToken": false}), json!({}), false),
            (
                json!({"automountServiceAccountToken": false}),
                json!({"automountServiceAccountToken": true}),
                true,
            ),
            (json!({}), json!({"automountServiceAccountToken": false}), false),
        ] {
            let mut spec = json!({"containers": containers});
            spec.as_object_mut().unwrap().extend(pod.as_object().unwrap().clone());
            let admitted = admitted(&account, &spec).unwrap();
            assert_eq!(admitted["volumes"].is_array(), mounted, "{account} {pod}");
        }
    }

    #[test]
    fn an_account_lends_its_secrets_and_has_to_be_there() {
        let account = json!({"imagePullSecrets": [{"name": "hub"}]});
        let pod = admitted(&account, &json!({"containers": []})).unwrap();
        assert_eq!(pod["imagePullSecrets"], json!([{"name": "hub"}]));
        let own = json!({"containers": [], "imagePullSecrets": [{"name": "own"}]});
        assert_eq!(admitted(&account, &own).unwrap()["imagePullSecrets"], own["imagePullSecrets"]);
        assert_eq!(
            admitted(&account, &json!({"containers": [], "serviceAccountName": "x"})).unwrap_err(),
            r#"pods "p" is forbidden: error looking up service account n/x: serviceaccount "x" not found"#
        );
    }
}
