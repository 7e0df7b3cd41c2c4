//! What a container carries so that everything about it can be told again after a restart.

use crate::observed::Seen;
use agent_runtime::{ContainerState, Image};
use sha2::{Digest, Sha256};
use shared_api::core::{Container, Pod};
use std::collections::BTreeMap;

/// Name of the pod.
pub const POD: &str = "io.kubernetes.pod.name";
/// Namespace of the pod.
pub const NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// Unique id of the pod.
pub const UID: &str = "io.kubernetes.pod.uid";
/// Name of the container in its pod.
pub const CONTAINER: &str = "io.kubernetes.container.name";
const ATTEMPT: &str = "io.kubernetes.container.restartCount";
const HASH: &str = "io.kubernetes.container.hash";
const MESSAGE_PATH: &str = "io.kubernetes.container.terminationMessagePath";
const MESSAGE_POLICY: &str = "io.kubernetes.container.terminationMessagePolicy";
const STREAK: &str = "dhow.container.streak";
const IMAGE_ID: &str = "dhow.container.imageId";

/// The labels of a container's `attempt`, made after `streak` quick ends in a row.
pub fn labels(
    pod: &Pod,
    container: &Container,
    attempt: u32,
    streak: u32,
    image: &Image,
) -> BTreeMap<String, String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let id = if image.digest.is_empty() { &image.id } else { &image.digest };
    [
        (POD, text(&pod.metadata.name)),
        (NAMESPACE, text(&pod.metadata.namespace)),
        (UID, text(&pod.metadata.uid)),
        (CONTAINER, container.name.clone()),
        (ATTEMPT, attempt.to_string()),
        (STREAK, streak.to_string()),
        (HASH, hash(container)),
        (MESSAGE_PATH, text(&container.termination_message_path)),
        (MESSAGE_POLICY, text(&container.termination_message_policy)),
        (IMAGE_ID, id.clone()),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v))
    .collect()
}

/// A container read back; `None` when it is not a pod's.
pub fn read(state: &ContainerState) -> Option<Seen> {
    let label = |key: &str| state.labels.get(key).cloned();
    let number = |key: &str| label(key).and_then(|v| v.parse().ok()).unwrap_or(0);
    Some(Seen {
        id: state.id.clone(),
        name: label(CONTAINER)?,
        attempt: number(ATTEMPT),
        streak: number(STREAK),
        hash: label(HASH).unwrap_or_default(),
        image_id: label(IMAGE_ID).unwrap_or_default(),
        resources: state.resources.clone(),
        phase: state.phase.clone(),
        message: state.why.clone(),
        logs_as_message: label(MESSAGE_POLICY).is_some_and(|p| p == "FallbackToLogsOnError"),
    })
}

/// A container's id: 64 hexadecimal digits, the same whenever the same attempt is made again.
pub fn id(uid: &str, name: &str, attempt: u32) -> String {
    hex::encode(Sha256::digest(format!("{uid}/{name}/{attempt}")))
}

/// What of a container cannot change without making it anew. Of a running pod's containers only the
/// image may be changed at all.
pub fn hash(container: &Container) -> String {
    let what = format!("{}\n{}", container.name, container.image.as_deref().unwrap_or_default());
    hex::encode(&Sha256::digest(what)[..8])
}
