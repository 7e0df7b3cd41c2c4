//! Doing one step.

mod ending;
mod image;
mod starting;

pub(crate) use starting::Job;

use crate::{
    events::{Recorder, Weight},
    files,
    run::Shared,
};
use agent_network::Sandbox;
use agent_volumes::Lookup;
use async_trait::async_trait;
use shared_api::{
    Key, Kind, Reason,
    core::{ConfigMap, Container, Pod, Secret, ServiceAccountTokenProjection},
};
use shared_client::Cluster;
use std::{path::Path, sync::Arc};

/// What came of a step.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is done; the network, where one was made.
    Done(Option<Sandbox>),
    /// It could not be done.
    Failed(Failure),
    /// It is no longer wanted.
    Dropped,
}

/// Why a step could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Kubernetes' word for it.
    pub(crate) reason: &'static str,
    /// The person's.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(reason: &'static str, message: &(impl ToString + ?Sized)) -> Self {
        Self { reason, message: message.to_string() }
    }
}

impl From<Result<(), Failure>> for Outcome {
    fn from(result: Result<(), Failure>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Done(None))
    }
}

impl Shared {
    /// Makes the pod's network.
    pub(crate) async fn create_sandbox(&self, pod: &Pod) -> Outcome {
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        match self.sandboxes.create(uid).await {
            Ok(sandbox) => Outcome::Done(Some(sandbox)),
            Err(error) => {
                let message = format!("Failed to create pod sandbox: {error}");
                self.recorder.note(pod, None, Weight::Warning, "FailedCreatePodSandBox", &message);
                Outcome::Failed(Failure::new("FailedCreatePodSandBox", &error))
            }
        }
    }

    /// Makes the pod's volumes, or brings them up to date.
    pub(crate) async fn mount(&self, pod: &Pod) -> Outcome {
        match self.volumes.mount(pod, self).await {
            Ok(()) => Outcome::Done(None),
            Err(error) => {
                self.recorder.note(pod, None, Weight::Warning, "FailedMount", &error.to_string());
                Outcome::Failed(Failure::new("FailedMount", &error))
            }
        }
    }

    /// Gives a container what the pod now says it may use.
    pub(crate) async fn resize(&self, pod: &Pod, container: &Container, id: &str) -> Outcome {
        let Some(spec) = &pod.spec else { return Outcome::Dropped };
        let wanted = crate::resources::resources(spec, container, self.options.allocatable.memory);
        let name = Some(container.name.as_str());
        match self.runtime.update(id, &wanted).await {
            Ok(()) => {
                let message = format!("Resized container {}", container.name);
                self.recorder.note(pod, name, Weight::Normal, "ResizeCompleted", &message);
                self.sight.look().await;
                Outcome::Done(None)
            }
            Err(error) => {
                self.recorder.note(pod, name, Weight::Warning, "ResizeError", &error.to_string());
                Outcome::Failed(Failure::new("Error", &error))
            }
        }
    }

    /// Takes away a container that has ended, its last words and its log.
    pub(crate) async fn remove(&self, pod: &Pod, id: &str, name: &str, attempt: u32) -> Outcome {
        if let Err(error) = self.runtime.remove(id).await {
            return Outcome::Failed(Failure::new("FailedRemove", &error));
        }
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let _ = std::fs::remove_file(self.options.paths.message(uid, name, attempt));
        let log = self.options.paths.log(pod, name, attempt);
        let (folder, prefix) = (log.parent().map(Path::to_owned), format!("{attempt}.log"));
        // The log and the older files that it was rotated into.
        for entry in folder.and_then(|f| std::fs::read_dir(f).ok()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        self.sight.look().await;
        Outcome::Done(None)
    }

    /// Writes the files in `/etc` that the pod gets.
    fn write_files(&self, pod: &Pod, address: &str) -> Result<(), String> {
        let Some(spec) = &pod.spec else { return Ok(()) };
        let dir = self.options.paths.pod(pod.metadata.uid.as_deref().unwrap_or_default());
        let hostname = files::hostname(pod, spec, &self.options.node);
        let node =
            |name: &str| std::fs::read_to_string(self.options.paths.etc.join(name)).unwrap_or_default();
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let resolv = files::resolv(spec, namespace, &node("resolv.conf"), self.sandboxes.resolver())?;
        std::fs::create_dir_all(&dir).map_err(|e| format!("making {}: {e}", dir.display()))?;
        for (name, text) in [
            ("etc-hosts", files::hosts(pod, spec, &hostname, address, &node("hosts"))),
            ("resolv.conf", resolv),
            ("hostname", format!("{}\n", files::kernel_name(pod, spec, &self.options.node)?)),
        ] {
            let place = dir.join(name);
            // Mounted into containers: written in place, and only when something changed.
            if std::fs::read_to_string(&place).ok().as_deref() != Some(&text) {
                std::fs::write(&place, text).map_err(|e| format!("writing {}: {e}", place.display()))?;
            }
        }
        Ok(())
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }
}

#[async_trait]
impl Lookup for Shared {
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<Arc<ConfigMap>>, String> {
        look_up(&*self.cluster, namespace, name).await
    }

    async fn secret(&self, namespace: &str, name: &str) -> Result<Option<Arc<Secret>>, String> {
        look_up(&*self.cluster, namespace, name).await
    }

    async fn token(&self, pod: &Pod, wanted: &ServiceAccountTokenProjection) -> Result<String, String> {
        self.tokens.token(&*self.cluster, pod, wanted, (self.options.clock)()).await
    }
}

async fn look_up<K: Kind>(
    cluster: &dyn Cluster,
    namespace: &str,
    name: &str,
) -> Result<Option<Arc<K>>, String> {
    match cluster.get(&Key::of::<K>(namespace, name)).await {
        Ok(object) => object.to_kind().map(Some).map_err(|e| e.to_string()),
        Err(refusal) if refusal.reason == Reason::NotFound => Ok(None),
        Err(refusal) => Err(format!("reading {} {namespace}/{name}: {refusal}", K::KIND)),
    }
}
