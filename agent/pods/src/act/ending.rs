//! Ending containers and, last, the pod.

use super::{Failure, Outcome};
use crate::{
    aim::{Aim, Miss},
    events::Weight,
    labels,
    plan::Why,
    run::{Report, Shared},
};
use agent_network::Sandbox;
use agent_runtime::Phase;
use nix::sys::signal::Signal;
use shared_api::{
    DeleteHow, Key, Preconditions, Reason,
    core::{Container, Pod},
};
use std::{str::FromStr, time::Duration};
use tokio::time::{Instant, timeout};

/// Even who is asked to hurry gets this long to end by itself.
const LEAST: Duration = Duration::from_secs(2);
/// The kernel ends what is killed; who takes longer is stuck in it.
const KILLED: Duration = Duration::from_secs(10);

impl Shared {
    /// Ends a container: its hook, its signal, its grace, and then by force.
    pub(crate) async fn stop(
        &self,
        pod: &Pod,
        container: &Container,
        id: &str,
        grace: i64,
        why: Why,
        sandbox: Option<&Sandbox>,
    ) -> Outcome {
        let name = container.name.as_str();
        let message = match why {
            Why::Ending => format!("Stopping container {name}"),
            Why::Unhealthy => format!("Container {name} failed liveness probe, will be restarted"),
            Why::NotStarted => format!("Container {name} failed startup probe, will be restarted"),
            Why::Changed => format!("Container {name} definition changed, will be restarted"),
        };
        self.recorder.note(pod, Some(name), Weight::Normal, "Killing", &message);
        let grace = Duration::from_secs(u64::try_from(grace).unwrap_or(0));
        let began = Instant::now();
        self.pre_stop(pod, container, id, grace, sandbox).await;
        let signal = container.lifecycle.as_ref().and_then(|l| l.stop_signal.as_deref());
        let signal = signal.and_then(|s| Signal::from_str(s).ok()).unwrap_or(Signal::SIGTERM);
        let left = grace.saturating_sub(began.elapsed()).max(LEAST);
        for (signal, left) in [(signal, left), (Signal::SIGKILL, KILLED)] {
            if let Err(error) = self.runtime.kill(id, signal as i32).await {
                return Outcome::Failed(Failure::new("FailedKillPod", &error));
            }
            if timeout(left, self.ended(id)).await.is_ok() {
                return Outcome::Done(None);
            }
        }
        let why = format!("container {name} does not end although it was killed");
        self.recorder.note(pod, Some(name), Weight::Warning, "FailedKillPod", &why);
        Outcome::Failed(Failure::new("FailedKillPod", &why))
    }

    async fn pre_stop(
        &self,
        pod: &Pod,
        container: &Container,
        id: &str,
        grace: Duration,
        sandbox: Option<&Sandbox>,
    ) {
        let Some(hook) = container.lifecycle.as_ref().and_then(|l| l.pre_stop.as_ref()) else { return };
        let aim = Aim::of_hook(hook, container, &self.address(sandbox));
        let result = match aim {
            Ok(aim) => match timeout(grace, aim.shoot(&*self.runtime, id, grace)).await {
                Ok(result) => result,
                Err(_) => Err(Miss::Bad("it took longer than the pod's grace period".into())),
            },
            Err(why) => Err(Miss::Bad(why)),
        };
        if let Err(Miss::Bad(why) | Miss::Unknown(why)) = result {
            let message = format!("PreStopHook failed: {why}");
            self.recorder.note(pod, Some(&container.name), Weight::Warning, "FailedPreStopHook", &message);
        }
    }

    /// Waits until the container is seen to have ended.
    async fn ended(&self, id: &str) {
        self.sight.look().await;
        let mut sight = self.sight.subscribe();
        let over = |phase: &Phase| matches!(phase, Phase::Exited { .. });
        let _ = sight
            .wait_for(|s| {
                s.trouble.is_none() && !s.pods.values().flatten().any(|c| c.id == id && !over(&c.phase))
            })
            .await;
    }

    /// Takes away the pod's network and volumes.
    pub(crate) async fn release(&self, pod: &Pod) -> Result<(), Failure> {
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        self.sandboxes.remove(uid).await.map_err(|e| Failure::new("FailedRelease", &e))?;
        self.volumes.unmount(uid).map_err(|e| Failure::new("FailedRelease", &e))
    }

    /// Takes away everything of the pod; then, when `last` is its last report, tells the cluster.
    pub(crate) async fn finish(&self, pod: &Pod, last: Option<Report>) -> Result<(), Failure> {
        let failed = |e: &dyn ToString| Failure::new("FailedFinish", e);
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        self.release(pod).await?;
        // What the cluster is to know of the containers is told before they go.
        if let Some(last) = &last {
            last.told().await;
        }
        self.sight.look().await;
        for container in self.sight.of(uid) {
            self.runtime.remove(&container.id).await.map_err(|e| failed(&e))?;
            tracing::debug!(
                pod = pod.metadata.name,
                container = container.labels.get(labels::CONTAINER),
                "removed"
            );
        }
        self.sight.look().await;
        self.options.paths.remove_cgroups(&self.options.node, uid);
        for dir in [self.options.paths.logs(pod), self.options.paths.pod(uid)] {
            match std::fs::remove_dir_all(&dir) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(&e)),
                _ => {}
            }
        }
        if last.is_none() {
            return Ok(());
        }
        let how = DeleteHow {
            grace_seconds: Some(0),
            preconditions: Preconditions { uid: Some(uid.into()), revision: None },
            ..DeleteHow::default()
        };
        match self.cluster.delete(&Key::from_kind(pod), &how).await {
            Ok(_) => Ok(()),
            // It is gone, or another pod has its name.
            Err(refusal) if matches!(refusal.reason, Reason::NotFound | Reason::Conflict) => Ok(()),
            Err(refusal) => Err(failed(&refusal)),
        }
    }
}
