//! An unmodified kubectl asks who it is and what it may, and gets tokens and certificates.

use crate::{
    asker::Town,
    program::{Kubectl, text},
};
use base64::{Engine, prelude::BASE64_STANDARD};

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_asks_who_and_what() {
    let town = Town::open().await;
    let Some(kubectl) = Kubectl::at(town.as_seen_by("admin", "system:masters")).await else { return };
    let me = kubectl.says("auth whoami", "").await;
    assert!(me.contains("admin") && me.contains("system:masters"), "{me}");
    assert_eq!(kubectl.says("auth can-i delete nodes", "").await.trim(), "yes");
    let no = kubectl.run("auth can-i get pods --as bob", "").await;
    assert_eq!(text(&no.stdout).trim(), "no");
    kubectl.says("create role reader --verb=get,list --resource=pods,pods/log", "").await;
    kubectl.says("create rolebinding bob --role=reader --user=bob", "").await;
    assert_eq!(kubectl.says("auth can-i get pods --as bob", "").await.trim(), "yes");
    assert_eq!(kubectl.says("auth can-i get pods/log --as bob", "").await.trim(), "yes");
    let list = kubectl.says("auth can-i --list --as bob", "").await;
    assert!(list.contains("pods/log") && list.contains("/openapi/*"), "{list}");
    let refused = kubectl.run("get nodes --as bob", "").await;
    let refused = text(&refused.stderr);
    assert!(refused.contains(r#"User "bob" cannot list resource "nodes" in API group """#), "{refused}");
    let roles =
        kubectl.says("get clusterroles -l kubernetes.io/bootstrapping=rbac-defaults -o name", "").await;
    assert!(roles.lines().count() > 12, "{roles}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_gets_tokens_and_certificates() {
    let town = Town::open().await;
    let Some(kubectl) = Kubectl::at(town.as_seen_by("admin", "system:masters")).await else { return };
    kubectl.says("create serviceaccount till", "").await;
    let token = kubectl.says("create token till --duration=10m --audience=vault", "").await;
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    let short = kubectl.run("create token till --duration=1m", "").await;
    assert!(text(&short.stderr).contains("may not specify a duration less than 10 minutes"));
    let der = shared_pki::Request::new("jane", "devs").unwrap().csr;
    let body = BASE64_STANDARD.encode(der);
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
    for (name, word, condition) in [("jane", "approve", "Approved"), ("joan", "deny", "Denied")] {
        let manifest = format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {name}}}\nspec: \
             {{request: {}, signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}}\n",
            BASE64_STANDARD.encode(&pem)
        );
        kubectl.says("create -f -", &manifest).await;
        kubectl.says(&format!("certificate {word} {name}"), "").await;
        let shown = kubectl.says(&format!("get csr {name}"), "").await;
        assert!(shown.contains("admin") && shown.contains(condition), "{shown}");
    }
}
