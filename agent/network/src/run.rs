//! Follows a world and makes the node's kernel agree with it.
//!
//! The rules are computed whole and only their difference is written. What others removed is noticed
//! by looking at the jumps and at one rule of each table twice a minute, as kube-proxy does: a table
//! with thousands of chains is never listed for that.

use crate::{
    Bridge, Error, Result, conntrack,
    iptables::{self, Backend, Iptables},
    path,
    routes::{self, Here},
    rules::{Rules, Table, diff},
    services::{self, Site, pod_range},
};
use shared_api::{
    Cidr, GroupKind,
    core::{Node, Service},
    discovery::EndpointSlice,
};
use shared_client::{Event, Live, World, question::Rule};
use std::{collections::BTreeSet, future::Future, net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, broadcast, watch},
    time::Instant,
};

/// The kinds a world must follow for [`Network::run`].
pub const READS: &[GroupKind] =
    &[GroupKind::of::<Node>(), GroupKind::of::<Service>(), GroupKind::of::<EndpointSlice>()];

/// How often the kernel is looked at without a reason.
const LOOK: Duration = Duration::from_secs(30);

/// A change of so many bytes is written in several runs.
const MUCH: usize = 512 * 1024;

/// The longest wait after a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a node's network is made with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the pods' namespaces are held.
    pub netns_dir: PathBuf,
    /// The range of all pods, where it is known. Else the ranges of all nodes count.
    pub cluster: Option<Cidr>,
    /// Largest packet of a pod; else that of the interface the node's default route uses.
    pub mtu: Option<u32>,
    /// Which rule set to write; else the one that fits.
    pub backend: Option<Backend>,
}

impl Default for Options {
    fn default() -> Self {
        Self { netns_dir: "/run/dhow/netns".into(), cluster: None, mtu: None, backend: None }
    }
}

/// The network of one node.
pub struct Network {
    options: Options,
    bridge: Arc<Bridge>,
    trouble: watch::Sender<Option<String>>,
    /// One reader of all rules at a time: it is no small thing.
    reading: Mutex<()>,
}

/// What the kernel was told last.
#[derive(Default)]
struct Told {
    iptables: Option<Iptables>,
    rules: Option<Arc<Rules>>,
    nodes: Vec<Place>,
}

/// Why the kernel is told something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// A service, an endpoint, or more than we could follow.
    Anything,
    /// Nodes only: most of that is heartbeats.
    Nodes,
    /// Time has passed. Routes and the bridge are few: they are written as they should be.
    Look,
}

/// What the network needs to know of a node: name, range, address.
type Place = (String, Option<Cidr>, Option<Ipv4Addr>);

impl Network {
    /// Prepares; nothing in the kernel changes yet.
    pub fn new(options: Options) -> Self {
        let bridge = Arc::new(Bridge::new(&options.netns_dir, options.mtu));
        let trouble = watch::Sender::new(Some("the pod network is not set up yet".into()));
        Self { options, bridge, trouble, reading: Mutex::default() }
    }

    /// The sandboxes of this node.
    pub fn bridge(&self) -> Arc<Bridge> {
        Arc::clone(&self.bridge)
    }

    /// Why the network is not what it should be; nothing when it is.
    pub fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// Keeps the kernel as the world of `live` asks for `node`, until `shutdown`. What is in the
    /// kernel then stays: connections go on while an agent restarts.
    ///
    /// A world that was never complete, or does not know this node, is not acted upon.
    pub async fn run(&self, live: Arc<Live>, node: &str, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut changes = live.changes();
        let site = Site { node: node.into(), cluster: self.options.cluster };
        let (mut told, mut pause, mut why) = (Told::default(), Duration::from_millis(250), Why::Anything);
        tokio::select! {
            () = live.synced() => {}
            () = &mut shutdown => return,
        }
        loop {
            let wake = match self.tell(&live, &site, &mut told, why).await {
                Ok(()) => {
                    pause = Duration::from_millis(250);
                    LOOK
                }
                Err(error) => {
                    tracing::warn!(%error, "the node's network is not as it should be; trying again");
                    self.trouble.send_replace(Some(error.to_string()));
                    // What the kernel has is no longer certain.
                    told = Told::default();
                    pause = (pause * 2).min(PATIENCE);
                    pause
                }
            };
            let wake = Instant::now() + wake;
            why = tokio::select! {
                () = &mut shutdown => return,
                why = relevant(&mut changes) => why,
                () = tokio::time::sleep_until(wake) => {
                    self.look(&mut told).await;
                    Why::Look
                }
            };
        }
    }

    /// What the kernel holds for a service, and what its rules counted: read once, now.
    pub async fn path(&self, namespace: &str, name: &str) -> Result<Vec<Rule>> {
        let (title, backend) = (format!("{namespace}/{name}"), self.options.backend);
        let _alone = self.reading.lock().await;
        blocking(move || Ok(path::of(&Iptables::detect(backend)?.counted()?, &title))).await
    }

    /// Removes everything: rules, routes, sandboxes and the bridge.
    pub async fn uninstall(&self) -> Result<()> {
        let rules = blocking(iptables::uninstall).await;
        let routes = routes::uninstall().await;
        self.bridge.uninstall().await.and(routes).and(rules)
    }

    /// Brings the kernel to what the world asks for.
    async fn tell(&self, live: &Arc<Live>, site: &Site, told: &mut Told, why: Why) -> Result<()> {
        let nodes = places(&live.read());
        let Some(&(_, range, address)) = nodes.iter().find(|(name, ..)| *name == site.node) else {
            let why = format!("the cluster does not know node {} yet; its network stays as it is", site.node);
            self.trouble.send_if_modified(|now| now.replace(why.clone()) != Some(why));
            return Ok(());
        };
        let same = told.rules.is_some() && nodes == told.nodes;
        if same && why == Why::Nodes {
            return Ok(());
        }
        if nodes != told.nodes || why == Why::Look {
            self.bridge.set_range(range);
            self.bridge.repair().await?;
            if let (Some(range), Some(node)) = (range, address) {
                let (on_link, mtu) = routes::surroundings(self.options.mtu).await?;
                let wanted = routes::routes(&live.read(), &site.node, &on_link);
                routes::apply(wanted, Here { node, range, mtu }).await?;
            }
        }
        if same && why == Why::Look {
            return Ok(());
        }
        let (live, site) = (Arc::clone(live), site.clone());
        let (old, known, wanted) = (told.rules.take(), told.iptables, self.options.backend);
        let (iptables, rules) = blocking(move || {
            let iptables = known.map_or_else(|| Iptables::detect(wanted), Ok)?;
            let rules = services::rules(&live.read(), &site);
            match old {
                Some(old) => change(iptables, &old, &rules)?,
                None => take_over(iptables, &rules)?,
            }
            Ok((iptables, rules))
        })
        .await?;
        (told.iptables, told.rules, told.nodes) = (Some(iptables), Some(Arc::new(rules)), nodes);
        let trouble = range.is_none().then(|| Error::NoRange.to_string());
        self.trouble.send_if_modified(|now| std::mem::replace(now, trouble.clone()) != trouble);
        Ok(())
    }

    /// Forgets what was told when somebody else changed it.
    async fn look(&self, told: &mut Told) {
        let Some(iptables) = told.iptables else { return };
        match blocking(move || iptables.is_intact()).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("rules of ours were removed by somebody; writing them again");
                told.rules = None;
            }
            Err(error) => tracing::warn!(%error, "could not look at the rules"),
        }
    }
}

/// Writes what differs.
fn change(iptables: Iptables, old: &Rules, new: &Rules) -> Result<()> {
    let text = diff(old, new);
    if text.is_empty() && old.flows == new.flows {
        return Ok(());
    }
    if text.len() > MUCH && iptables.backend() != Backend::Legacy {
        return take_over(iptables, new);
    }
    let began = std::time::Instant::now();
    iptables.restore(&text)?;
    tracing::debug!(bytes = text.len(), took = ?began.elapsed(), "changed the service rules");
    if old.flows != new.flows {
        let fronts: BTreeSet<_> = old.flows.union(&new.flows).map(|flow| flow.front).collect();
        conntrack::forget_stale(&fronts, &new.flows);
    }
    Ok(())
}

/// Writes everything over what an earlier agent left, then removes what of it is no longer wanted.
/// In this order, because to list very many chains takes long.
fn take_over(iptables: Iptables, new: &Rules) -> Result<()> {
    let began = std::time::Instant::now();
    iptables.restore_all(new)?;
    iptables.join()?;
    let mut found = new.clone();
    let there = iptables.found()?;
    for table in Table::ALL {
        let wanted: BTreeSet<_> = new.names(table).collect();
        there.names(table).filter(|name| !wanted.contains(name)).for_each(|name| found.unknown(table, name));
    }
    iptables.restore(&diff(&found, new))?;
    iptables.leave_the_other()?;
    let fronts = new.flows.iter().map(|flow| flow.front).collect();
    conntrack::forget_stale(&fronts, &new.flows);
    tracing::info!(
        backend = ?iptables.backend(), chains = new.len(), took = ?began.elapsed(), "wrote all service rules"
    );
    Ok(())
}

fn places(world: &World) -> Vec<Place> {
    let place = |node: Arc<Node>| {
        (node.metadata.name.clone().unwrap_or_default(), pod_range(&node), routes::address(&node))
    };
    world.list::<Node>().map(place).collect()
}

/// Waits for events that matter, and takes in those that have come with them.
async fn relevant(changes: &mut broadcast::Receiver<Arc<Vec<Event>>>) -> Why {
    let (mut any, mut only_nodes) = (false, true);
    loop {
        let next = if any {
            match changes.try_recv() {
                Ok(batch) => Ok(batch),
                Err(broadcast::error::TryRecvError::Lagged(_)) => return Why::Anything,
                Err(_) => return if only_nodes { Why::Nodes } else { Why::Anything },
            }
        } else {
            changes.recv().await
        };
        match next {
            Ok(batch) => {
                for object in batch.iter().filter_map(Event::object) {
                    let kind = object.group_kind();
                    let is_node = kind == GroupKind::of::<Node>();
                    let matters = READS.contains(&kind);
                    any |= matters;
                    only_nodes &= is_node || !matters;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => return Why::Anything,
            // The world ends with the process: nothing more will come.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|why| {
        Err(Error::Failed { what: "changing the node's network".into(), why: why.to_string() })
    })
}
