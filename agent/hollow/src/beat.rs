//! The one heart of a fleet: it registers every node and renews their Leases, each in its turn.

use crate::{
    fleet::Fleet,
    make::{make, object},
    node::Facts,
};
use futures::{StreamExt, stream};
use serde_json::json;
use shared_api::{
    Key, Patch, PatchType, Reason, Refusal, Timestamp, WriteHow, coordination::Lease, core::Node,
};
use shared_client::Cluster;
use std::{sync::Arc, time::Duration};

const BEAT: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(500);
/// Nodes that are registered, or renewed, at the same time.
const TOGETHER: usize = 16;

/// Registers the fleet's nodes and beats for them, for ever.
pub(crate) async fn beat(cluster: &Arc<dyn Cluster>, fleet: &Fleet) {
    let nodes: Vec<_> = fleet.facts().collect();
    let clock = fleet.clock;
    stream::iter(&nodes).for_each_concurrent(TOGETHER, |node| insist(cluster, node, clock)).await;
    tracing::info!(nodes = nodes.len(), "registered");
    let each = BEAT / u32::try_from(nodes.len().max(1)).unwrap_or(1);
    let mut turns = tokio::time::interval(each);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let turns = stream::unfold((turns, nodes.iter().cycle()), |(mut turns, mut nodes)| async {
        turns.tick().await;
        nodes.next().map(|node| (node, (turns, nodes)))
    });
    turns
        .for_each_concurrent(TOGETHER, |node| async move {
            if let Err(error) = renew(cluster, node, clock()).await {
                tracing::debug!(%error, node = node.name, "a Lease was not renewed");
            }
            // As often as it is worth knowing, not with every beat.
            if clock().as_second() / 10 % 3 == 0 {
                tell(cluster, node, clock()).await;
            }
        })
        .await;
}

async fn insist(cluster: &Arc<dyn Cluster>, node: &Facts, clock: fn() -> Timestamp) {
    while let Err(error) = register(cluster, node, clock()).await {
        tracing::warn!(%error, node = node.name, "could not be registered");
        tokio::time::sleep(RETRY).await;
    }
    tell(cluster, node, clock()).await;
}

async fn register(cluster: &Arc<dyn Cluster>, node: &Facts, now: Timestamp) -> Result<(), Refusal> {
    renew(cluster, node, now).await?;
    make(cluster, object(&node.object())?).await?;
    let patch = Patch { kind: PatchType::Strategic, body: json!({"status": node.status(now)}) };
    cluster.patch(&Key::of::<Node>("", &node.name), &patch, &WriteHow::status()).await.map(drop)
}

async fn renew(cluster: &Arc<dyn Cluster>, node: &Facts, now: Timestamp) -> Result<(), Refusal> {
    let lease = node.lease(now);
    let (key, how) = (Key::of::<Lease>("kube-node-lease", &node.name), WriteHow::default());
    let patch = Patch { kind: PatchType::Merge, body: json!({"spec": lease["spec"]}) };
    match cluster.patch(&key, &patch, &how).await {
        Err(refusal) if refusal.reason == Reason::NotFound => make(cluster, object(&lease)?).await,
        done => done.map(drop),
    }
}

/// Says what the node uses; only those who may do everything may say it for a node.
async fn tell(cluster: &Arc<dyn Cluster>, node: &Facts, now: Timestamp) {
    let key = Key::of::<Node>("", &node.name);
    let told = cluster.subresource(&key, "measurements", Some(node.report(now)), &WriteHow::default()).await;
    if let Err(error) = told {
        tracing::debug!(%error, node = node.name, "what it uses was not heard");
    }
}
