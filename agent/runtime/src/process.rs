//! Commands in containers, and the streams of those who talk to them.

use crate::Result;
use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

/// A command to run in a running container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Give it an open standard input.
    pub stdin: bool,
    /// Run it under a terminal; standard error then comes on standard output.
    pub tty: bool,
}

/// A running command, or a container's own process, as seen by who talks to it.
pub struct Process {
    /// Standard input; dropping it closes it.
    pub stdin: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    /// Standard output.
    pub stdout: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Standard error; `None` under a terminal.
    pub stderr: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// The rest.
    pub control: Box<dyn Control>,
}

/// Steering a [`Process`].
#[async_trait]
pub trait Control: Send + Sync {
    /// Gives its terminal a new size.
    async fn resize(&self, width: u32, height: u32) -> Result<()>;
    /// Ends it.
    async fn kill(&self) -> Result<()>;
    /// Waits for its exit status.
    async fn wait(&self) -> Result<i32>;
}
