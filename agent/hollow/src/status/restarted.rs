//! A change of a pod for the sake of change: one of its containers was started anew.

use super::container::end;
use crate::node::whole;
use shared_api::{
    Time, Timestamp,
    core::{ContainerState, ContainerStateRunning, Pod, PodStatus},
};

/// The pod's status after its first running container was started anew; none when nothing runs.
pub(crate) fn restarted(pod: &Pod, now: Timestamp) -> Option<PodStatus> {
    let spec = pod.spec.as_ref()?;
    let mut status = pod.status.clone()?;
    if pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let all = status.container_statuses.as_mut()?;
    let one = all.iter_mut().find(|s| s.state.as_ref().is_some_and(|s| s.running.is_some()))?;
    let container = spec.containers.iter().find(|c| c.name == one.name)?;
    let since = one.state.take()?.running?.started_at;
    let at = Time(whole(now));
    let since = since.map_or(at.0.as_second(), |at| at.0.as_second());
    let last = end(pod, container, one.restart_count, (since, at.0.as_second()), (0, false));
    one.last_state = Some(ContainerState { terminated: Some(last), ..ContainerState::default() });
    one.restart_count += 1;
    one.state = Some(ContainerState {
        running: Some(ContainerStateRunning { started_at: Some(at) }),
        ..ContainerState::default()
    });
    Some(status)
}
