//! Doing what `update` asked for: a task each, whose answers come back as messages.

mod files;
mod forward;
mod logs;
mod past;
mod perform;
mod speak;
mod uses;
mod watch;

use crate::{
    msg::{Arrived, Effect, Generation, Msg},
    setup::{Clusters, Seat},
};
use shared_api::meta::Status;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tui_commands::{Doors, edit::Draft};

/// How many answers may wait.
pub(crate) const AHEAD: usize = 256;
/// How long a cursor stays where it is before others follow it.
const REST: Duration = Duration::from_millis(120);

/// Where answers go. It is bounded: who sends faster than the screen takes has to wait.
pub(crate) type Answers = mpsc::Sender<Msg>;

/// Everything that is going on outside; dropping it ends all of it.
pub(crate) struct Effects {
    doors: Doors,
    clusters: Arc<dyn Clusters>,
    /// The way to another cluster, found but not gone.
    found: Arc<Mutex<Option<(Generation, Doors)>>>,
    answers: Answers,
    tasks: HashMap<Generation, Task>,
    watches: Vec<JoinHandle<()>>,
}

struct Task {
    handle: JoinHandle<()>,
    more: Vec<JoinHandle<()>>,
    typing: Option<mpsc::UnboundedSender<speak::Typed>>,
}

/// Follows the kinds that a cluster defines: they are called by their names like any other.
fn kinds_of(doors: &Doors) -> JoinHandle<()> {
    tokio::spawn(shared_client::follow_kinds(Arc::clone(&doors.cluster)))
}

impl Effects {
    pub(crate) fn new(doors: Doors, clusters: Arc<dyn Clusters>, answers: Answers) -> Self {
        let found = Arc::default();
        let watches = vec![kinds_of(&doors)];
        Self { doors, clusters, found, answers, tasks: HashMap::new(), watches }
    }

    /// Goes the way to another cluster, if it is the one that was found. Nothing of the one before is heard any
    /// more: what comes from here on, comes by the new way.
    pub(crate) fn enter(&mut self, generation: Generation) -> Option<mpsc::Receiver<Msg>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, doors) = found.take_if(|(asked, _)| *asked == generation)?;
        drop(found);
        self.stop_all();
        let (answers, answered) = mpsc::channel(AHEAD);
        self.watches.push(kinds_of(&doors));
        (self.doors, self.answers) = (doors, answers);
        Some(answered)
    }

    /// Starts or ends what an effect says. It never waits.
    pub(crate) fn start(&mut self, effect: Effect) {
        let (doors, answers) = (self.doors.clone(), self.answers.clone());
        match effect {
            Effect::Watch(kind) => self.watches.push(tokio::spawn(watch::run(doors, kind, answers))),
            Effect::Foresee { generation, actions, namespace } => {
                let doors = Doors { namespace, ..doors };
                self.spawn(generation, perform::foresee(doors, generation, actions, answers));
            }
            Effect::Perform { generation, action, namespace, about } => {
                let meant = about.into_iter().map(|(key, uid)| (key, uid.into()));
                let doors = Doors { namespace, ..doors }.bound(meant);
                self.spawn(generation, perform::run(doors, generation, action, answers));
            }
            Effect::Logs { generation, pod, options } => {
                self.spawn(generation, logs::run(doors, generation, pod, options, answers));
            }
            Effect::ManyLogs { generation, pods, first, options, grep } => {
                for (source, pod) in (first..).zip(pods) {
                    let (doors, answers) = (doors.clone(), answers.clone());
                    let whose = (generation, source);
                    let read = logs::one_of(doors, whose, pod, options.clone(), grep.clone(), answers);
                    self.beside(generation, read);
                }
            }
            Effect::Past { generation, at, kinds } => {
                self.spawn(generation, past::run(doors, generation, at, kinds, answers));
            }
            Effect::Save { path, text } => drop(tokio::spawn(files::save(path, text, answers))),
            Effect::Speak { generation, action, namespace, about, size } => {
                let (typing, typed) = mpsc::unbounded_channel();
                let meant = about.into_iter().map(|(key, uid)| (key, uid.into()));
                let doors = Doors { namespace, ..doors }.bound(meant);
                self.spawn(generation, speak::run(doors, generation, action, size, typed, answers));
                if let Some(task) = self.tasks.get_mut(&generation) {
                    task.typing = Some(typing);
                }
            }
            Effect::Type(generation, bytes) => self.typed(generation, speak::Typed::Bytes(bytes)),
            Effect::Reshape(generation, size) => self.typed(generation, speak::Typed::Size(size)),
            Effect::Forward { generation, to, remote, address, local } => {
                let ask = forward::Ask { to, remote, address, local };
                self.spawn(generation, forward::run(doors, generation, ask, answers));
            }
            Effect::Connect(generation, context) => {
                let (opening, found) = (self.clusters.open(&context), Arc::clone(&self.found));
                self.spawn(generation, async move {
                    let arrived = opening.await.map(|Seat { doors, context, server }| {
                        let home = doors.namespace.clone();
                        *found.lock().unwrap_or_else(PoisonError::into_inner) = Some((generation, doors));
                        Arrived { context, server, home }
                    });
                    let _ = answers.send(Msg::Arrived(generation, arrived)).await;
                });
            }
            Effect::Draft(generation, key) => self.spawn(generation, async move {
                let read = doors.cluster.get(&key).await.map_err(|why| why.to_string());
                let draft = read.and_then(|object| Draft::of(&object).map_err(|why| why.to_string()));
                let _ = answers.send(Msg::Drafted(generation, draft.map(Box::new))).await;
            }),
            // The loop does these: it listens, and it has the terminal.
            Effect::Enter(_) | Effect::Copy(_) | Effect::Editor(_) => {}
            Effect::Keep { path, line } => files::keep(path, line),
            Effect::Layouts { generation, path, layouts } => {
                self.spawn(generation, files::layouts(generation, path, layouts, answers));
            }
            Effect::Uses(generation, key) => {
                self.spawn(generation, uses::run(doors, generation, key, answers));
            }
            Effect::Rest(generation) => self.spawn(generation, async move {
                tokio::time::sleep(REST).await;
                let _ = answers.send(Msg::Rested(generation)).await;
            }),
            Effect::Stop(generation) => {
                if let Some(task) = self.tasks.remove(&generation) {
                    task.more.iter().for_each(JoinHandle::abort);
                    task.handle.abort();
                }
            }
        }
    }

    fn spawn(&mut self, generation: Generation, work: impl Future<Output = ()> + Send + 'static) {
        let over = |task: &Task| task.handle.is_finished() && task.more.iter().all(JoinHandle::is_finished);
        self.tasks.retain(|_, task| !over(task));
        self.tasks.insert(generation, Task { handle: tokio::spawn(work), more: Vec::new(), typing: None });
    }

    /// One more task of the same generation; all of them end together.
    fn beside(&mut self, generation: Generation, work: impl Future<Output = ()> + Send + 'static) {
        let more = tokio::spawn(work);
        match self.tasks.get_mut(&generation) {
            Some(task) => task.more.push(more),
            None => {
                self.tasks.insert(generation, Task { handle: more, more: Vec::new(), typing: None });
            }
        }
    }

    fn stop_all(&mut self) {
        let tasks = self.tasks.drain().flat_map(|(_, task)| task.more.into_iter().chain([task.handle]));
        tasks.chain(self.watches.drain(..)).for_each(|handle| handle.abort());
    }

    fn typed(&self, generation: Generation, typed: speak::Typed) {
        if let Some(typing) = self.tasks.get(&generation).and_then(|t| t.typing.as_ref()) {
            // A shell that just ended reads no more; its end is on the way.
            let _ = typing.send(typed);
        }
    }
}

impl Drop for Effects {
    fn drop(&mut self) {
        self.stop_all();
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
