//! The cluster's health in a few numbers.

use shared_api::core::{Node, Pod};
use shared_client::World;

/// What the header says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) nodes: usize,
    pub(crate) nodes_ready: usize,
    /// Pods that have not ended.
    pub(crate) pods: usize,
    pub(crate) running: usize,
    /// Running, and not ready.
    pub(crate) unready: usize,
    pub(crate) pending: usize,
    pub(crate) failed: usize,
}

impl Health {
    pub(crate) fn of(world: &World) -> Self {
        let mut health = Self::default();
        for node in world.list::<Node>() {
            let conditions = node.status.iter().flat_map(|s| s.conditions.iter().flatten());
            health.nodes += 1;
            health.nodes_ready +=
                usize::from(conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True"));
        }
        for pod in world.list::<Pod>() {
            let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or("Pending");
            health.pods += usize::from(phase != "Succeeded");
            match phase {
                "Running" => {
                    health.running += 1;
                    health.unready += usize::from(!is_ready(&pod));
                }
                "Pending" => health.pending += 1,
                "Failed" => health.failed += 1,
                _ => {}
            }
        }
        health
    }
}

/// Whether a pod says that it is ready.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    pod.metadata.deletion_timestamp.is_none()
        && conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True")
}
