//! Objects that read aloud: `pod("web-a").labelled("app", "web").on("n1").ready()`.
//!
//! Each is the Kubernetes type itself, complete as the API server would make it, in namespace `default`,
//! with uid `uid-NAME` and created at [`moment`]. The words that change it are traits.

mod node;
mod pod;
mod service;
mod workload;

pub use node::{NodeWords, node};
pub use pod::{PodWords, pod};
pub use service::{ServiceWords, SliceWords, endpoint_slice, service};
pub use workload::{
    DaemonSetWords, DeploymentWords, ReplicaSetWords, StatefulSetWords, daemon_set, deployment, replica_set,
    replication_controller, stateful_set,
};

use shared_api::{
    Kind, Object, Time, Timestamp,
    core::{ConfigMap, Namespace},
    meta::ObjectMeta,
};

/// When every fixture was created and every in-memory cluster's clock stands: the first second of 2026.
pub fn moment() -> Timestamp {
    Timestamp::from_second(1_767_225_600).expect("2026 is within range")
}

/// The untyped form of a fixture.
pub fn object<K: Kind>(kind: &K) -> Object {
    Object::from_kind(kind)
}

/// An active namespace.
pub fn namespace(name: &str) -> Namespace {
    finished(Namespace { metadata: meta("", name), ..Namespace::default() })
}

/// A `ConfigMap` with one entry, `key: value`.
pub fn config_map(name: &str) -> ConfigMap {
    let data = Some([("key".to_owned(), "value".to_owned())].into());
    finished(ConfigMap { metadata: meta("default", name), data, ..ConfigMap::default() })
}

fn meta(namespace: &str, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.into()),
        namespace: Some(namespace.to_owned()).filter(|n| !n.is_empty()),
        uid: Some(format!("uid-{name}")),
        creation_timestamp: Some(Time(moment())),
        ..ObjectMeta::default()
    }
}

fn finished<K: Kind>(mut object: K) -> K {
    object.set_defaults();
    object
}

/// Words about the metadata of any kind.
pub trait MetaWords: Kind {
    /// With one more label.
    #[must_use]
    fn labelled(mut self, key: &str, value: &str) -> Self {
        self.metadata_mut().labels.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// With one more annotation.
    #[must_use]
    fn annotated(mut self, key: &str, value: &str) -> Self {
        self.metadata_mut().annotations.get_or_insert_default().insert(key.into(), value.into());
        self
    }

    /// In another namespace than `default`.
    #[must_use]
    fn within(mut self, namespace: &str) -> Self {
        self.metadata_mut().namespace = Some(namespace.into());
        self
    }

    /// Created at another moment.
    #[must_use]
    fn created(mut self, at: Timestamp) -> Self {
        self.metadata_mut().creation_timestamp = Some(Time(at));
        self
    }

    /// With one more finalizer.
    #[must_use]
    fn kept_by(mut self, finalizer: &str) -> Self {
        self.metadata_mut().finalizers.get_or_insert_default().push(finalizer.into());
        self
    }

    /// Being deleted since `at`.
    #[must_use]
    fn deleted(mut self, at: Timestamp) -> Self {
        self.metadata_mut().deletion_timestamp = Some(Time(at));
        self.metadata_mut().deletion_grace_period_seconds = Some(30);
        self
    }

    /// Without a name, so that the server makes one from `prefix`.
    #[must_use]
    fn generated(mut self, prefix: &str) -> Self {
        self.metadata_mut().name = None;
        self.metadata_mut().generate_name = Some(prefix.into());
        self
    }
}
impl<K: Kind> MetaWords for K {}
