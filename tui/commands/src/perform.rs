//! From an [`Action`] to what it does, one file a verb. Everything here goes through the doors.

mod about;
mod again;
mod capacity;
mod change;
mod cockpit;
mod config;
mod copy;
mod create;
mod debug;
mod describe;
mod diff;
mod drain;
mod each;
mod explain;
mod files;
mod get;
mod logs;
mod mark;
mod operator;
mod plan;
mod preview;
mod proxy;
mod replace;
mod rollout;
pub(crate) mod select;
mod streams;
mod timeline;
mod top;
mod undo;
mod wait;
mod why;

use crate::{Action, At, Error, Exit, action::Set, bound::Bound, revision, when::Then};
use futures::future::BoxFuture;
use shared_api::{Key, Revision, Timestamp};
use shared_client::{Cluster, Plain, Sessions};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::io::AsyncRead;

pub use preview::foresee;
pub use undo::{Undo, undoable};

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
    /// What there is on this side.
    pub here: Here,
}

impl Doors {
    /// The same doors for somebody who means these very objects: each by its key, and the uid it has.
    #[must_use]
    pub fn bound(&self, meant: impl IntoIterator<Item = (Key, String)>) -> Self {
        let meant = meant.into_iter().filter(|(_, uid)| !uid.is_empty()).collect();
        let cluster = Arc::new(Bound { cluster: Arc::clone(&self.cluster), meant });
        Self { cluster, ..self.clone() }
    }

    /// The same doors to how things were at a revision; nothing can be changed through them.
    #[must_use]
    pub fn past(&self, revision: Revision) -> Self {
        Self { cluster: Arc::new(Then { cluster: Arc::clone(&self.cluster), revision }), ..self.clone() }
    }

    /// The doors to that moment; to now when none is said.
    pub(crate) async fn when(&self, at: Option<At>) -> Result<Self, Error> {
        match at {
            None => Ok(self.clone()),
            Some(at) => Ok(self.past(revision(at, &*self.cluster, (self.clock)()).await?)),
        }
    }
}

/// What a command has on this side of the doors; nothing by default.
#[derive(Clone, Default)]
pub struct Here {
    /// The kubeconfig file in use.
    pub kubeconfig: Option<PathBuf>,
    /// Where the control plane is.
    pub server: String,
    /// The way to what is asked by path.
    pub plain: Option<Plain>,
}

/// Where a command's words go, and where `exec -i` and `-f -` read.
pub trait Sink: Send {
    /// The answer itself.
    fn out(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// A remark beside the answer, one line.
    fn note(&mut self, line: &str);
    /// Waits until there is room for more; asked before more is read from far away.
    fn carried(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
    /// Standard input, taken once.
    fn input(&mut self) -> Option<Box<dyn AsyncRead + Send + Unpin>>;
    /// Lets the person change a file, and comes back when it is done; or says why that cannot be.
    fn edit(&mut self, file: &Path) -> Result<(), String> {
        Err(format!("there is no editor here for {}", file.display()))
    }
    /// A process far away is spoken with from now on; whether it has a terminal there.
    fn begins(&mut self, _terminal: bool) {}
    /// Hands the terminal over to a process far away until the guard is dropped; `None` without a terminal.
    fn terminal(&mut self) -> Option<Terminal> {
        None
    }
}

/// A terminal that a process far away has for a while.
pub struct Terminal {
    /// Columns and rows, then the same again whenever they change.
    pub sizes: tokio::sync::mpsc::Receiver<(u16, u16)>,
    /// Takes it back when dropped.
    pub guard: Box<dyn Send>,
}

pub(crate) type Out<'a> = &'a mut dyn Sink;

pub(crate) fn say(out: &mut dyn Sink, text: &str) -> Result<(), Error> {
    out.out(text.as_bytes()).map_err(Error::Write)
}

/// Does what needs no cluster; `None` for everything else.
pub fn alone(action: &Action, here: &Here, out: &mut dyn Sink) -> Option<Result<Exit, Error>> {
    // What the cluster defines only the cluster knows.
    let reachable = here.kubeconfig.as_deref().is_some_and(std::path::Path::exists);
    match action {
        Action::ApiResources(_) | Action::ApiVersions if reachable => None,
        Action::Explain(explain) if reachable && !explain::is_known(explain) => None,
        Action::Explain(explain) => Some(explain::explain(explain, out)),
        Action::ApiResources(asked) => Some(about::resources(asked, out)),
        Action::ApiVersions => Some(about::versions(out)),
        Action::Config(config) => Some(config::config(config, here, out)),
        Action::Completion { shell } => Some(about::completion(*shell, out)),
        Action::Options => Some(about::options(out)),
        _ => None,
    }
}

/// Does what was asked.
pub async fn perform(action: &Action, doors: &Doors, out: &mut dyn Sink) -> Result<Exit, Error> {
    match action {
        Action::Get(get) => get::get(get, &doors.when(get.when.at).await?, out).await,
        Action::Describe(asked) => describe::describe(asked, &doors.when(asked.when.at).await?, out).await,
        Action::Timeline(asked) => timeline::timeline(asked, &doors.when(asked.when.at).await?, out).await,
        Action::Capacity(asked) => capacity::capacity(asked, doors, out).await,
        Action::Why(asked) => why::why(asked, &doors.when(asked.when.at).await?, out).await,
        Action::Path(asked) => operator::path(asked, doors, out).await,
        Action::ControlPlane => operator::controlplane(doors, out).await,
        Action::Diff(asked) => diff::diff(asked, doors, out).await,
        Action::Rerun(asked) => again::rerun(asked, doors, out).await,
        Action::Decode(asked) => again::decode(asked, doors, out).await,
        Action::Debug(asked) => debug::debug(asked, doors, out).await,
        Action::Preview(asked) => Box::pin(preview::preview(asked, doors, out)).await,
        Action::Apply(apply) => change::apply(apply, doors, out).await,
        Action::Create(create) => create::create(create, doors, out).await,
        Action::Run(run) => create::run(run, doors, out).await,
        Action::Expose(expose) => create::expose(expose, doors, out).await,
        Action::Autoscale(autoscale) => create::autoscale(autoscale, doors, out).await,
        Action::Replace(replace) => replace::replace(replace, doors, out).await,
        Action::Edit(edit) => replace::edit(edit, doors, out).await,
        Action::Patch(patch) => mark::patch(patch, doors, out).await,
        Action::Label(marks) => mark::mark(marks, "labels", doors, out).await,
        Action::Annotate(marks) => mark::mark(marks, "annotations", doors, out).await,
        Action::Taint(taint) => mark::taint(taint, doors, out).await,
        Action::Set(Set::Image(image)) => mark::set_image(image, doors, out).await,
        Action::Delete(delete) => change::delete(delete, doors, out).await,
        Action::Scale(scale) => change::scale(scale, doors, out).await,
        Action::Rollout(rollout) => rollout::rollout(rollout, doors, out).await,
        Action::Wait(wait) => wait::wait(wait, doors, out).await,
        Action::Logs(logs) => logs::logs(logs, doors, out).await,
        Action::Exec(exec) => streams::exec(exec, doors, out).await,
        Action::Attach(attach) => streams::attach(attach, doors, out).await,
        Action::Cp(copy) => copy::copy(copy, doors, out).await,
        Action::PortForward(forward) => streams::port_forward(forward, doors, out).await,
        Action::Cordon(node) => change::cordon(&node.node, true, node.dry_run, doors, out).await,
        Action::Uncordon(node) => change::cordon(&node.node, false, node.dry_run, doors, out).await,
        Action::Drain(drain) => drain::drain(drain, doors, out).await,
        Action::Events(events) => get::events(events, doors, out).await,
        Action::Top(top) => top::top(top, doors, out).await,
        Action::Auth(auth) => about::auth(auth, doors, out).await,
        Action::Version(version) => about::version(version, &doors.here, out).await,
        Action::ClusterInfo => about::cluster_info(&doors.here, out),
        Action::Proxy(proxy) => proxy::proxy(proxy, &doors.here, out).await,
        Action::Explain(explain) => explain::explain(explain, out),
        Action::ApiResources(asked) => about::resources(asked, out),
        Action::ApiVersions => about::versions(out),
        Action::Config(_) | Action::Completion { .. } | Action::Options => {
            alone(action, &doors.here, out).unwrap_or(Ok(Exit::Done))
        }
    }
}
