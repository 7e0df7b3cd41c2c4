//! Commands in running containers, over FIFOs.
//!
//! What the command wrote can be read after it ended: only when both outputs and the control are
//! dropped is the exec taken away (and killed, if it still runs).

mod streams;

use super::{Inner, client::unique, fifo, tasks::KILL};
use crate::{Control, Error, Exec, Process, Result};
use async_trait::async_trait;
use containerd_client::services::v1::{
    CloseIoRequest, DeleteProcessRequest, ExecProcessRequest, ResizePtyRequest, StartRequest,
};
use prost_types::Any;
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};
use streams::Output;
pub(super) use streams::{Input, Open};
use tokio::sync::watch;

const PROCESS_TYPE: &str = "types.containerd.io/opencontainers/runtime-spec/1/Process";

/// Runs a command in a running container.
pub(super) async fn exec(inner: &Arc<Inner>, id: &str, exec: &Exec) -> Result<Process> {
    if exec.command.first().is_none_or(String::is_empty) {
        return Err(Error::Invalid("exec: the command is empty".into()));
    }
    let (container, _) = inner.container(id).await?;
    let spec = container.spec.map(|any| any.value).unwrap_or_default();
    let mut spec: Value = serde_json::from_slice(&spec).unwrap_or_default();
    let process = process(spec["process"].take(), exec);
    let name = unique("exec");
    let directory = inner.options.state_dir.join("exec").join(&name);
    let disk = |error: std::io::Error| Error::Failed { what: "making FIFOs", why: error.to_string() };
    let (ended, outcome) = watch::channel(None);
    let running = Arc::new(Running {
        inner: inner.clone(),
        container: id.to_owned(),
        name: name.clone(),
        directory: directory.clone(),
        outcome,
    });
    let stdin = if exec.stdin { Some(fifo::writer(&directory, "stdin").map_err(disk)?) } else { None };
    let stdout = fifo::reader(&directory, "stdout").map_err(disk)?;
    let stderr = if exec.tty { None } else { Some(fifo::reader(&directory, "stderr").map_err(disk)?) };
    let path = |present: bool, name: &str| {
        if present { directory.join(name).to_string_lossy().into_owned() } else { String::new() }
    };
    let request = ExecProcessRequest {
        container_id: id.into(),
        stdin: path(exec.stdin, "stdin"),
        stdout: path(true, "stdout"),
        stderr: path(!exec.tty, "stderr"),
        terminal: exec.tty,
        spec: Some(Any { type_url: PROCESS_TYPE.into(), value: process.to_string().into_bytes() }),
        exec_id: name.clone(),
    };
    let refused = |status| inner.refused("running a command", status);
    inner.client.tasks().exec(inner.client.request(request)).await.map_err(|status| {
        let gone = status.code() == tonic::Code::NotFound;
        if gone { Error::NotFound(format!("running container {id}")) } else { refused(status) }
    })?;
    // Waiting begins before the start, or a quick command could end unseen.
    let (waiting, of, exec_id) = (inner.clone(), id.to_owned(), name.clone());
    tokio::spawn(async move {
        let status = waiting.wait(&of, &exec_id).await;
        ended.send_replace(Some(status));
    });
    let request = StartRequest { container_id: id.into(), exec_id: name };
    inner.client.tasks().start(inner.client.request(request)).await.map_err(refused)?;
    Ok(Process {
        stdin: stdin.map(|pipe| Box::new(Input::new(pipe, Some(Open::Command(running.clone())))) as _),
        stdout: Some(Box::new(Output::new(stdout, running.clone()))),
        stderr: stderr.map(|pipe| Box::new(Output::new(pipe, running.clone())) as _),
        control: Box::new(Handle(running)),
    })
}

/// The container's own process with another command: same user, rights and environment.
fn process(mut process: Value, exec: &Exec) -> Value {
    process["args"] = json!(exec.command);
    process["terminal"] = json!(exec.tty);
    if let (true, Some(env)) = (exec.tty, process["env"].as_array_mut())
        && !env.iter().any(|line| line.as_str().is_some_and(|line| line.starts_with("TERM=")))
    {
        env.push(json!("TERM=xterm"));
    }
    process
}

/// A command under way.
pub(super) struct Running {
    inner: Arc<Inner>,
    container: String,
    name: String,
    directory: PathBuf,
    outcome: watch::Receiver<Option<Result<i32>>>,
}

impl Running {
    /// Tells the shim that no more input comes.
    async fn close_input(&self) {
        self.inner.close_input(&self.container, &self.name).await;
    }

    async fn status(&self) -> Result<i32> {
        let mut outcome = self.outcome.clone();
        let lost = |_| Error::Failed { what: "waiting for a process", why: "it was never started".into() };
        let status = outcome.wait_for(Option::is_some).await.map_err(lost)?;
        status.clone().unwrap_or(Ok(255))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let (inner, container, name) = (self.inner.clone(), self.container.clone(), self.name.clone());
        let (directory, outcome) = (self.directory.clone(), self.outcome.clone());
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if outcome.borrow().is_none() {
                let _ = inner.signal(&container, &name, KILL).await;
                let _ = inner.wait(&container, &name).await;
            }
            let request = DeleteProcessRequest { container_id: container, exec_id: name };
            let _ = inner.client.tasks().delete_process(inner.client.request(request)).await;
            let _ = std::fs::remove_dir_all(directory);
        });
    }
}

struct Handle(Arc<Running>);

#[async_trait]
impl Control for Handle {
    async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.0.inner.resize(&self.0.container, &self.0.name, width, height).await
    }

    async fn kill(&self) -> Result<()> {
        self.0.inner.signal(&self.0.container, &self.0.name, KILL).await
    }

    async fn wait(&self) -> Result<i32> {
        self.0.status().await
    }
}

impl Inner {
    /// Tells the shim that no more input comes for a process; fine when it has ended.
    async fn close_input(&self, id: &str, exec: &str) {
        let request = CloseIoRequest { container_id: id.into(), exec_id: exec.into(), stdin: true };
        let _ = self.client.tasks().close_io(self.client.request(request)).await;
    }

    pub(super) async fn resize(&self, id: &str, exec: &str, width: u32, height: u32) -> Result<()> {
        let request = ResizePtyRequest { container_id: id.into(), exec_id: exec.into(), width, height };
        let answer = self.client.tasks().resize_pty(self.client.request(request)).await;
        answer.map(drop).map_err(self.client.error("resizing a terminal"))
    }
}
