//! Sandboxes, containers, images and logs on one node. It knows containers, not pods: what a
//! container is for travels in its labels.
//!
//! [`Runtime`] is the seam; [`containerd`] is the real one and [`fake`] one in memory, for tests.

mod container;
pub mod containerd;
mod error;
pub mod fake;
pub mod logger;
pub mod logs;
mod process;
mod registry;
mod spec;
mod state;

pub use container::{ContainerSpec, Mount, Processes, Resources, Security};
pub use error::{Error, Result};
pub use logger::logger_main;
pub use logs::LogQuery;
pub use process::{Control, Exec, Process};
pub use registry::Mirrors;
pub use state::{Changed, ContainerState, Credentials, Image, OnProgress, Phase, Progress, Usage};

use async_trait::async_trait;
use futures::stream::BoxStream;
use std::time::Duration;

/// Containers on this node.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// Fetches an image, whether or not it is present.
    async fn pull(
        &self,
        image: &str,
        credentials: Option<&Credentials>,
        progress: OnProgress,
    ) -> Result<Image>;
    /// The image if it is present.
    async fn image(&self, image: &str) -> Result<Option<Image>>;
    /// Every image that is present.
    async fn images(&self) -> Result<Vec<Image>>;
    /// Makes a container and its logger; does not start it. Making one that exists is fine.
    async fn create(&self, spec: &ContainerSpec) -> Result<()>;
    /// Starts a container that was made.
    async fn start(&self, id: &str) -> Result<()>;
    /// Gives a running container other resources.
    async fn update(&self, id: &str, resources: &Resources) -> Result<()>;
    /// Sends a signal; fine when it has ended already.
    async fn kill(&self, id: &str, signal: i32) -> Result<()>;
    /// Removes an ended (or ends a running) container; fine when it is gone already. Its log stays.
    async fn remove(&self, id: &str) -> Result<()>;
    /// Every container of ours.
    async fn list(&self) -> Result<Vec<ContainerState>>;
    /// Changes from now on; ends when containerd goes away.
    async fn events(&self) -> Result<BoxStream<'static, Changed>>;
    /// Runs a command in a running container.
    async fn exec(&self, id: &str, exec: &Exec) -> Result<Process>;
    /// Joins a container's own process. `once`: the end of this input is the end of the container's;
    /// otherwise the container's input stays open for who comes next.
    async fn attach(&self, id: &str, once: bool) -> Result<Process>;
    /// Runs a command to its end; its status and the first KiB it wrote. A deadline kills it.
    async fn probe(&self, id: &str, command: &[String], deadline: Duration) -> Result<(i32, String)>;
    /// What a container uses now.
    async fn usage(&self, id: &str) -> Result<Usage>;
    /// Name and version, `containerd://1.6.20`.
    async fn version(&self) -> Result<String>;
}
