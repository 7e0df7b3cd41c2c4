//! Server-side apply by an unmodified kubectl, over the door itself.

use crate::{
    open::Open,
    program::{Kubectl, text},
};
use serde_json::{Value, json};

fn deployment(replicas: u8, image: &str) -> String {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": image, "ports": [{"containerPort": 80}]}]},
            },
        },
    })
    .to_string()
}

async fn owners(kubectl: &Kubectl) -> Vec<(String, String)> {
    let found: Value =
        serde_json::from_str(&kubectl.says("get deployment web -o json --show-managed-fields", "").await)
            .unwrap();
    let entries = found["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let word = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    entries.iter().map(|entry| (word(entry, "manager"), word(entry, "operation"))).collect()
}

fn is(found: &[(String, String)], expected: &[(&str, &str)]) -> bool {
    found.iter().map(|(a, b)| (a.as_str(), b.as_str())).eq(expected.iter().copied())
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_applies_on_the_server_and_is_told_of_conflicts() {
    let door = Open::server().await;
    let Some(kubectl) = Kubectl::at(controlplane_apiserver::rest::router(door)).await else { return };
    let dry = kubectl.says("apply --server-side --dry-run=server -f -", &deployment(2, "busybox")).await;
    assert_eq!(dry, "deployment.apps/web serverside-applied (server dry run)\n");
    assert!(!kubectl.run("get deployment web", "").await.status.success());
    for _ in 0..2 {
        let applied = kubectl.says("apply --server-side -f -", &deployment(2, "busybox")).await;
        assert_eq!(applied, "deployment.apps/web serverside-applied\n");
    }
    let version = "get deployment web -o jsonpath={.metadata.resourceVersion}/{.metadata.generation}";
    let before = kubectl.says(version, "").await;
    kubectl.says("apply --server-side -f -", &deployment(2, "busybox")).await;
    assert_eq!(kubectl.says(version, "").await, before, "what changes nothing is no write");
    assert!(is(&owners(&kubectl).await, &[("kubectl", "Apply")]));

    kubectl.says("scale deployment web --replicas=5", "").await;
    let found = owners(&kubectl).await;
    assert!(is(&found, &[("kubectl", "Apply"), ("kubectl", "Update")]), "{found:?}");
    let refused = text(&kubectl.run("apply --server-side -f -", &deployment(3, "busybox")).await.stderr);
    let conflict = "error: Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using apps/v1: .spec.replicas";
    assert!(refused.starts_with(conflict), "{refused}");
    kubectl.says("apply --server-side --force-conflicts -f -", &deployment(3, "busybox")).await;
    assert!(is(&owners(&kubectl).await, &[("kubectl", "Apply")]));
    let other = text(
        &kubectl.run("apply --server-side --field-manager=other -f -", &deployment(4, "alpine")).await.stderr,
    );
    assert!(
        other.contains("2 conflicts: conflicts with \"kubectl\":\n- .spec.replicas\n- .spec.template.spec.containers[name=\"app\"].image"),
        "{other}"
    );
    kubectl.says("apply --server-side --field-manager=other -f -", &deployment(3, "busybox")).await;
    let found = owners(&kubectl).await;
    assert!(is(&found, &[("kubectl", "Apply"), ("other", "Apply")]), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_applied_by_the_client_moves_to_the_server() {
    let door = Open::server().await;
    let Some(kubectl) = Kubectl::at(controlplane_apiserver::rest::router(door)).await else { return };
    assert!(kubectl.says("apply -f -", &deployment(2, "busybox")).await.contains("created"));
    let last = kubectl.says("apply view-last-applied deployment web -o json", "").await;
    assert_eq!(serde_json::from_str::<Value>(&last).unwrap()["spec"]["replicas"], 2);
    assert!(kubectl.says("apply -f -", &deployment(2, "busybox:1")).await.contains("configured"));
    assert!(is(&owners(&kubectl).await, &[("kubectl-client-side-apply", "Update")]));

    kubectl.says("apply --server-side -f -", &deployment(4, "busybox:2")).await;
    let found = owners(&kubectl).await;
    assert!(is(&found, &[("kubectl", "Apply"), ("kubectl-last-applied", "Apply")]), "{found:?}");
    let last = kubectl.says("apply view-last-applied deployment web -o json", "").await;
    assert_eq!(serde_json::from_str::<Value>(&last).unwrap()["spec"]["replicas"], 4);
    let replicas = kubectl.says("get deployment web -o jsonpath={.spec.replicas}", "").await;
    assert_eq!(replicas, "4");
}
