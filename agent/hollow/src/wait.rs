//! When a world has become what it was asked to be.

use crate::life::{Life, life};
use futures::StreamExt;
use shared_api::{
    Query,
    apps::Deployment,
    core::{Pod, PodSpec},
};
use shared_client::{Cluster, Refusal, Result, World};
use std::sync::Arc;

/// Waits until every Deployment has its replicas, ready unless they cannot be, and every pod begins, ends
/// or says why it does not.
pub async fn settled(cluster: &Arc<dyn Cluster>) -> Result<()> {
    let queries = [Query::every::<Deployment>(), Query::every::<Pod>()];
    let mut events = cluster.watch(&queries, None).await?.ready_chunks(256);
    let (mut world, mut whole) = (World::default(), false);
    while let Some(some) = events.next().await {
        for event in some {
            let event = event?;
            whole |= matches!(event, shared_client::Event::Bookmark { initial: true, .. });
            world.observe(&event);
        }
        if whole && calm(&world) {
            return Ok(());
        }
    }
    Err(Refusal::unavailable("the control plane closed the watch"))
}

/// Whether nothing is under way. Pure.
fn calm(world: &World) -> bool {
    world.list::<Deployment>().all(|d| complete(&d)) && world.list::<Pod>().all(|pod| spoke(&pod))
}

fn complete(deployment: &Deployment) -> bool {
    let (Some(spec), Some(status)) = (&deployment.spec, &deployment.status) else { return false };
    let wanted = spec.replicas.unwrap_or(1);
    let template = Pod {
        metadata: spec.template.metadata.clone().unwrap_or_default(),
        spec: spec.template.spec.clone(),
        ..Pod::default()
    };
    let containers = template.spec.iter().flat_map(|s: &PodSpec| s.containers.iter());
    let well = containers.into_iter().all(|c| life(&template, c) == Life::Runs);
    status.observed_generation == deployment.metadata.generation
        && status.replicas.unwrap_or(0) == wanted
        && (!well || status.ready_replicas.unwrap_or(0) == wanted)
}

/// Whether a pod said more than that it is being made.
fn spoke(pod: &Pod) -> bool {
    let Some(status) = &pod.status else { return false };
    let nowhere =
        status.conditions.iter().flatten().any(|c| c.type_ == "PodScheduled" && c.status == "False");
    let making = |s: &shared_api::core::ContainerStatus| {
        let waits = s.state.as_ref().and_then(|s| s.waiting.as_ref());
        waits.is_some_and(|w| w.reason.as_deref() == Some("ContainerCreating"))
    };
    let all = status.container_statuses.as_deref().unwrap_or_default();
    nowhere || (!all.is_empty() && !all.iter().any(making))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::{PodWords, pod};

    #[test]
    fn a_pod_spoke_when_it_runs_or_says_why_not() {
        for (pod, wanted) in [
            (pod("a"), false),
            (pod("a").condition("PodScheduled", "False"), true),
            (pod("a").on("n").ready(), true),
        ] {
            assert_eq!(spoke(&pod), wanted);
        }
    }
}
