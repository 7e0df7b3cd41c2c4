//! What tools look for in a cluster: how to know its server and its users.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use shared_client::Result;

/// The authority, for servers that extend the API; and how strangers reach the cluster at `address`.
pub(super) fn maps(authority: &str, address: Option<&str>) -> Result<Vec<Value>> {
    let map = |namespace: &str, name: &str, data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace, "name": name}, "data": data});
    let clients = json!({"client-ca-file": authority});
    let mut maps = vec![map("kube-system", "extension-apiserver-authentication", clients)];
    if let Some(address) = address {
        let cluster = json!({
            "server": format!("https://{address}"),
            "certificate-authority-data": BASE64_STANDARD.encode(authority),
        });
        let kubeconfig = shared_api::yaml::to_string(&json!({
            "apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": "",
            "clusters": [{"name": "", "cluster": cluster}], "contexts": [], "users": [],
        }))?;
        maps.push(map("kube-public", "cluster-info", json!({"kubeconfig": kubeconfig})));
    }
    Ok(maps)
}
