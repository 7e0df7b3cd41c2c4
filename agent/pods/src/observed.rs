//! What is seen of one pod on this node.

use crate::room::Pending;
use agent_runtime::{Phase, Resources};
use shared_api::{Timestamp, core::Container};
use std::collections::BTreeMap;

/// Everything known about one pod on this node, besides what the cluster says of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The cluster no longer has the pod.
    pub gone: bool,
    /// The pod's address, once its network is there.
    pub address: Option<String>,
    /// The pod's volumes.
    pub volumes: Mounted,
    /// Its containers, running and ended.
    pub containers: Vec<Seen>,
    /// What is being done about it right now.
    pub busy: BTreeMap<Slot, Doing>,
    /// What was tried and failed, until it is tried again and succeeds.
    pub troubles: BTreeMap<Slot, Trouble>,
    /// Why it does not get the resources it now asks for.
    pub pending: Option<Pending>,
    /// The node cannot take it.
    pub refused: bool,
    /// What probes said, by container id.
    pub health: BTreeMap<String, Health>,
}

/// A pod's volumes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mounted {
    /// Nothing is there.
    #[default]
    Nothing,
    /// Something is there; whether all of it is not known.
    Something,
    /// Everything is there.
    Ready,
}

/// A part of a pod at which one thing is done at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// Its network.
    Sandbox,
    /// Its volumes.
    Volumes,
    /// A container by name.
    Container(String),
    /// What a container may use, by its id.
    Resources(String),
    /// A container that ended, by id.
    Removal(String),
    /// Everything, at the end.
    Farewell,
}

/// What is being done at a [`Slot`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It is made; a word on how far that is, when it takes long.
    Making(Option<String>),
    /// A container is being ended within so many seconds.
    Stopping(i64),
}

/// Something that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Kubernetes' word for it, `ErrImagePull`.
    pub reason: String,
    /// The person's.
    pub message: String,
    /// How often in a row.
    pub count: u32,
    /// When, last.
    pub at: Timestamp,
    /// When it is tried again.
    pub retry_at: Timestamp,
}

/// A container as the runtime has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Its id.
    pub id: String,
    /// Its name in the pod.
    pub name: String,
    /// How often it was made anew before this one.
    pub attempt: u32,
    /// How many before this one ended quickly, in a row.
    pub streak: u32,
    /// [`crate::labels::hash`] of what it was made from.
    pub hash: String,
    /// Image with digest.
    pub image_id: String,
    /// What it may use, when that is known.
    pub resources: Option<Resources>,
    /// Where it is in its life.
    pub phase: Phase,
    /// Its last words, once it has ended.
    pub message: Option<String>,
    /// Its log's end are its last words when it left none.
    pub logs_as_message: bool,
}

/// What probes said of a container; `None` until they have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// It has come up.
    pub startup: Option<bool>,
    /// It can serve.
    pub readiness: Option<bool>,
    /// It is well.
    pub liveness: Option<bool>,
}

impl Observed {
    /// The newest container called `name`.
    pub fn newest(&self, name: &str) -> Option<&Seen> {
        self.containers.iter().filter(|c| c.name == name).max_by_key(|c| c.attempt)
    }

    /// The container called `name` that ended before the newest one was made.
    pub fn previous(&self, name: &str) -> Option<&Seen> {
        let newest = self.newest(name)?.attempt;
        let older = self.containers.iter().filter(|c| c.name == name && c.attempt < newest);
        older.max_by_key(|c| c.attempt)
    }

    /// The newest container called `name`, if it runs and has come up.
    pub fn started(&self, container: &Container) -> bool {
        let Some(seen) = self.newest(&container.name) else { return false };
        // A container whose postStart hook is still at work has not come up.
        let starting = matches!(self.doing(&container.name), Some(Doing::Making(_)));
        let up = container.startup_probe.is_none() || self.health(&seen.id).startup == Some(true);
        matches!(seen.phase, Phase::Running { .. }) && !starting && up
    }

    /// Whether it has come up and can serve.
    pub fn ready(&self, container: &Container) -> bool {
        let Some(seen) = self.newest(&container.name) else { return false };
        let serves = container.readiness_probe.is_none() || self.health(&seen.id).readiness == Some(true);
        self.started(container) && serves
    }

    /// What probes said of the container with this id.
    pub fn health(&self, id: &str) -> Health {
        self.health.get(id).copied().unwrap_or_default()
    }

    /// What is being done about the container called `name`.
    pub fn doing(&self, name: &str) -> Option<&Doing> {
        self.busy.get(&Slot::Container(name.into()))
    }

    /// What failed about the container called `name`.
    pub fn trouble(&self, name: &str) -> Option<&Trouble> {
        self.troubles.get(&Slot::Container(name.into()))
    }

    /// Whether a stop of the container called `name` may be asked for: a failed one is repeated after a
    /// while, but a failed start is no reason to wait.
    pub fn may_stop(&self, name: &str, now: Timestamp) -> bool {
        self.trouble(name).is_none_or(|t| t.reason != "FailedKillPod" || t.retry_at <= now)
    }

    /// Whether `slot` is free and, after a failure, due again.
    pub fn due(&self, slot: &Slot, now: Timestamp) -> bool {
        !self.busy.contains_key(slot) && self.troubles.get(slot).is_none_or(|t| t.retry_at <= now)
    }
}

impl Seen {
    /// Whether it has not ended.
    pub fn alive(&self) -> bool {
        !matches!(self.phase, Phase::Exited { .. })
    }

    /// Whether it runs.
    pub fn running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// Its exit status, once it has ended.
    pub fn code(&self) -> Option<i32> {
        match self.phase {
            Phase::Exited { code, .. } => Some(code),
            Phase::Created | Phase::Running { .. } => None,
        }
    }
}
