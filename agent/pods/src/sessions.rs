//! What users ask of running pods: logs, commands, attaching, ports.

mod forward;
mod logs;
mod process;

use crate::{labels, observed::Seen, run::Pods, stage::container_of};
use agent_runtime::Exec;
use shared_api::{
    Key, Reason, Refusal,
    core::{Container, Pod},
    meta::{Status, StatusCause, StatusDetails},
};
use shared_client::{Duplex, Frame, Session};
use std::sync::Arc;

/// The annotation that names the container meant when none is named.
const DEFAULT: &str = "kubectl.kubernetes.io/default-container";

/// A container that a session is about.
struct Target {
    pod: Arc<Pod>,
    container: String,
}

impl Pods {
    /// Serves one session with a pod of this node to its end; its last frame says how it ended.
    pub async fn serve(&self, pod: &Key, session: Session, mut duplex: Duplex) {
        let result = match session {
            Session::Logs(options) => self.logs(pod, &options, &duplex).await,
            Session::Exec { container, command, stdin, tty } => {
                let exec = Exec { command, stdin, tty };
                self.exec(pod, &container, &exec, &mut duplex).await
            }
            Session::Attach { container, stdin, tty: _ } => {
                self.attach(pod, &container, stdin, &mut duplex).await
            }
            Session::PortForward { port } => self.forward(pod, port, &mut duplex).await,
            Session::Node { .. } | Session::Rules { .. } | Session::Proxy { .. } => {
                Err(Refusal::bad_request("this is asked of a node, not of a pod"))
            }
        };
        let status = match result {
            Ok(status) => status,
            Err(refusal) => refusal.to_status(),
        };
        let _ = duplex.send.send(Frame::outcome(&status)).await;
    }

    /// The pod and the container meant; the first one when none is named.
    fn target(&self, key: &Key, container: &str) -> Result<Target, Refusal> {
        let Some(pod) = self.shared.live.read().get::<Pod>(key) else { return Err(Refusal::not_found(key)) };
        let spec = pod.spec.clone().unwrap_or_default();
        let default = pod.metadata.annotations.as_ref().and_then(|a| a.get(DEFAULT)).cloned();
        let first = spec.containers.first().map(|c| c.name.clone());
        let named = Some(container.to_owned()).filter(|c| !c.is_empty());
        let known = |name: &String| container_of(&spec, name).is_some();
        let wanted = named.or(default.filter(known)).or(first).unwrap_or_default();
        if !known(&wanted) {
            return Err(Refusal::bad_request(format!(
                "container {wanted} is not valid for pod {}",
                key.name
            )));
        }
        Ok(Target { pod, container: wanted })
    }

    /// Every attempt at the container, newest last.
    fn attempts(&self, target: &Target) -> Vec<Seen> {
        let states = self.shared.sight.of(target.pod.metadata.uid.as_deref().unwrap_or_default());
        let mut all: Vec<_> =
            states.iter().filter_map(labels::read).filter(|s| s.name == target.container).collect();
        all.sort_by_key(|s| s.attempt);
        all
    }

    /// The container, which has to run.
    fn running(&self, target: &Target) -> Result<Seen, Refusal> {
        let newest = self.attempts(target).pop();
        newest.filter(Seen::running).ok_or_else(|| {
            let why = format!("unable to upgrade connection: container not found ({:?})", target.container);
            Refusal::internal(why)
        })
    }
}

impl Target {
    /// What the pod asks of the container.
    fn spec(&self) -> Option<Container> {
        container_of(self.pod.spec.as_ref()?, &self.container)
    }
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

/// What the cluster says of a container that does not run.
fn why_not(pod: &Pod, container: &str) -> String {
    let status = pod.status.as_ref();
    let mut all = status.into_iter().flat_map(|s| {
        let proper = s.container_statuses.iter().flatten().chain(s.init_container_statuses.iter().flatten());
        proper.chain(s.ephemeral_container_statuses.iter().flatten())
    });
    let state = all.find(|s| s.name == container).and_then(|s| s.state.as_ref());
    let waiting = state.and_then(|s| s.waiting.as_ref()).and_then(|w| w.reason.clone());
    let ended = state.and_then(|s| s.terminated.as_ref()).and_then(|t| t.reason.clone());
    waiting.or(ended).unwrap_or_else(|| "ContainerCreating".into())
}

/// All went well.
fn success() -> Status {
    Status { status: Some("Success".into()), ..Status::default() }
}

/// How a command ended, as Kubernetes says it.
fn exited(code: i32) -> Status {
    if code == 0 {
        return success();
    }
    let cause = StatusCause { reason: Some("ExitCode".into()), message: Some(code.to_string()), field: None };
    Status {
        status: Some("Failure".into()),
        reason: Some("NonZeroExitCode".into()),
        message: Some(format!("command terminated with non-zero exit code: exit status {code}")),
        details: Some(StatusDetails { causes: Some(vec![cause]), ..StatusDetails::default() }),
        ..Status::default()
    }
}

/// What the runtime said no to.
fn refused(error: &agent_runtime::Error) -> Refusal {
    match error {
        agent_runtime::Error::Invalid(why) | agent_runtime::Error::Unstartable(why) => {
            Refusal::bad_request(why.clone())
        }
        agent_runtime::Error::NotFound(_) => Refusal::new(Reason::NotFound, error.to_string()),
        agent_runtime::Error::Unreachable { .. } => Refusal::unavailable(error),
        agent_runtime::Error::Pull { .. } | agent_runtime::Error::Failed { .. } => Refusal::internal(error),
    }
}
