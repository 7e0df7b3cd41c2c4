//! Doing what `update` asked for: a task each, whose answers come back as messages.

mod forward;
mod logs;
mod perform;
mod shell;
mod watch;

use crate::msg::{Effect, Generation, Msg};
use shared_api::meta::Status;
use std::{collections::HashMap, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle};
use tui_commands::Doors;

/// How long a cursor stays where it is before others follow it.
const REST: Duration = Duration::from_millis(120);

/// Where answers go. It is bounded: who sends faster than the screen takes has to wait.
pub(crate) type Answers = mpsc::Sender<Msg>;

/// Everything that is going on outside; dropping it ends all of it.
pub(crate) struct Effects {
    doors: Doors,
    answers: Answers,
    tasks: HashMap<Generation, Task>,
    watches: Vec<JoinHandle<()>>,
}

struct Task {
    handle: JoinHandle<()>,
    typing: Option<mpsc::UnboundedSender<shell::Typed>>,
}

impl Effects {
    pub(crate) fn new(doors: Doors, answers: Answers) -> Self {
        Self { doors, answers, tasks: HashMap::new(), watches: Vec::new() }
    }

    /// Starts or ends what an effect says. It never waits.
    pub(crate) fn start(&mut self, effect: Effect) {
        let (doors, answers) = (self.doors.clone(), self.answers.clone());
        match effect {
            Effect::Watch(kind) => self.watches.push(tokio::spawn(watch::run(doors, kind, answers))),
            Effect::Perform { generation, action, namespace } => {
                let doors = Doors { namespace, ..doors };
                self.spawn(generation, perform::run(doors, generation, action, answers));
            }
            Effect::Logs { generation, pod, options } => {
                self.spawn(generation, logs::run(doors, generation, pod, options, answers));
            }
            Effect::Shell { generation, pod, container, command, size } => {
                let (typing, typed) = mpsc::unbounded_channel();
                let session = shell::Ask { pod, container, command, size };
                self.spawn(generation, shell::run(doors, generation, session, typed, answers));
                if let Some(task) = self.tasks.get_mut(&generation) {
                    task.typing = Some(typing);
                }
            }
            Effect::Type(generation, bytes) => self.typed(generation, shell::Typed::Bytes(bytes)),
            Effect::Reshape(generation, size) => self.typed(generation, shell::Typed::Size(size)),
            Effect::Forward { generation, pod, remote, address, local } => {
                let ask = forward::Ask { pod, remote, address, local };
                self.spawn(generation, forward::run(doors, generation, ask, answers));
            }
            Effect::Rest(generation) => self.spawn(generation, async move {
                tokio::time::sleep(REST).await;
                let _ = answers.send(Msg::Rested(generation)).await;
            }),
            Effect::Stop(generation) => {
                if let Some(task) = self.tasks.remove(&generation) {
                    task.handle.abort();
                }
            }
        }
    }

    fn spawn(&mut self, generation: Generation, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.retain(|_, task| !task.handle.is_finished());
        self.tasks.insert(generation, Task { handle: tokio::spawn(work), typing: None });
    }

    fn typed(&self, generation: Generation, typed: shell::Typed) {
        if let Some(typing) = self.tasks.get(&generation).and_then(|t| t.typing.as_ref()) {
            // A shell that just ended reads no more; its end is on the way.
            let _ = typing.send(typed);
        }
    }
}

impl Drop for Effects {
    fn drop(&mut self) {
        let tasks = self.tasks.values().map(|t| &t.handle);
        tasks.chain(&self.watches).for_each(JoinHandle::abort);
    }
}

/// Why a session ended, from its last frame; `None` when as it should.
fn outcome(data: &[u8]) -> Option<String> {
    let status: Status = match serde_json::from_slice(data) {
        Ok(status) => status,
        Err(error) => return Some(format!("its outcome cannot be decoded: {error}")),
    };
    if status.status.as_deref() == Some("Success") {
        return None;
    }
    Some(status.message.or(status.reason).unwrap_or_else(|| "it failed, without a reason".into()))
}
