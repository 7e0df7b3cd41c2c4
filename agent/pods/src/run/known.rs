//! Pods as they were last asked for, kept on the node: so that a restarted agent tends them while the
//! control plane is silent, and ends them properly when they are gone meanwhile.

use crate::{labels, paths::Paths};
use agent_runtime::ContainerState;
use shared_api::{
    core::{Container, Pod, PodSpec},
    meta::ObjectMeta,
};
use std::{collections::BTreeSet, io::Write as _, os::unix::fs::OpenOptionsExt};

/// Keeps the pod, unless it is kept just so.
pub(super) fn save(paths: &Paths, pod: &Pod) {
    let uid = pod.metadata.uid.as_deref().unwrap_or_default();
    let file = paths.saved(uid);
    let Ok(text) = serde_json::to_vec(pod) else { return };
    if std::fs::read(&file).is_ok_and(|old| old == text) {
        return;
    }
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(paths.pod(uid))?;
        let next = file.with_extension("next");
        // Environment variables may be in it.
        let mut out =
            std::fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&next)?;
        out.write_all(&text)?;
        std::fs::rename(next, &file)
    };
    if let Err(error) = write() {
        tracing::warn!(file = %file.display(), %error, "a pod cannot be kept on the node");
    }
}

/// Uids of all that are kept.
pub(super) fn saved(paths: &Paths) -> Vec<String> {
    let entries = std::fs::read_dir(&paths.pods).into_iter().flatten().flatten();
    entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

/// The pod as it is kept.
pub(super) fn load(paths: &Paths, uid: &str) -> Option<Pod> {
    serde_json::from_slice(&std::fs::read(paths.saved(uid)).ok()?).ok()
}

/// What can be told of a pod of which nothing but containers is left: enough to take it away.
pub(super) fn guessed(uid: &str, containers: &[ContainerState]) -> Pod {
    let label = |key: &str| containers.iter().find_map(|c| c.labels.get(key).cloned());
    let names: BTreeSet<String> =
        containers.iter().filter_map(|c| c.labels.get(labels::CONTAINER).cloned()).collect();
    let metadata = ObjectMeta {
        name: label(labels::POD),
        namespace: label(labels::NAMESPACE),
        uid: Some(uid.into()),
        ..ObjectMeta::default()
    };
    let containers = names.into_iter().map(|name| Container { name, ..Container::default() }).collect();
    Pod { metadata, spec: Some(PodSpec { containers, ..PodSpec::default() }), status: None }
}
