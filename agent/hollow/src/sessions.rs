//! What a hollow container answers: a log that is made up as it is read, a shell that only repeats, a port
//! that says whose it is. The same for the same container at the same moment.

mod lines;
mod log;
mod port;
mod shell;

use crate::status::guest;
use async_trait::async_trait;
use shared_api::{
    Key, Reason, Refusal, Timestamp,
    core::{Container, ContainerStatus, Pod},
    meta::Status,
};
use shared_client::{Cluster, Duplex, Frame, Result, Session, Sessions};
use std::{future::Future, sync::Arc};

/// Frames under way in one direction.
const ROOM: usize = 32;

/// Sessions with hollow pods.
pub struct HollowSessions {
    cluster: Arc<dyn Cluster>,
    clock: fn() -> Timestamp,
}

/// A container that somebody speaks with.
struct Target {
    cluster: Arc<dyn Cluster>,
    clock: fn() -> Timestamp,
    key: Key,
    pod: Arc<Pod>,
    container: Container,
}

impl HollowSessions {
    /// Sessions with the pods of `cluster`.
    pub fn new(cluster: Arc<dyn Cluster>, clock: fn() -> Timestamp) -> Self {
        Self { cluster, clock }
    }

    async fn target(&self, key: &Key, name: &str) -> Result<Target> {
        let pod = self.cluster.get(key).await?.to_kind::<Pod>().map_err(Refusal::internal)?;
        let spec = pod.spec.clone().unwrap_or_default();
        let named = |c: &&Container| name.is_empty() || c.name == name;
        let guests: Vec<_> = spec.ephemeral_containers.iter().flatten().map(guest).collect();
        let all = || spec.containers.iter().chain(spec.init_containers.iter().flatten()).chain(&guests);
        let container = all().find(named).cloned().ok_or_else(|| {
            Refusal::bad_request(format!("container {name} is not valid for pod {}", key.name))
        })?;
        Ok(Target { cluster: Arc::clone(&self.cluster), clock: self.clock, key: key.clone(), pod, container })
    }
}

#[async_trait]
impl Sessions for HollowSessions {
    async fn open(&self, pod: &Key, mut session: Session) -> Result<Duplex> {
        let name = session.container_mut().map(std::mem::take).unwrap_or_default();
        let target = self.target(pod, &name).await?;
        let nowhere = target.pod.spec.as_ref().is_none_or(|s| s.node_name.is_none());
        match session {
            Session::Logs(_) if nowhere => Ok(serve(|_| async { Ok(well()) })),
            _ if nowhere => {
                Err(Refusal::bad_request(format!("pod {} does not have a host assigned", pod.name)))
            }
            Session::Logs(options) => {
                let run = target.run(options.previous)?;
                Ok(serve(move |far| log::tell(target, run, options, far)))
            }
            Session::Exec { command, stdin, tty, .. } => {
                target.running()?;
                Ok(serve(move |far| shell::run(target, command, stdin || tty, far)))
            }
            // What reads what is typed is taken for a shell.
            Session::Attach { stdin: true, .. } if target.container.stdin == Some(true) => {
                target.running()?;
                Ok(serve(move |far| shell::run(target, vec!["sh".into()], true, far)))
            }
            Session::Attach { .. } => {
                let run = target.running()?;
                let options =
                    shared_client::LogOptions { follow: true, tail_lines: Some(0), ..Default::default() };
                Ok(serve(move |far| log::tell(target, run, options, far)))
            }
            Session::PortForward { port } => {
                target.running()?;
                Ok(serve(move |far| port::answer(target, port, far)))
            }
            Session::Node { .. } | Session::Rules { .. } | Session::Proxy { .. } => {
                Err(Refusal::new(Reason::BadRequest, "a hollow node has no proxy"))
            }
        }
    }
}

impl Target {
    fn status(&self) -> Option<ContainerStatus> {
        let status = self.pod.status.as_ref()?;
        let guests = &status.ephemeral_container_statuses;
        let all = [&status.container_statuses, &status.init_container_statuses, guests];
        all.into_iter().flatten().flatten().find(|s| s.name == self.container.name).cloned()
    }

    /// The container's run of now, which must go on.
    fn running(&self) -> Result<lines::Run> {
        let status = self.status();
        let run = status.as_ref().and_then(lines::Run::now).filter(|run| run.till.is_none());
        run.ok_or_else(|| {
            let (pod, container) = (&self.key.name, &self.container.name);
            Refusal::bad_request(format!("container {container:?} in pod {pod:?} is not running"))
        })
    }

    /// The run of the container whose log is meant, or why there is none, as kubelet says it.
    fn run(&self, previous: bool) -> Result<lines::Run> {
        let (pod, container) = (&self.key.name, &self.container.name);
        let status = self.status().unwrap_or_default();
        if previous {
            return lines::Run::last(&status).ok_or_else(|| {
                let why = format!("previous terminated container {container:?} in pod {pod:?} not found");
                Refusal::bad_request(why)
            });
        }
        let waits = status.state.as_ref().and_then(|s| s.waiting.as_ref()).and_then(|w| w.reason.clone());
        lines::Run::now(&status).or_else(|| lines::Run::last(&status)).ok_or_else(|| {
            let why = match waits.as_deref() {
                Some("ErrImagePull") => "image can't be pulled",
                Some("ImagePullBackOff") => "trying and failing to pull image",
                Some(other) => other,
                None => "ContainerCreating",
            };
            Refusal::bad_request(format!("container {container:?} in pod {pod:?} is waiting to start: {why}"))
        })
    }
}

/// All went well.
fn well() -> Status {
    Status { status: Some("Success".into()), ..Status::default() }
}

/// The near end of a session whose far end is served by `with`, until it is over or nobody listens.
fn serve<F>(with: impl FnOnce(Far) -> F) -> Duplex
where
    F: Future<Output = Result<Status>> + Send + 'static,
{
    let (near, Duplex { send, receive }) = Duplex::pair(ROOM);
    let (outcome, gone) = (send.clone(), send.clone());
    let served = with(Far { send, receive });
    tokio::spawn(async move {
        tokio::select! {
            done = served => {
                let status = done.unwrap_or_else(|refusal| refusal.to_status());
                let _ = outcome.send(Frame::outcome(&status)).await;
            }
            () = gone.closed() => {}
        }
    });
    near
}

/// The end of a session that a container is at.
struct Far {
    send: tokio::sync::mpsc::Sender<Frame>,
    receive: tokio::sync::mpsc::Receiver<Frame>,
}

#[cfg(test)]
mod tests;
