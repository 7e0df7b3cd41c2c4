//! From an [`Action`] to what it does, one file a verb. Everything here goes through the doors.

mod capacity;
mod change;
mod describe;
mod files;
mod get;
mod rollout;
mod select;
mod streams;
mod timeline;
mod wait;
mod why;

use crate::{Action, Error, Exit};
use shared_api::Timestamp;
use shared_client::{Cluster, Sessions};
use std::{io, sync::Arc};
use tokio::io::AsyncRead;

/// The doors a command goes through.
#[derive(Clone)]
pub struct Doors {
    /// Objects.
    pub cluster: Arc<dyn Cluster>,
    /// Running pods.
    pub sessions: Arc<dyn Sessions>,
    /// The namespace meant when none is named.
    pub namespace: String,
    /// What time it is, for ages.
    pub clock: fn() -> Timestamp,
}

/// Where a command's words go, and where `exec -i` and `-f -` read.
pub trait Sink: Send {
    /// The answer itself.
    fn out(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// A remark beside the answer, one line.
    fn note(&mut self, line: &str);
    /// Standard input, taken once.
    fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>>;
}

pub(crate) type Out<'a> = &'a mut dyn Sink;

pub(crate) fn say(out: &mut dyn Sink, text: &str) -> Result<(), Error> {
    out.out(text.as_bytes()).map_err(Error::Write)
}

/// Does what was asked.
pub async fn perform(action: &Action, doors: &Doors, out: &mut dyn Sink) -> Result<Exit, Error> {
    match action {
        Action::Get(get) => get::get(get, doors, out).await,
        Action::Describe(describe) => describe::describe(describe, doors, out).await,
        Action::Timeline(asked) => timeline::timeline(asked, doors, out).await,
        Action::Capacity(asked) => capacity::capacity(asked, doors, out).await,
        Action::Why(asked) => why::why(asked, doors, out).await,
        Action::Apply(apply) => change::apply(apply, doors, out).await,
        Action::Create(create) => change::create(create, doors, out).await,
        Action::Delete(delete) => change::delete(delete, doors, out).await,
        Action::Scale(scale) => change::scale(scale, doors, out).await,
        Action::Rollout(crate::Rollout::Status { target, namespace, timeout }) => {
            rollout::status(target, namespace.as_deref(), *timeout, doors, out).await
        }
        Action::Wait(wait) => wait::wait(wait, doors, out).await,
        Action::Logs(logs) => streams::logs(logs, doors, out).await,
        Action::Exec(exec) => streams::exec(exec, doors, out).await,
        Action::PortForward(forward) => streams::port_forward(forward, doors, out).await,
        Action::Cordon(node) => change::cordon(&node.node, true, doors, out).await,
        Action::Uncordon(node) => change::cordon(&node.node, false, doors, out).await,
        Action::Events(events) => get::events(events, doors, out).await,
    }
}
