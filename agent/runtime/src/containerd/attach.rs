//! Joining a container's own process: its output is followed where it is logged, so that any number
//! may listen; its input is the FIFO its shim reads. The shim keeps that FIFO open itself, so the input
//! stays open when this program ends, and ends only when the shim is told so.

use super::{
    Inner,
    exec::{Input, Open},
    fifo,
};
use crate::{
    Control, Error, Process, Result,
    logs::{self, Source},
};
use async_trait::async_trait;
use futures::StreamExt;
use std::sync::Arc;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

/// Joins the container's process.
pub(super) async fn attach(inner: &Arc<Inner>, id: &str, once: bool) -> Result<Process> {
    let (_, record) = inner.container(id).await?;
    let disk = |error: std::io::Error| Error::Failed { what: "attaching", why: error.to_string() };
    // Before anything can be said to it: the answer is written where the reading has begun.
    let mut chunks = logs::from_now(&record.log).await.map_err(disk)?;
    let stdin =
        if record.stdin { Some(fifo::writer(&inner.io_directory(id), "stdin").map_err(disk)?) } else { None };
    let (stdout, mut to_stdout) = duplex(64 << 10);
    let (stderr, mut to_stderr) = duplex(64 << 10);
    tokio::spawn(async move {
        while let Some(Ok(chunk)) = chunks.next().await {
            let to: &mut DuplexStream = match chunk.source {
                Source::Stdout => &mut to_stdout,
                Source::Stderr => &mut to_stderr,
            };
            if to.write_all(&chunk.bytes).await.is_err() {
                return;
            }
        }
    });
    let open = || Open::Container { inner: inner.clone(), id: id.to_owned() };
    Ok(Process {
        stdin: stdin.map(|pipe| Box::new(Input::new(pipe, once.then(open))) as _),
        stdout: Some(Box::new(stdout)),
        stderr: if record.tty { None } else { Some(Box::new(stderr)) },
        control: Box::new(Attached { inner: inner.clone(), id: id.to_owned() }),
    })
}

struct Attached {
    inner: Arc<Inner>,
    id: String,
}

#[async_trait]
impl Control for Attached {
    async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.inner.resize(&self.id, "", width, height).await
    }

    /// Who leaves does not take the container along.
    async fn kill(&self) -> Result<()> {
        Ok(())
    }

    async fn wait(&self) -> Result<i32> {
        match self.inner.wait(&self.id, "").await {
            Err(error @ Error::Unreachable { .. }) => Err(error),
            Ok(code) => Ok(code),
            // Its task is gone already; what is known of its end is with the container.
            Err(error) => {
                let all = self.inner.list().await?;
                let ended = all.into_iter().find(|container| container.id == self.id);
                match ended.map(|container| container.phase) {
                    Some(crate::Phase::Exited { code, .. }) => Ok(code),
                    Some(crate::Phase::Created | crate::Phase::Running { .. }) | None => Err(error),
                }
            }
        }
    }
}
