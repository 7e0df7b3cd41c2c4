//! Filling a cluster with pods, for measuring what stands on it.

use crate::{
    fleet::Fleet,
    make::{account, make, object},
    seed::seed,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared_api::{Query, core::Node};
use shared_client::{Cluster, Refusal, Result};
use std::{collections::BTreeSet, sync::Arc};

/// Pods that are made at the same time.
const TOGETHER: usize = 64;
/// Pods of one application; of one namespace.
const OF_ONE: usize = 25;
const WITHIN: usize = 1000;
const APPS: [&str; 8] = ["api", "web", "worker", "cache", "search", "billing", "auth", "mail"];

/// Makes so many pods, spread over the fleet's nodes and bound to them already; the nodes must be running.
/// What is there stays.
pub async fn fill(cluster: &Arc<dyn Cluster>, fleet: &Fleet, pods: usize) -> Result<()> {
    for number in 0..pods.div_ceil(WITHIN) {
        let name = namespace(number * WITHIN);
        let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        make(cluster, object(&value)?).await?;
        account(cluster, &name).await?;
    }
    let nodes: Vec<String> = fleet.facts().map(|node| node.name).collect();
    if nodes.is_empty() {
        return Err(Refusal::bad_request("a fleet without nodes has no room for pods"));
    }
    ready(cluster, nodes.iter().cloned().collect()).await?;
    let made = stream::iter(0..pods).map(|n| {
        let made = object(&pod(n, &nodes[n % nodes.len()]));
        async move { make(cluster, made?).await }
    });
    let mut made = made.buffer_unordered(TOGETHER);
    while let Some(done) = made.next().await {
        done?;
    }
    Ok(())
}

/// Waits until the nodes are ready: pods on a node that does not exist are cleaned away.
async fn ready(cluster: &Arc<dyn Cluster>, mut wanted: BTreeSet<String>) -> Result<()> {
    let mut events = cluster.watch(&[Query::every::<Node>()], None).await?;
    while !wanted.is_empty() {
        let event = events.next().await;
        let event = event.ok_or_else(|| Refusal::unavailable("the control plane closed the watch"))??;
        let Some(object) = event.object() else { continue };
        let node = object.to_kind::<Node>().map_err(Refusal::internal)?;
        let conditions = node.status.iter().flat_map(|s| s.conditions.iter().flatten());
        if conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True") {
            wanted.remove(object.name());
        }
    }
    Ok(())
}

fn namespace(pod: usize) -> String {
    format!("load-{}", pod / WITHIN)
}

/// The `n`th pod: one of an application's, named as a `ReplicaSet` would name it. Pure.
fn pod(n: usize, node: &str) -> Value {
    let app = format!("{}-{}", APPS[n / OF_ONE % APPS.len()], n / OF_ONE);
    let hash = format!("{:09x}", seed(&app) & 0xf_ffff_ffff);
    // By an odd number: no two of a million are the same.
    let tail = format!("{:05x}", n.wrapping_mul(0x9_e377) & 0xf_ffff);
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace(n), "name": format!("{app}-{hash}-{tail}"),
            "labels": {"app": app, "pod-template-hash": hash}},
        "spec": {
            "nodeName": node, "automountServiceAccountToken": false,
            "containers": [{"name": "app", "image": format!("registry.example/team/{app}:1.2.3"),
                "env": [{"name": "MODE", "value": "production"}],
                "ports": [{"containerPort": 8080, "name": "http"}],
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}}}],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pod_has_a_name_of_its_own() {
        let name = |n| {
            let pod = pod(n, "hollow-0");
            format!("{}/{}", pod["metadata"]["namespace"], pod["metadata"]["name"])
        };
        let names: BTreeSet<_> = (0..100_000).map(name).collect();
        assert_eq!(names.len(), 100_000);
    }
}
