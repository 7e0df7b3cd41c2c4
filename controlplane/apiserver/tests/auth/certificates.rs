//! Certificate requests: who asks is on record, who may approves.

use crate::asker::{Asker, Town, bound, rbac};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const CLIENTS: &str = "kubernetes.io/kube-apiserver-client";

fn request(group: &str) -> Value {
    let der = shared_pki::Request::new("jane", group).unwrap().csr;
    let body = BASE64_STANDARD.encode(der);
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
    json!({"metadata": {"name": "jane"}, "spec": {"username": "root", "request": BASE64_STANDARD.encode(pem),
        "signerName": CLIENTS, "usages": ["client auth"]}})
}

async fn approve(asker: &Asker) -> String {
    let (_, mut request) = asker.get(&format!("{REQUESTS}/jane")).await;
    request["status"]["conditions"] = json!([{"type": "Approved", "status": "True", "reason": "Fine"}]);
    request["status"]["certificate"] = json!("AAAA");
    asker.refused("PUT", &format!("{REQUESTS}/jane/approval"), Some(request)).await
}

#[tokio::test]
async fn who_may_approves_for_a_signer() {
    let town = Town::open().await;
    let rights = json!({"rules": [{"verbs": ["*"], "apiGroups": ["certificates.k8s.io"],
        "resources": ["certificatesigningrequests", "certificatesigningrequests/approval"]}]});
    town.has(rbac("ClusterRole", "", "asker", rights)).await;
    town.has(bound("ClusterRoleBinding", "", "bob", "ClusterRole/asker", "bob")).await;
    let bob = town.user("bob", "devs");
    let (code, made) = bob.post(REQUESTS, request("devs")).await;
    assert_eq!((code, &made["spec"]["username"]), (201, &json!("bob")), "{made}");
    assert_eq!(
        approve(&bob).await,
        format!(
            "403 certificatesigningrequests.certificates.k8s.io \"jane\" is forbidden: user not permitted to approve requests with signerName {CLIENTS:?}"
        )
    );
    let role = "ClusterRole/system:certificates.k8s.io:kube-apiserver-client-approver";
    town.has(bound("ClusterRoleBinding", "", "approver", role, "bob")).await;
    assert_eq!(approve(&bob).await, "200 ");
    let (_, now) = bob.get(&format!("{REQUESTS}/jane")).await;
    assert_eq!(now["status"]["conditions"][0]["type"], "Approved", "{now}");
    assert!(now["status"]["certificate"].is_null(), "an approval signs nothing");
}

#[tokio::test]
async fn nobody_asks_to_be_an_administrator() {
    let town = Town::open().await;
    let refused = town.admin().refused("POST", REQUESTS, Some(request("system:masters"))).await;
    assert!(
        refused.ends_with(
            "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"
        ),
        "{refused}"
    );
}
