//! Acting as somebody else.

use crate::asker::{Town, bound, rbac};
use serde_json::json;

const WHOAMI: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

#[tokio::test]
async fn who_may_acts_as_others_part_by_part() {
    let town = Town::open().await;
    let asked = |who: crate::asker::Asker| async move {
        let (code, answer) = who.post(WHOAMI, json!({})).await;
        (
            code,
            answer["status"]["userInfo"].clone(),
            answer["message"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let as_bob = town.admin().with("Impersonate-User", "bob").with("Impersonate-Group", "devs");
    let as_bob = as_bob.with("Impersonate-Uid", "7").with("Impersonate-Extra-team", "a");
    let (_, user, _) = asked(as_bob).await;
    let bob = json!({"username": "bob", "uid": "7", "groups": ["devs", "system:authenticated"], "extra": {"team": ["a"]}});
    assert_eq!(user, bob);
    let (_, user, _) = asked(town.admin().with("Impersonate-User", "system:serviceaccount:shop:till")).await;
    assert_eq!(
        user["groups"],
        json!(["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"])
    );
    let rule = json!({"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["bob"]});
    town.has(rbac("ClusterRole", "", "actor", json!({"rules": [rule]}))).await;
    town.has(bound("ClusterRoleBinding", "", "al", "ClusterRole/actor", "al")).await;
    let al = town.user("al", "devs");
    let as_bob = al.with("Impersonate-User", "bob");
    assert_eq!(asked(as_bob.clone()).await.0, 201);
    for (who, why) in [
        (
            al.with("Impersonate-User", "eve"),
            r#"users "eve" is forbidden: User "al" cannot impersonate resource "users" in API group "" at the cluster scope"#,
        ),
        (
            as_bob.with("Impersonate-Group", "system:masters"),
            r#"groups "system:masters" is forbidden: User "al" cannot impersonate resource "groups" in API group "" at the cluster scope"#,
        ),
        (
            as_bob.with("Impersonate-Extra-team", "a"),
            r#"userextras.authentication.k8s.io "a" is forbidden: User "al" cannot impersonate resource "userextras/team" in API group "authentication.k8s.io" at the cluster scope"#,
        ),
        (
            as_bob.with("Impersonate-Uid", "7"),
            r#"uids.authentication.k8s.io "7" is forbidden: User "al" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope"#,
        ),
        (
            al.with("Impersonate-User", "system:serviceaccount:shop:till"),
            r#"serviceaccounts "till" is forbidden: User "al" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "shop""#,
        ),
    ] {
        let (code, _, message) = asked(who).await;
        assert_eq!((code, message.as_str()), (403, why));
    }
    assert_eq!(asked(town.admin().with("Impersonate-Group", "devs")).await.0, 500);
}
