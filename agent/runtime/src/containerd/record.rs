//! What containerd keeps with a container for us, and what it tells of the container's life. Pure.

use crate::{ContainerSpec, ContainerState, Phase, Resources};
use containerd_client::{
    services::v1::Container,
    types::v1::{Process, Status},
};
use prost_types::{Any, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

/// Name of our record among a container's extensions. Labels would be too small: containerd allows
/// them 4 KiB.
const NAME: &str = "dhow.container";
/// Label: when it was started, in nanoseconds since 1970.
pub(super) const STARTED: &str = "dhow/started";
/// Label: how it ended, as [`Exit`] writes it.
pub(super) const EXIT: &str = "dhow/exit";
/// Label: why it could not be started.
pub(super) const WHY: &str = "dhow/why";
/// Label: memory ran out.
pub(super) const OOM: &str = "dhow/oom";

/// What is needed of a container beyond its OCI specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Record {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) image: String,
    pub(super) log: PathBuf,
    pub(super) tty: bool,
    pub(super) stdin: bool,
    pub(super) cgroup: String,
    pub(super) resources: Option<Resources>,
}

impl Record {
    pub(super) fn of(spec: &ContainerSpec) -> Self {
        Self {
            labels: spec.labels.clone(),
            image: spec.image.clone(),
            log: spec.log.clone(),
            tty: spec.tty,
            stdin: spec.stdin,
            cgroup: spec.cgroup.clone(),
            resources: Some(spec.resources.clone()),
        }
    }

    pub(super) fn extensions(&self) -> HashMap<String, Any> {
        let value = serde_json::to_vec(self).expect("a record is plain JSON");
        [(NAME.to_owned(), Any { type_url: NAME.into(), value })].into()
    }

    /// An unreadable record is an empty one: the container is then nobody's, and can be removed.
    pub(super) fn read(container: &Container) -> Self {
        let stored = container.extensions.get(NAME);
        stored.and_then(|any| serde_json::from_slice(&any.value).ok()).unwrap_or_default()
    }
}

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exit {
    pub(super) code: i32,
    pub(super) finished_at: i64,
}

impl Exit {
    pub(super) fn write(self) -> String {
        format!("{} {}", self.code, self.finished_at)
    }

    fn read(text: &str) -> Option<Self> {
        let (code, finished_at) = text.split_once(' ')?;
        Some(Self { code: code.parse().ok()?, finished_at: finished_at.parse().ok()? })
    }
}

/// Nanoseconds since 1970.
pub(super) fn nanos(time: Option<&Timestamp>) -> i64 {
    time.map_or(0, |time| time.seconds.saturating_mul(1_000_000_000).saturating_add(time.nanos.into()))
}

/// A container as it is, from its two halves: what was made, and the task that runs it, if any.
pub(super) fn state(container: &Container, task: Option<&Process>, out_of_memory: bool) -> ContainerState {
    let record = Record::read(container);
    let mut phase = phase(container, task);
    if let Phase::Exited { oom, .. } = &mut phase {
        *oom |= out_of_memory;
    }
    let running = matches!(phase, Phase::Running { .. });
    ContainerState {
        id: container.id.clone(),
        labels: record.labels,
        image: record.image,
        resources: record.resources,
        phase,
        why: container.labels.get(WHY).cloned(),
        pid: task.filter(|_| running).map(|task| task.pid),
        created_at: nanos(container.created_at.as_ref()) / 1_000_000_000,
    }
}

/// It was started, and there is neither a task nor a word of its end.
pub(super) fn is_lost(container: &Container, task: Option<&Process>) -> bool {
    task.is_none() && container.labels.contains_key(STARTED) && !container.labels.contains_key(EXIT)
}

fn phase(container: &Container, task: Option<&Process>) -> Phase {
    let label = |name: &str| container.labels.get(name).map(String::as_str);
    let started_at: Option<i64> = label(STARTED).and_then(|text| text.parse().ok());
    let exited = |exit: Exit| Phase::Exited {
        started_at: started_at.unwrap_or_default(),
        finished_at: exit.finished_at,
        code: exit.code,
        oom: label(OOM).is_some(),
    };
    if let Some(exit) = label(EXIT).and_then(Exit::read) {
        return exited(exit);
    }
    let created_at = nanos(container.created_at.as_ref());
    match task.map(|task| (task.status(), task)) {
        Some((Status::Created, _)) => Phase::Created,
        Some((Status::Running | Status::Paused | Status::Pausing, _)) => {
            Phase::Running { started_at: started_at.unwrap_or(created_at) }
        }
        Some((Status::Stopped, task)) => exited(exit_of(task)),
        // Without a task, or with one whose shim no longer answers. Never started: it still can be.
        None if started_at.is_none() => Phase::Created,
        Some((Status::Unknown, _)) | None => {
            exited(Exit { code: 137, finished_at: started_at.unwrap_or(created_at) })
        }
    }
}

/// How a stopped task ended.
pub(super) fn exit_of(task: &Process) -> Exit {
    Exit { code: i32::try_from(task.exit_status).unwrap_or(255), finished_at: nanos(task.exited_at.as_ref()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &[(&str, &str)], task: Option<(Status, u32)>, expected: &Phase) {
        let container = Container {
            labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            created_at: Some(Timestamp { seconds: 5, nanos: 0 }),
            ..Container::default()
        };
        let task = task.map(|(status, exit_status)| Process {
            status: status.into(),
            exit_status,
            exited_at: Some(Timestamp { seconds: 9, nanos: 1 }),
            ..Process::default()
        });
        assert_eq!(&phase(&container, task.as_ref()), expected, "{labels:?} {task:?}");
    }

    #[test]
    fn the_phase_is_derived() {
        let started = (STARTED, "7");
        let exited = |finished_at, code, oom| Phase::Exited { started_at: 7, finished_at, code, oom };
        check(&[], None, &Phase::Created);
        check(&[], Some((Status::Created, 0)), &Phase::Created);
        check(&[started], Some((Status::Running, 0)), &Phase::Running { started_at: 7 });
        check(&[started], Some((Status::Stopped, 3)), &exited(9_000_000_001, 3, false));
        check(&[started, (OOM, "1")], Some((Status::Stopped, 137)), &exited(9_000_000_001, 137, true));
        check(&[started, (EXIT, "2 8")], None, &exited(8, 2, false));
        check(&[started], None, &exited(7, 137, false));
        check(&[started, (EXIT, "junk")], None, &exited(7, 137, false));
    }

    #[test]
    fn a_record_is_read_back() {
        let record =
            Record { image: "busybox".into(), tty: true, log: "/l/0.log".into(), ..Record::default() };
        let container = Container { extensions: record.extensions(), ..Container::default() };
        assert_eq!(Record::read(&container), record);
        assert_eq!(Record::read(&Container::default()), Record::default());
    }
}
