//! Opening a member's store: what is on disk becomes the state, then raft goes on from there.

use super::behind::Behind;
use super::disk::{Disk, Loaded};
use super::error::OpenError;
use super::log::Log;
use super::machine::{Applied, Machine};
use super::network::Network;
use super::proposer::{Growth, Proposer};
use super::snapshot::{self, Image, Snapshots};
use super::types::{Command, Raft, SnapshotMeta};
use super::{Member, Options};
use crate::state::{self, Window};
use openraft::{BasicNode, Config, SnapshotPolicy};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// The only member of a cluster is ready after this time, or something is wrong.
const READY: Duration = Duration::from_mins(1);

/// Opens a member's store. An empty directory begins a cluster of one member. On return, a cluster's only
/// member leads and has applied everything that was ever acknowledged.
pub async fn open(options: Options) -> Result<Arc<Member>, OpenError> {
    let dir = options.dir.clone();
    let (window, member) = (options.history, options.member);
    let opened = tokio::task::spawn_blocking(move || open_files(&dir, window)).await;
    let failed = |reason: String| OpenError::Raft { path: options.dir.clone(), reason };
    let Files { hold, log, snapshots, applied, disk } =
        opened.map_err(|error| failed(error.to_string()))??;
    let behind = Behind::start(disk, applied.clone())?;
    let length = Arc::new(AtomicU64::new(0));
    let machine = Machine {
        applied: applied.clone(),
        snapshots: snapshots.clone(),
        behind: behind.clone(),
        length: length.clone(),
    };
    let config = config(&options).map_err(failed)?;
    let raft = Raft::new(member, Arc::new(config), Network, log.clone(), machine).await;
    let raft = raft.map_err(|error| failed(error.to_string()))?;
    lead_alone(&raft, &options, &applied, log.last_index()).await.map_err(failed)?;
    let growth = Growth { log: log.clone(), limit: options.snapshot_bytes, snapshot: length };
    let proposer = Proposer::start(raft.clone(), growth);
    let leads = follow_leadership(&raft);
    let hold = Mutex::new(Some(hold));
    Ok(Arc::new(Member { raft, applied, proposer, log, behind, snapshots, leads, hold }))
}

fn config(options: &Options) -> Result<Config, String> {
    let config = Config {
        cluster_name: "dhow".into(),
        heartbeat_interval: 250,
        election_timeout_min: 1_500,
        election_timeout_max: 3_000,
        install_snapshot_timeout: 10_000,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(options.snapshot_entries),
        max_in_snapshot_log_to_keep: 0,
        ..Config::default()
    };
    config.validate().map_err(|error| error.to_string())
}

struct Files {
    hold: File,
    log: Log,
    snapshots: Snapshots,
    applied: Applied,
    disk: Disk,
}

fn open_files(dir: &Path, window: Window) -> Result<Files, OpenError> {
    std::fs::create_dir_all(dir).map_err(OpenError::io("create the directory", dir))?;
    let hold = hold(dir)?;
    let log = Log::open(dir.join("log"))?;
    let snapshots = Snapshots::open(dir.join("snapshot"))?;
    let disk = Disk::open(&dir.join("applied"))?;
    let (image, whole) = newest_image(&snapshots, &disk)?;
    let applied = image.meta.last_log_id;
    let incomplete = |what: String| OpenError::Incomplete { path: dir.to_owned(), what };
    if log.is_pristine() && applied.is_some() {
        return Err(incomplete("there is a state, but its log is missing".into()));
    }
    if log.purged() > applied {
        let (from, upto) = (applied.map_or(0, |id| id.index + 1), log.purged().map_or(0, |id| id.index));
        return Err(incomplete(format!(
            "log entries {from} to {upto} were purged, but no snapshot holds them"
        )));
    }
    Ok(Files { hold, log, snapshots, applied: Applied::new(image, whole, window), disk })
}

/// The newest state on disk, and whether the copy in sled has to be written anew.
fn newest_image(snapshots: &Snapshots, disk: &Disk) -> Result<(Image, bool), OpenError> {
    let snapshot = snapshots.newest()?;
    let header = snapshot.as_deref().map(snapshot::header).transpose()?;
    let in_snapshot = header.and_then(|header| header.meta.last_log_id);
    if let Some(Loaded { standing, entries }) = disk.load()
        && standing.applied >= in_snapshot
    {
        if state::sum(&entries) == standing.sum {
            let meta = SnapshotMeta {
                last_log_id: standing.applied,
                last_membership: standing.membership,
                snapshot_id: String::new(),
            };
            let (cluster, revision) = (standing.cluster, standing.revision);
            return Ok((Image { meta, cluster, revision, entries }, false));
        }
        tracing::warn!("the copy in sled is not what was written; it is rebuilt from snapshot and log");
    }
    if let Some(path) = snapshot {
        let file = File::open(&path).map_err(OpenError::io("open the snapshot", &path))?;
        return Ok((snapshot::load(file, &path)?, true));
    }
    let meta = SnapshotMeta::default();
    Ok((Image { meta, cluster: None, revision: 0, entries: BTreeMap::new() }, true))
}

fn hold(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let failed = || OpenError::io("lock", &path);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed()(error)),
    }
}

/// Begins a cluster if there is none. A cluster's only member needs nobody's vote: it leads at once.
async fn lead_alone(
    raft: &Raft,
    options: &Options,
    applied: &Applied,
    last: Option<u64>,
) -> Result<(), String> {
    let member = options.member;
    if !raft.is_initialized().await.map_err(|error| error.to_string())? {
        let node = BasicNode { addr: options.address.clone() };
        raft.initialize(BTreeMap::from([(member, node)])).await.map_err(|error| error.to_string())?;
    }
    // Asked of raft itself: its metrics are told a moment later.
    let alone =
        raft.with_raft_state(move |state| state.membership_state.effective().voter_ids().eq([member]));
    let alone = alone.await.map_err(|error| error.to_string())?;
    if !alone {
        return Ok(());
    }
    if raft.current_leader().await != Some(member) {
        raft.trigger().elect().await.map_err(|error| error.to_string())?;
    }
    let wait = raft.wait(Some(READY));
    let ready = wait.metrics(
        |metrics| metrics.current_leader == Some(member) && metrics.last_applied.map(|id| id.index) >= last,
        "the only member leads and has applied its log",
    );
    ready.await.map_err(|error| error.to_string())?;
    if applied.cluster().is_none() {
        let name = uuid::Uuid::new_v4().to_string();
        raft.client_write(Command::Found(name)).await.map_err(|error| error.to_string())?;
    }
    raft.ensure_linearizable().await.map_err(|error| error.to_string())?;
    Ok(())
}

/// Says whether this member leads, and says so only after it has applied what leaders before it did.
fn follow_leadership(raft: &Raft) -> watch::Receiver<bool> {
    let mut metrics = raft.server_metrics();
    let leads_now = |metrics: &watch::Receiver<openraft::metrics::RaftServerMetrics<u64, BasicNode>>| {
        let metrics = metrics.borrow();
        metrics.current_leader == Some(metrics.id)
    };
    let (leads, followed) = watch::channel(leads_now(&metrics));
    let raft = raft.clone();
    tokio::spawn(async move {
        while metrics.changed().await.is_ok() {
            let now = leads_now(&metrics) && (*leads.borrow() || raft.ensure_linearizable().await.is_ok());
            leads.send_if_modified(|leads| std::mem::replace(leads, now) != now);
        }
        leads.send_replace(false);
    });
    followed
}
