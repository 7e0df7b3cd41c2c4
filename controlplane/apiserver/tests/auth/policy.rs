//! Roles and bindings: what they allow, from which moment, and who may write them.

use crate::asker::{Asker, Town, bound, rbac};
use serde_json::{Value, json};
use shared_api::{DeleteHow, Key, rbac::RoleBinding};

const PODS: &str = "/api/v1/namespaces/default/pods";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

fn rule(verbs: &[&str], resource: &str) -> Value {
    json!({"verbs": verbs, "apiGroups": [""], "resources": [resource]})
}

#[tokio::test]
async fn what_is_granted_counts_at_once_and_so_does_what_is_taken() {
    let town = Town::open().await;
    let bob = town.user("bob", "devs");
    let no = r#"403 pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default""#;
    assert_eq!(bob.refused("GET", PODS, None).await, no);
    town.has(bound("RoleBinding", "default", "bob", "Role/reader", "bob")).await;
    let lost = format!(r#"{no}: RBAC: role.rbac.authorization.k8s.io "reader" not found"#);
    assert_eq!(bob.refused("GET", PODS, None).await, lost);
    town.has(rbac("Role", "default", "reader", json!({"rules": [rule(&["list"], "pods")]}))).await;
    assert_eq!(bob.get(PODS).await.0, 200);
    assert_eq!(bob.get("/api/v1/pods").await.0, 403, "only there");
    let cluster = town.server.internal("test");
    cluster.delete(&Key::of::<RoleBinding>("default", "bob"), &DeleteHow::default()).await.unwrap();
    assert_eq!(bob.refused("GET", PODS, None).await, no);
}

#[tokio::test]
async fn everybody_finds_out_what_the_server_serves() {
    let town = Town::open().await;
    let bob = town.user("bob", "devs");
    for path in ["/api", "/apis/apps/v1", "/openapi/v3", "/version"] {
        assert_eq!(bob.get(path).await.0, 200, "{path}");
    }
    let stranger = town.stranger();
    for (path, code) in [("/version", 200), ("/livez", 200), ("/apis", 403), ("/openapi/v2", 403)] {
        assert_eq!(stranger.get(path).await.0, code, "{path}");
    }
    let refused = stranger.refused("GET", "/apis", None).await;
    assert_eq!(refused, r#"403 forbidden: User "system:anonymous" cannot get path "/apis""#);
}

async fn create(asker: &Asker, path: &str, object: Value) -> String {
    asker.refused("POST", path, Some(object)).await
}

#[tokio::test]
async fn nobody_gives_away_what_is_not_theirs() {
    let town = Town::open().await;
    let writer = json!({"rules": [
        {"verbs": ["*"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"]},
        rule(&["get"], "pods"),
    ]});
    town.has(rbac("Role", "default", "writer", writer)).await;
    town.has(bound("RoleBinding", "default", "bob", "Role/writer", "bob")).await;
    town.has(rbac("ClusterRole", "", "boss", json!({"rules": [rule(&["delete"], "nodes")]}))).await;
    let bob = town.user("bob", "devs");
    let roles = format!("{RBAC}/namespaces/default/roles");
    let bindings = format!("{RBAC}/namespaces/default/rolebindings");
    // `*` on roles includes escalate and bind.
    let more = json!({"rules": [rule(&["delete", "get"], "pods")]});
    assert_eq!(create(&bob, &roles, rbac("Role", "default", "more", more.clone())).await, "201 ");
    let careful = json!({"rules": [
        {"verbs": ["create", "get", "patch", "update"], "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["roles", "rolebindings", "clusterroles"]},
        rule(&["get"], "pods"),
    ]});
    town.has(rbac("ClusterRole", "", "careful", careful)).await;
    town.has(bound("ClusterRoleBinding", "", "al", "ClusterRole/careful", "al")).await;
    let al = town.user("al", "devs");
    let same = json!({"rules": [rule(&["get"], "pods")]});
    assert_eq!(create(&al, &roles, rbac("Role", "default", "same", same)).await, "201 ");
    assert_eq!(
        create(&al, &roles, rbac("Role", "default", "much", more)).await,
        "403 roles.rbac.authorization.k8s.io \"much\" is forbidden: user \"al\" (groups=[\"devs\" \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}"
    );
    let refused =
        create(&al, &bindings, bound("RoleBinding", "default", "b", "ClusterRole/boss", "al")).await;
    assert!(refused.contains(r#"{APIGroups:[""], Resources:["nodes"], Verbs:["delete"]}"#), "{refused}");
    let refused =
        create(&al, &bindings, bound("RoleBinding", "default", "b", "ClusterRole/none", "al")).await;
    assert_eq!(refused, r#"404 clusterroles.rbac.authorization.k8s.io "none" not found"#);
    let gathers = json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let refused = create(&al, &format!("{RBAC}/clusterroles"), rbac("ClusterRole", "", "g", gathers)).await;
    assert!(refused.ends_with("must have cluster-admin privileges to use the aggregationRule"), "{refused}");
    // What does not change is not given away.
    let labels = json!({"metadata": {"labels": {"a": "b"}}});
    assert_eq!(al.refused("PATCH", &format!("{RBAC}/clusterroles/boss"), Some(labels)).await, "200 ");
}

#[tokio::test]
async fn deleting_what_matches_is_a_verb_of_its_own() {
    let town = Town::open().await;
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "default"}});
    town.has(map).await;
    town.has(rbac(
        "Role",
        "default",
        "sweeper",
        json!({"rules": [rule(&["deletecollection"], "configmaps")]}),
    ))
    .await;
    town.has(bound("RoleBinding", "default", "bob", "Role/sweeper", "bob")).await;
    let (bob, eve) = (town.user("bob", "devs"), town.user("eve", "devs"));
    let maps = "/api/v1/namespaces/default/configmaps";
    assert_eq!(bob.get(maps).await.0, 403);
    assert_eq!(bob.ask("DELETE", &format!("{maps}/m"), None).await.0, 403);
    assert_eq!(
        eve.refused("DELETE", maps, None).await,
        r#"403 configmaps is forbidden: User "eve" cannot deletecollection resource "configmaps" in API group "" in the namespace "default""#
    );
    assert_eq!(bob.ask("DELETE", maps, None).await.0, 200);
    assert_eq!(town.admin().get(maps).await.1["items"], json!([]));
}
