//! The server: the store, what is known about it, and everybody's view of it.

use crate::{
    admission::There,
    authn,
    authz::{self, Decision, Follower, Wish},
    cache::Cache,
    conversion::Conversions,
    door::{Caller, Credentials, Door, User},
    extension::Extension,
    keys,
    local::{CONTROLLER, Local},
    measured::{self, Measured},
    nodes::{PodSessions, Switchboard},
    options::Options,
    timed::Timed,
};
use bytes::Bytes;
use controlplane_store::{Entry, Error, Range, Store};
use futures::StreamExt;
use shared_api::{
    Freshness, GroupKind, Kind, KindInfo, Object, Reason, Refusal, Timestamp, kinds, metrics::PodMetrics,
};
use shared_client::{Cluster, Result, Sessions};
use std::{
    net::SocketAddr,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// How long a reader waits for a revision that has not happened, as Kubernetes has it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The API server over a store.
pub struct Server {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) options: Options,
    pub(crate) cache: Cache,
    pub(crate) nodes: Switchboard,
    pub(crate) measured: Measured,
    pub(crate) prepared: AtomicBool,
    rules: Follower,
    pub(crate) extension: Extension,
    pub(crate) conversions: Conversions,
    me: std::sync::Weak<Self>,
}

impl Server {
    /// A server over `store`. Call [`Server::prepare`] once the store leads.
    pub fn new(store: Arc<dyn Store>, options: Options) -> Arc<Self> {
        let server = Arc::new_cyclic(|me| Self {
            nodes: Switchboard::new(options.clock),
            measured: Measured::default(),
            store: Arc::new(Timed(store)),
            options,
            cache: Cache::default(),
            prepared: AtomicBool::new(false),
            rules: Follower::default(),
            extension: Extension::default(),
            conversions: Conversions::default(),
            me: me.clone(),
        });
        // Before anybody asks: what lies in the store is of the kinds that it defines.
        if let Err(error) = server.publish() {
            tracing::warn!(%error, "the kinds that are defined cannot be read yet");
        }
        server
    }

    /// The door for a part of the control plane in this process, such as `replicaset`. Its watchers
    /// hear of every revision at once.
    pub fn internal(&self, name: &str) -> Arc<dyn Cluster> {
        let user = User {
            name: format!("{CONTROLLER}{name}"),
            groups: vec![authz::MASTERS.into(), authn::AUTHENTICATED.into()],
            ..User::default()
        };
        Arc::new(Local::new(self.me(), user, true))
    }

    /// What a pod on a node uses, as long as the node's last word of it is worth something.
    pub fn uses(&self, node: &str, namespace: &str, name: &str) -> Option<PodMetrics> {
        measured::uses(self, node, namespace, name)
    }

    pub(crate) fn me(&self) -> Arc<Self> {
        self.me.upgrade().expect("a server that is being asked is alive")
    }

    /// Waits, but briefly, until what is read here is as new as asked.
    pub(crate) async fn reach(&self, freshness: Freshness) -> Result<()> {
        let asked = match freshness {
            Freshness::Any => return Ok(()),
            Freshness::Newest => return self.store.barrier().await.map(drop).map_err(|e| trouble(&e)),
            Freshness::AtLeast(asked) | Freshness::Exactly(asked) => asked,
        };
        if asked <= self.store.revision() {
            return Ok(());
        }
        // This member may only be behind; after the barrier it is not, but the revision may be a moment away.
        let mut reached = self.store.barrier().await.map_err(|e| trouble(&e))?;
        let mut changes = self.store.watch(reached).map_err(|e| trouble(&e))?;
        let due = Instant::now() + PATIENCE;
        while asked > reached {
            let told = tokio::time::timeout_at(due, changes.next()).await;
            reached = self.store.revision();
            if !matches!(told, Ok(Some(Ok(_)))) && asked > reached {
                return Err(Refusal::too_large_version(asked, reached));
            }
        }
        Ok(())
    }

    /// What roles and bindings say at this moment.
    pub(crate) fn policy(&self) -> Result<impl Deref<Target = authz::Policy>> {
        self.rules.policy(&*self.store, &self.cache)
    }

    /// Whether `user` may have what is wanted: as an administrator, or by roles and bindings.
    pub(crate) fn decide(&self, user: &User, wish: &Wish<'_>) -> Result<Decision> {
        if authz::almighty(user) {
            return Ok(Decision { allowed: true, reason: String::new() });
        }
        Ok(self.policy()?.decide(user, wish))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    /// The entry of an object.
    pub(crate) fn entry(&self, kind: &KindInfo, namespace: &str, name: &str) -> Option<Entry> {
        self.store.get(&keys::of(kind, namespace, name))
    }

    /// An object as it is now.
    pub(crate) fn read(&self, kind: &KindInfo, namespace: &str, name: &str) -> Result<Option<Object>> {
        self.entry(kind, namespace, name).map(|entry| self.cache.object(&entry)).transpose()
    }

    /// The `K` called so, as it is now.
    pub(crate) fn find<K: Kind>(&self, namespace: &str, name: &str) -> Result<Option<Object>> {
        self.read(keys::known(&GroupKind::of::<K>())?, namespace, name)
    }
}

impl There for Server {
    fn object(&self, kind: &KindInfo, namespace: &str, name: &str) -> Result<Option<Object>, Refusal> {
        self.read(kind, namespace, name)
    }

    fn objects(&self, kind: &KindInfo, namespace: &str) -> Result<Vec<Object>, Refusal> {
        let prefix = if kind.namespaced { keys::within(kind, namespace) } else { keys::of_kind(kind) };
        let range = Range { prefix, ..Range::default() };
        let entries = self.store.range(&range).map_err(|e| trouble(&e))?.entries;
        entries.iter().map(|entry| self.cache.object(entry)).collect()
    }

    fn reserved(&self, key: &[u8]) -> bool {
        self.store.get(key).is_some()
    }
}

impl Door for Server {
    fn authenticate(&self, credentials: &Credentials) -> Result<User> {
        authn::user(self, credentials)
    }

    fn may_visit(&self, user: &User, verb: &str, path: &str) -> Result<()> {
        let decision = self.decide(user, &Wish::Path { verb, path })?;
        if decision.allowed { Ok(()) } else { Err(authz::unvisited(user, verb, path, &decision.reason)) }
    }

    fn caller(&self, user: &User) -> Arc<dyn Caller> {
        Arc::new(Local::new(self.me(), user.clone(), false))
    }

    fn sessions(&self, user: &User) -> Arc<dyn Sessions> {
        Arc::new(PodSessions { server: self.me(), user: user.clone() })
    }

    fn stored(&self) -> Vec<(&'static KindInfo, usize)> {
        let count = |kind: &'static KindInfo| {
            let range = Range { prefix: keys::of_kind(kind), limit: 1, count: true, ..Range::default() };
            self.store.range(&range).map_or(0, |page| page.entries.len() + page.left)
        };
        kinds().filter(|kind| kind.durable).map(|kind| (kind, count(kind))).collect()
    }

    fn document(&self, path: &str) -> Option<(&'static str, String)> {
        let address = self.options.advertise.map(|(ip, port)| SocketAddr::new(ip, port).to_string());
        self.options.tokens.document(path, address.as_deref().unwrap_or("kubernetes.default.svc"))
    }

    fn health(&self) -> Vec<(&'static str, Result<(), String>)> {
        let prepared = self.prepared.load(Ordering::Acquire);
        let waiting = || "the system's own objects are not there yet".to_owned();
        let store = self.store.range(&Range { limit: 1, ..Range::default() }).map(drop);
        vec![
            ("ping", Ok(())),
            ("prepared", prepared.then_some(()).ok_or_else(waiting)),
            // Standard tooling asks for the store by this name.
            ("etcd", store.map_err(|error| error.to_string())),
        ]
    }
}

/// What the store's trouble means to those who asked.
pub(crate) fn trouble(error: &Error) -> Refusal {
    match error {
        Error::Compacted { asked, oldest } => {
            Refusal::new(Reason::Expired, format!("too old resource version: {asked} ({oldest})"))
        }
        // A watcher of another history: it has to list anew, which it does when its place has expired.
        Error::Future { asked, newest } => {
            Refusal::new(Reason::Expired, format!("too large resource version: {asked} ({newest})"))
        }
        Error::Unavailable(_) => Refusal::unavailable(error),
        Error::Conflict(about) => Refusal::new(
            Reason::Conflict,
            format!("{:?} was written meanwhile", String::from_utf8_lossy(&about.0)),
        ),
    }
}

/// An encoded object as it will lie in the store.
pub(crate) fn filled(encoded: &shared_api::Encoded, revision: u64) -> Bytes {
    let hole = encoded.hole as usize;
    let digits = revision.to_string();
    [&encoded.json[..hole], digits.as_bytes(), &encoded.json[hole..]].concat().into()
}
