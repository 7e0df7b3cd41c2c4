//! Sandboxes: a namespace for each pod, joined to the node by a bridge.
//!
//! Nothing is written down. Which sandboxes there are and which addresses they have is read from the
//! kernel when an agent starts; from then on it is remembered, and checked when it is used.

use crate::{
    Attempt, Error, Result, Sandbox, Sandboxes, address, conntrack, kernel, namespace,
    netlink::{Netlink, POD, Pair, apart, hardware},
};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use shared_api::Cidr;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::Ipv4Addr,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};
use tokio::sync::{Mutex, MutexGuard, watch};

/// Name of the bridge.
pub(crate) const BRIDGE: &str = "dhow0";

/// The pods of a node and the bridge they share.
pub struct Bridge {
    dir: PathBuf,
    mtu: Option<u32>,
    range: watch::Sender<Option<Cidr>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The sandboxes were read from the kernel.
    read: bool,
    /// The bridge stands, with an address of this range.
    ready: Option<Cidr>,
    taken: BTreeMap<Ipv4Addr, String>,
    last: Option<Ipv4Addr>,
}

impl Bridge {
    /// Sandboxes held by mounts in `dir`, whose packets have at most `mtu` bytes, or else what the
    /// node's default route carries.
    pub fn new(dir: impl Into<PathBuf>, mtu: Option<u32>) -> Self {
        Self { dir: dir.into(), mtu, range: watch::Sender::default(), state: Mutex::default() }
    }

    /// Says where addresses come from. Pods that have one from an earlier range keep it.
    pub fn set_range(&self, range: Option<Cidr>) {
        self.range.send_if_modified(|now| std::mem::replace(now, range) != range);
    }

    /// Where addresses come from.
    pub fn range(&self) -> Option<Cidr> {
        *self.range.borrow()
    }

    /// Where addresses come from, and every change of it.
    pub(crate) fn ranges(&self) -> watch::Receiver<Option<Cidr>> {
        self.range.subscribe()
    }

    /// Waits until there are addresses for pods.
    pub async fn ranged(&self) {
        // The sender lives as long as we do.
        let _ = self.range.subscribe().wait_for(Option::is_some).await;
    }

    /// Makes the bridge what it should be, also when somebody took it away. Does nothing while there
    /// is no range.
    pub async fn repair(&self) -> Result<()> {
        let mut state = self.state().await?;
        state.ready = None;
        self.stand(&mut state).await
    }

    /// Removes every sandbox and the bridge.
    pub async fn uninstall(&self) -> Result<()> {
        for sandbox in self.list().await? {
            self.remove(&sandbox.id).await?;
        }
        apart(async || Netlink::open()?.remove(BRIDGE).await).await?;
        match fs::remove_dir(&self.dir) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
        .attempt(format_args!("removing {}", self.dir.display()))
    }

    fn path(&self, id: &str) -> Result<PathBuf> {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if id.is_empty() || id.starts_with('.') || !id.chars().all(fine) {
            let why = "a sandbox's name has letters, digits, dashes and dots only".into();
            return Err(Error::Failed { what: format!("naming a sandbox {id:?}"), why });
        }
        Ok(self.dir.join(id))
    }

    /// What is known, read from the kernel first.
    async fn state(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state.lock().await;
        if !state.read {
            let (whole, broken) = inspect(&self.dir).await?;
            for path in broken {
                // Nobody is at work on it: whoever began was killed before it was done.
                tracing::info!(netns = %path.display(), "removed a half-made sandbox");
                namespace::release(&path)?;
            }
            state.taken = whole.into_iter().map(|s| (s.ip, s.id)).collect();
            state.read = true;
        }
        Ok(state)
    }

    /// Makes the bridge stand in the range of now.
    async fn stand(&self, state: &mut State) -> Result<()> {
        let Some(range) = self.range() else { return Ok(()) };
        if state.ready == Some(range) {
            return Ok(());
        }
        fs::create_dir_all(&self.dir).attempt(format_args!("creating {}", self.dir.display()))?;
        let (mtu, ports) = (self.mtu, state.taken.values().map(|id| port(id)).collect::<Vec<_>>());
        apart(async move || {
            let net = Netlink::open()?;
            let mtu = net.mtu(mtu).await?;
            let (bridge, new) = net.bridge(BRIDGE, hardware(POD, range.first()), mtu).await?;
            net.assign(bridge, range.first(), range.prefix()).await?;
            if new {
                for port in ports {
                    net.attach(&port, bridge).await?;
                }
            }
            kernel::forward(BRIDGE)
        })
        .await?;
        state.ready = Some(range);
        Ok(())
    }
}

#[async_trait]
impl Sandboxes for Bridge {
    async fn create(&self, id: &str) -> Result<Sandbox> {
        let path = self.path(id)?;
        let mut state = self.state().await?;
        let known = state.taken.iter().find(|(_, owner)| *owner == id).map(|(ip, _)| *ip);
        if let Some(ip) = known {
            if namespace::is_held(&path) {
                return Ok(Sandbox { id: id.into(), netns: path, ip });
            }
            state.taken.remove(&ip);
        }
        let range = self.range().ok_or(Error::NoRange)?;
        self.stand(&mut state).await?;
        let ip = address::next(range, &state.taken, state.last)
            .ok_or_else(|| Error::Exhausted(range.to_string()))?;
        let made = match build(&path, port(id), ip, range, self.mtu).await {
            Err(Built::NoBridge) => {
                state.ready = None;
                self.stand(&mut state).await?;
                build(&path, port(id), ip, range, self.mtu).await
            }
            made => made,
        };
        made.map_err(|broken| match broken {
            Built::NoBridge => Error::Failed {
                what: format!("joining a pod to {BRIDGE}"),
                why: "somebody removes it".into(),
            },
            Built::Failed(error) => error,
        })?;
        state.taken.insert(ip, id.into());
        state.last = Some(ip);
        tracing::debug!(sandbox = id, %ip, "created a sandbox");
        Ok(Sandbox { id: id.into(), netns: path, ip })
    }

    async fn remove(&self, id: &str) -> Result<()> {
        let path = self.path(id)?;
        let mut state = self.state().await?;
        let port = port(id);
        // The interface goes first: a process left in the namespace would keep it.
        apart(async move || Netlink::open()?.remove(&port).await).await?;
        namespace::release(&path)?;
        let ip = state.taken.iter().find(|(_, owner)| *owner == id).map(|(ip, _)| *ip);
        if let Some(ip) = ip {
            state.taken.remove(&ip);
            drop(state);
            conntrack::forget_pod(ip).await;
        }
        Ok(())
    }

    fn resolver(&self) -> Option<Ipv4Addr> {
        self.range().map(Cidr::first)
    }

    async fn list(&self) -> Result<Vec<Sandbox>> {
        let state = self.state().await?;
        let sandbox =
            |(ip, id): (&Ipv4Addr, &String)| Sandbox { id: id.clone(), netns: self.dir.join(id), ip: *ip };
        let all = state.taken.iter().map(sandbox);
        Ok(all.filter(|sandbox| namespace::is_held(&sandbox.netns)).collect())
    }
}

/// The node's end of a pod's pair: at most 15 bytes.
fn port(id: &str) -> String {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().take(5).fold("dhow-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

/// Why a sandbox could not be built.
enum Built {
    /// There is no bridge.
    NoBridge,
    /// Anything else.
    Failed(Error),
}

impl From<Error> for Built {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Makes a namespace and joins it to the bridge; leaves nothing when that fails.
async fn build(path: &Path, port: String, ip: Ipv4Addr, range: Cidr, mtu: Option<u32>) -> Result<(), Built> {
    let held = path.to_owned();
    let joined = apart(async move || {
        namespace::release(&held)?;
        let node = Netlink::open()?;
        // Left by a pod of this name whose namespace somebody still holds.
        node.remove(&port).await?;
        let Some(bridge) = node.index(BRIDGE).await? else { return Ok(false) };
        let mtu = node.mtu(mtu).await?;
        namespace::create(&held)?;
        let inside = File::open(namespace::OURS).attempt("opening the pod's network namespace")?;
        node.pair(&Pair { name: &port, bridge, inside: inside.as_raw_fd(), ip, mtu }).await?;
        let pod = Netlink::open()?;
        for (name, address) in [("lo", None), ("eth0", Some(ip))] {
            let missing =
                || Error::Failed { what: format!("setting {name} up"), why: "it is not there".into() };
            let index = pod.index(name).await?.ok_or_else(missing)?;
            pod.up(index, name).await?;
            if let Some(ip) = address {
                kernel::settle_pod()?;
                pod.assign(index, ip, 32).await?;
                pod.default_route(index, range.first()).await?;
            }
        }
        Ok(true)
    })
    .await;
    match joined {
        Ok(true) => Ok(()),
        Ok(false) => Err(Built::NoBridge),
        Err(error) => {
            if let Err(left) = namespace::release(path) {
                tracing::warn!(error = %left, "a half-made sandbox stays behind");
            }
            Err(error.into())
        }
    }
}

/// The sandboxes held in `dir`, and what is held or left there without being one.
async fn inspect(dir: &Path) -> Result<(Vec<Sandbox>, Vec<PathBuf>)> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        entries => entries.attempt(format_args!("reading {}", dir.display()))?,
    };
    let paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    apart(async move || {
        let (mut whole, mut broken) = (Vec::new(), Vec::new());
        for netns in paths {
            let id = netns.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let ip = if namespace::is_held(&netns) { address_inside(&netns).await? } else { None };
            match ip {
                Some(ip) => whole.push(Sandbox { id, netns, ip }),
                None => broken.push(netns),
            }
        }
        Ok((whole, broken))
    })
    .await
}

/// The address of `eth0` in a namespace, which this thread stays in.
async fn address_inside(netns: &Path) -> Result<Option<Ipv4Addr>> {
    namespace::enter(netns)?;
    let pod = Netlink::open()?;
    let Some(eth0) = pod.index("eth0").await? else { return Ok(None) };
    Ok(pod.addresses().await?.into_iter().find(|(index, ..)| *index == eth0).map(|(_, ip, _)| ip))
}
