//! The real [`Runtime`]: containerd, through its socket, in a namespace of its own.
//!
//! containerd may be absent or be restarted at any time: a call then answers
//! [`Error::Unreachable`], and a later one connects again by itself. What
//! must be known of a container after a restart of this program lies in containerd, with it.
//!
//! It knows containers; it never learns why somebody wants one.

mod attach;
mod client;
mod containers;
mod content;
mod events;
mod exec;
mod fifo;
mod host;
mod images;
mod lease;
mod probe;
mod pull;
mod record;
mod snapshots;
mod tasks;
mod usage;

use crate::{
    Changed, ContainerSpec, ContainerState, Credentials, Error, Exec, Image, OnProgress, Process, Resources,
    Result, Runtime, Usage,
    registry::{Mirrors, Registries},
    spec::Host,
};
use async_trait::async_trait;
use client::Client;
use futures::stream::BoxStream;
use images::Images;
use pull::Pulls;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// What the runtime is told once.
#[derive(Debug, Clone)]
pub struct Options {
    /// containerd's socket, `/run/containerd/containerd.sock`.
    pub socket: PathBuf,
    /// containerd's namespace for our containers, `dhow`.
    pub namespace: String,
    /// A directory of ours, on a file system that has FIFOs.
    pub state_dir: PathBuf,
    /// Where images come from.
    pub mirrors: Mirrors,
    /// The program that is the logger: `<program> logger …` runs [`crate::logger_main`].
    pub logger: PathBuf,
}

/// containerd. Cheap to clone.
#[derive(Clone)]
pub struct Containerd(Arc<Inner>);

struct Inner {
    client: Client,
    options: Options,
    host: Host,
    registries: Registries,
    images: Images,
    pulls: Pulls,
    /// How many containers are made at a time: runc competes with the containers it makes.
    making: Semaphore,
}

impl Containerd {
    /// Prepares the runtime; containerd itself is first needed when the first call is made. Must be
    /// called within a tokio runtime.
    pub fn connect(options: Options) -> Result<Self> {
        let wrong = |why| Error::Failed { what: "preparing the registry client", why };
        if !options.logger.is_absolute() {
            let why = format!("the logger {} must be an absolute path", options.logger.display());
            return Err(Error::Failed { what: "preparing the runtime", why });
        }
        Ok(Self(Arc::new(Inner {
            client: Client::new(&options.socket, &options.namespace)?,
            registries: Registries::new(options.mirrors.clone()).map_err(wrong)?,
            host: host::look(),
            images: Images::default(),
            pulls: Pulls::default(),
            making: Semaphore::new(4),
            options,
        })))
    }
}

#[async_trait]
impl Runtime for Containerd {
    async fn pull(
        &self,
        image: &str,
        credentials: Option<&Credentials>,
        progress: OnProgress,
    ) -> Result<Image> {
        self.joined_pull(image, credentials, progress).await
    }

    async fn image(&self, image: &str) -> Result<Option<Image>> {
        self.0.image(image).await
    }

    async fn images(&self) -> Result<Vec<Image>> {
        self.0.images().await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<()> {
        self.0.create(spec).await
    }

    async fn start(&self, id: &str) -> Result<()> {
        self.0.start(id).await
    }

    async fn update(&self, id: &str, resources: &Resources) -> Result<()> {
        self.0.update(id, resources).await
    }

    async fn kill(&self, id: &str, signal: i32) -> Result<()> {
        self.0.kill(id, signal).await
    }

    async fn remove(&self, id: &str) -> Result<()> {
        self.0.remove(id).await
    }

    async fn list(&self) -> Result<Vec<ContainerState>> {
        self.0.list().await
    }

    async fn events(&self) -> Result<BoxStream<'static, Changed>> {
        events::events(self.0.clone()).await
    }

    async fn exec(&self, id: &str, exec: &Exec) -> Result<Process> {
        exec::exec(&self.0, id, exec).await
    }

    async fn attach(&self, id: &str, once: bool) -> Result<Process> {
        attach::attach(&self.0, id, once).await
    }

    async fn probe(&self, id: &str, command: &[String], deadline: Duration) -> Result<(i32, String)> {
        probe::probe(&self.0, id, command, deadline).await
    }

    async fn usage(&self, id: &str) -> Result<Usage> {
        let (_, record) = self.0.container(id).await?;
        usage::read(&record.cgroup, self.0.host.cgroup_v2)
            .map_err(|error| Error::Failed { what: "reading what a container uses", why: error.to_string() })
    }

    async fn version(&self) -> Result<String> {
        let client = &self.0.client;
        let answer = client.version().version(client.request(())).await;
        let version = answer.map_err(client.error("asking containerd for its version"))?;
        Ok(format!("containerd://{}", version.into_inner().version))
    }
}
