//! The switchboard between users and the agents that dialled in.
//!
//! An agent attends for its node. A user's session becomes a numbered call on that line; the agent
//! dials back to serve that number, and the two ends are joined by bounded channels.

mod join;
mod pods;
mod proxied;

pub(crate) use join::Joined;
pub(crate) use pods::PodSessions;

use shared_api::{Key, Reason, Refusal, Timestamp, ago};
use shared_client::{Duplex, Result, Session};
use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, mpsc, oneshot};

/// How long an agent may take to serve a call.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a session waits for a line: after a restart on either side the agent is back within this.
const RETURN: Duration = Duration::from_secs(3);
/// Frames under way in one direction.
const ROOM: usize = 32;

/// Nodes that are gone and yet remembered.
const REMEMBERED: usize = 1000;

/// A session that an agent is to serve.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) pod: Key,
    pub(crate) session: Session,
}

/// Who attends, and who waits to be served.
pub(crate) struct Switchboard {
    patience: Duration,
    back: Duration,
    clock: fn() -> Timestamp,
    next: AtomicU64,
    lines: Mutex<HashMap<String, Line>>,
    attended: Notify,
    waiting: Mutex<HashMap<u64, Waiting>>,
}

/// A node's line, or the memory of one.
struct Line {
    calls: mpsc::Sender<Call>,
    number: u64,
    seen: Timestamp,
}

/// A user who waits for the node's agent.
struct Waiting {
    node: String,
    far: Duplex,
    served: oneshot::Sender<()>,
}

impl Switchboard {
    pub(crate) fn new(clock: fn() -> Timestamp) -> Self {
        Self {
            patience: PATIENCE,
            back: RETURN,
            clock,
            next: AtomicU64::new(1),
            lines: Mutex::default(),
            attended: Notify::new(),
            waiting: Mutex::default(),
        }
    }

    /// The calls for a node, from now on; whoever attended before stops being called.
    pub(crate) fn attend(&self, node: &str) -> (u64, mpsc::Receiver<Call>) {
        let (calls, attended) = mpsc::channel(ROOM);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut lines = lock(&self.lines);
        lines.insert(node.into(), Line { calls, number, seen: (self.clock)() });
        forget_the_longest_gone(&mut lines);
        drop(lines);
        self.attended.notify_waiters();
        tracing::info!(node, "attended");
        (number, attended)
    }

    /// The line was cut; when is remembered.
    pub(crate) fn left(&self, node: &str, number: u64) {
        if let Some(line) = lock(&self.lines).get_mut(node).filter(|l| l.number == number) {
            line.seen = (self.clock)();
        }
    }

    /// The agent's end of a call.
    pub(crate) fn serve(&self, node: &str, number: u64) -> Result<Duplex> {
        let mut waiting = lock(&self.waiting);
        let gone = || {
            let why = format!("nobody waits for call {number} on node {node} any longer");
            Refusal::new(Reason::NotFound, why)
        };
        match waiting.get(&number) {
            Some(call) if call.node == node => {}
            _ => return Err(gone()),
        }
        let Waiting { far, served, .. } = waiting.remove(&number).ok_or_else(gone)?;
        served.send(()).map_err(|()| gone())?;
        Ok(far)
    }

    /// Calls a node's agent and waits until it serves. The user's end of the session.
    pub(crate) async fn call(&self, node: &str, pod: &Key, session: Session) -> Result<Duplex> {
        let calls = self.line(node).await?;
        let (near, far) = Duplex::pair(ROOM);
        let (served, answered) = oneshot::channel();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.waiting).insert(number, Waiting { node: node.into(), far, served });
        let _forget = Forget { board: self, number };
        let call = Call { number, pod: pod.clone(), session };
        let connected = async {
            calls.send(call).await.map_err(|_| self.missing(node))?;
            answered.await.map_err(|_| self.missing(node))
        };
        let late = |_| {
            let why = format!("node {node} did not answer the call within {:?}", self.patience);
            Refusal::new(Reason::Timeout, why)
        };
        tokio::time::timeout(self.patience, connected).await.map_err(late)?.map(|()| near)
    }

    /// The nodes whose agents are connected here, by name.
    pub(crate) fn attended(&self) -> Vec<String> {
        let lines = lock(&self.lines);
        let mut names: Vec<_> =
            lines.iter().filter(|(_, line)| !line.calls.is_closed()).map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    /// The line to a node, which may be on its way back.
    async fn line(&self, node: &str) -> Result<mpsc::Sender<Call>> {
        let open = || lock(&self.lines).get(node).map(|l| l.calls.clone()).filter(|c| !c.is_closed());
        let back = async {
            loop {
                let attended = self.attended.notified();
                match open() {
                    Some(calls) => return calls,
                    None => attended.await,
                }
            }
        };
        tokio::time::timeout(self.back, back).await.map_err(|_| self.missing(node))
    }

    fn missing(&self, node: &str) -> Refusal {
        let seen = lock(&self.lines).get(node).map_or_else(
            || "not seen since the control plane started".to_owned(),
            |line| format!("last seen {} ago", ago(line.seen, (self.clock)())),
        );
        Refusal::unavailable(format!("node {node} is not connected ({seen})"))
    }
}

/// Removes a call that nobody waits for any longer, however the waiting ended.
struct Forget<'a> {
    board: &'a Switchboard,
    number: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        lock(&self.board.waiting).remove(&self.number);
    }
}

/// Of nodes that are gone only so many are remembered, those that were here last.
fn forget_the_longest_gone(lines: &mut HashMap<String, Line>) {
    let mut gone: Vec<_> =
        lines.iter().filter(|(_, l)| l.calls.is_closed()).map(|(name, l)| (l.seen, name.clone())).collect();
    gone.sort();
    for (_, name) in gone.iter().take(gone.len().saturating_sub(REMEMBERED)) {
        lines.remove(name);
    }
}

/// One of several, each as likely.
fn chosen<T>(mut all: Vec<T>) -> Option<T> {
    let place = rand::Rng::random_range(&mut rand::rng(), 0..all.len().max(1));
    (place < all.len()).then(|| all.swap_remove(place))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
