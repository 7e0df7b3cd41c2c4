//! The loop that keeps this node's pods: it observes, and for each pod a worker decides and acts.

mod known;
mod report;
mod worker;

pub(crate) use report::Report;

use crate::{
    admission,
    events::{Recorder, Scribe, recorder},
    paths::Paths,
    room::{self, Pending, Waiting},
    sight::Sight,
    tokens::Tokens,
    trust::Memory,
};
use agent_network::{Sandbox, Sandboxes};
use agent_runtime::Runtime;
use agent_volumes::{Allocatable, Volumes};
use shared_api::{Timestamp, core::Pod};
use shared_client::{Cluster, Event, Live};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, broadcast::error::RecvError, watch},
    task::{Id, JoinSet},
};
use worker::Worker;

/// What keeping pods needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The node's name.
    pub node: String,
    /// The node's address.
    pub host_ip: String,
    /// What the node has to give to pods.
    pub allocatable: Allocatable,
    /// Where things are kept.
    pub paths: Paths,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// How many containers are made at the same time.
    pub starts: usize,
    /// How often `ConfigMap`s, Secrets and tokens of running pods are looked at again.
    pub refresh: Duration,
    /// Secrets are kept in memory (tmpfs), off the disk.
    pub tmpfs: bool,
}

impl Options {
    /// The usual ones, for a node.
    pub fn new(node: &str, host_ip: &str, allocatable: Allocatable) -> Self {
        Self {
            node: node.into(),
            host_ip: host_ip.into(),
            allocatable,
            paths: Paths::default(),
            clock: Timestamp::now,
            starts: 4,
            refresh: Duration::from_mins(1),
            tmpfs: true,
        }
    }
}

/// The pods of this node. Cheap to clone: one clone runs, others serve sessions.
#[derive(Clone)]
pub struct Pods {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) sandboxes: Arc<dyn Sandboxes>,
    pub(crate) cluster: Arc<dyn Cluster>,
    pub(crate) live: Arc<Live>,
    pub(crate) options: Options,
    pub(crate) volumes: Volumes,
    pub(crate) tokens: Tokens,
    pub(crate) recorder: Recorder,
    pub(crate) sight: Sight,
    pub(crate) starts: Semaphore,
    scribe: Mutex<Option<Scribe>>,
}

/// What a worker is told about its pod.
#[derive(Clone)]
struct Input {
    pod: Arc<Pod>,
    /// The cluster no longer has it.
    gone: bool,
    /// Moves when something the pod mounts may have changed.
    mounts: u64,
    /// The pod asks for more than is here; `pod` says what it was promised.
    pending: Option<Pending>,
    /// The node cannot take it.
    refused: bool,
}

impl Pods {
    /// The pods bound to `options.node`. `live` has to watch at least these and `Service`s, and is best a
    /// [`Live::guarded`] one.
    pub fn new(
        runtime: Arc<dyn Runtime>,
        sandboxes: Arc<dyn Sandboxes>,
        cluster: Arc<dyn Cluster>,
        live: Arc<Live>,
        options: Options,
    ) -> Self {
        let (recorder, scribe) = recorder(Arc::clone(&cluster), &options.node, options.clock);
        let volumes = Volumes::new(&options.paths.pods, options.allocatable);
        let shared = Shared {
            volumes: if options.tmpfs { volumes } else { volumes.on_disk() },
            sight: Sight::new(Arc::clone(&runtime)),
            starts: Semaphore::new(options.starts.max(1)),
            scribe: Mutex::new(Some(scribe)),
            tokens: Tokens::default(),
            runtime,
            sandboxes,
            cluster,
            live,
            options,
            recorder,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Keeps the pods until `shutdown`; then lets go of them without stopping any.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let shared = Arc::clone(&self.shared);
        let scribe = shared.scribe.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut keeper = Keeper::new(Arc::clone(&shared));
        tokio::select! {
            () = shutdown => {}
            () = shared.sight.follow() => {}
            () = async { if let Some(scribe) = scribe { scribe.run().await } } => {}
            () = keeper.keep() => {}
        }
    }
}

/// Gives every pod its worker, and tells the workers what is known.
struct Keeper {
    shared: Arc<Shared>,
    workers: HashMap<String, watch::Sender<Input>>,
    tasks: JoinSet<()>,
    uids: HashMap<Id, String>,
    /// Pods that came to their end here although the cluster still keeps them, for a finalizer.
    finished: HashSet<String>,
    memory: Memory,
    /// What is on the node has to be compared with what is asked for.
    sweep: bool,
    sandboxes: HashMap<String, Sandbox>,
    doubt: Option<String>,
    /// Pods that may have what they newly ask for.
    granted: HashSet<String>,
    /// Pods that the node cannot take.
    refused: HashSet<String>,
}

impl Keeper {
    fn new(shared: Arc<Shared>) -> Self {
        Self {
            memory: Memory::open(shared.options.paths.history()),
            shared,
            workers: HashMap::new(),
            sweep: true,
            tasks: JoinSet::new(),
            uids: HashMap::new(),
            finished: HashSet::new(),
            sandboxes: HashMap::new(),
            doubt: None,
            granted: HashSet::new(),
            refused: HashSet::new(),
        }
    }

    async fn keep(&mut self) {
        let mut sight = self.shared.sight.subscribe();
        let mut changes = self.shared.live.changes();
        let mut standing = self.shared.live.standing();
        // Nothing is decided before the node was seen: what runs must be found, not started again.
        let _ = sight.wait_for(|s| s.seen).await;
        self.find_sandboxes().await;
        loop {
            self.tell();
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(events) => self.mounted(&events),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                told = standing.changed() => {
                    if told.is_err() {
                        return;
                    }
                    self.sweep = true;
                }
                Some(done) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => {
                    let id = match &done {
                        Ok((id, ())) => *id,
                        Err(error) => error.id(),
                    };
                    let Some(uid) = self.uids.remove(&id) else { continue };
                    self.workers.remove(&uid);
                    self.sandboxes.remove(&uid);
                    match done {
                        Ok(_) => drop(self.finished.insert(uid)),
                        Err(error) => tracing::error!(uid, %error, "a pod's worker ended before its pod; it is begun again"),
                    }
                }
            }
        }
    }

    async fn find_sandboxes(&mut self) {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.shared.sandboxes.list().await {
                Ok(list) => {
                    self.sandboxes = list.into_iter().map(|s| (s.id.clone(), s)).collect();
                    return;
                }
                Err(error) => tracing::warn!(%error, "pod networks cannot be listed"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    /// Tells every worker what is known of its pod, and makes workers for pods that have none.
    fn tell(&mut self) {
        let (pods, revision) = {
            let world = self.shared.live.read();
            let pods: Vec<Arc<Pod>> = world.on_node::<Pod>(&self.shared.options.node).collect();
            (pods, world.revision())
        };
        let standing = self.shared.live.standing().borrow().clone();
        let trusted = self.memory.judge(&standing, revision);
        self.doubts(trusted.as_ref().err());
        let mut waiting = room::waiting(&pods, self.shared.options.allocatable, &mut self.granted);
        self.refused = admission::refused(&pods, &self.refused);
        let mut wanted = HashSet::new();
        for pod in pods {
            let uid = pod.metadata.uid.clone().unwrap_or_default();
            wanted.insert(uid.clone());
            if !self.finished.contains(&uid) {
                let (pod, pending) = known_as(pod, waiting.remove(&uid));
                self.give(&uid, &pod, pending, false);
            }
        }
        self.finished.retain(|uid| wanted.contains(uid));
        let sure = trusted.is_ok();
        if sure {
            for (uid, input) in &self.workers {
                if !wanted.contains(uid) {
                    input.send_if_modified(|i| !std::mem::replace(&mut i.gone, true));
                }
            }
        }
        if !std::mem::take(&mut self.sweep) {
            return;
        }
        // What is on the node but nobody asks for: kept while nobody can be believed, else taken away.
        let here: Vec<String> = self.shared.sight.subscribe().borrow().pods.keys().cloned().collect();
        let here = here
            .into_iter()
            .chain(self.sandboxes.keys().cloned())
            .chain(known::saved(&self.shared.options.paths));
        for uid in here.collect::<HashSet<_>>() {
            if wanted.contains(&uid) || self.workers.contains_key(&uid) || self.finished.contains(&uid) {
                continue;
            }
            let containers = self.shared.sight.of(&uid);
            match known::load(&self.shared.options.paths, &uid) {
                Some(pod) => self.give(&uid, &Arc::new(pod), None, sure),
                None if sure => self.give(&uid, &Arc::new(known::guessed(&uid, &containers)), None, true),
                None => {}
            }
        }
    }

    fn give(&mut self, uid: &str, pod: &Arc<Pod>, pending: Option<Pending>, gone: bool) {
        let refused = self.refused.contains(uid);
        if let Some(input) = self.workers.get(uid) {
            input.send_if_modified(|i| {
                let new = i.pod.metadata.resource_version != pod.metadata.resource_version
                    || i.gone != gone
                    || i.pending != pending
                    || i.refused != refused;
                if new {
                    (i.pod, i.gone, i.pending, i.refused) = (Arc::clone(pod), gone, pending, refused);
                    known::save(&self.shared.options.paths, pod);
                }
                new
            });
            return;
        }
        known::save(&self.shared.options.paths, pod);
        let input = watch::Sender::new(Input { pod: Arc::clone(pod), gone, mounts: 0, pending, refused });
        let sandbox = self.sandboxes.get(uid).cloned();
        let worker = Worker::new(Arc::clone(&self.shared), uid, input.subscribe(), sandbox);
        let task = self.tasks.spawn(worker.run());
        self.uids.insert(task.id(), uid.into());
        self.workers.insert(uid.into(), input);
        self.memory.remember();
        tracing::debug!(pod = pod.metadata.name, uid, gone, "kept");
    }

    /// `ConfigMap`s and Secrets that changed concern the pods of their namespace.
    fn mounted(&self, events: &[Event]) {
        let concerned = |event: &Event| {
            let object = event.object()?;
            matches!(object.kind(), "ConfigMap" | "Secret").then(|| object.namespace().to_owned())
        };
        let namespaces: HashSet<String> = events.iter().filter_map(concerned).collect();
        for input in self.workers.values().filter(|_| !namespaces.is_empty()) {
            input.send_if_modified(|i| {
                let here = i.pod.metadata.namespace.as_ref().is_some_and(|n| namespaces.contains(n));
                i.mounts += u64::from(here);
                here
            });
        }
    }

    /// Says once when the control plane cannot be believed, and once when it can again.
    fn doubts(&mut self, why: Option<&String>) {
        if self.doubt.as_ref() == why {
            return;
        }
        if let Some(why) = why {
            tracing::warn!(%why, "pods are kept as they are");
        } else {
            tracing::info!("the control plane is followed");
        }
        self.doubt = why.cloned();
    }
}

/// A pod as its worker knows it: with the resources that it may have.
fn known_as(pod: Arc<Pod>, waiting: Option<Waiting>) -> (Arc<Pod>, Option<Pending>) {
    waiting.map_or((pod, None), |(promised, pending)| (promised, Some(pending)))
}
