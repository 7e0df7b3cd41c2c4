//! Tasks: the process of a container, its shim and its logger.

use super::{
    Inner,
    client::{found, made},
    fifo,
    record::{self, EXIT, OOM, Record, STARTED, WHY},
};
use crate::{
    Error, Resources, Result,
    logger::{AT_ONCE, TTY},
    logs::time,
};
use containerd_client::{
    services::v1::{
        Container, CreateTaskRequest, DeleteTaskRequest, GetRequest, KillRequest, StartRequest,
        UpdateContainerRequest, UpdateTaskRequest, WaitRequest,
    },
    types::{
        Mount,
        v1::{Process, Status as State},
    },
};
use prost_types::{Any, FieldMask};
use serde_json::json;
use std::{fmt::Write, path::PathBuf, time::Duration};
use tonic::Status;

/// containerd's name for what a container may use.
const RESOURCES_TYPE: &str = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

/// How long a task may take to go, once it is killed.
const ENDING: Duration = Duration::from_secs(30);
/// How long until a task that is just ending is looked at again.
const AGAIN: Duration = Duration::from_millis(20);

/// Signal 9, which cannot be refused.
pub(super) const KILL: u32 = 9;

impl Inner {
    /// Where the FIFOs of a container's own process lie, if it has any.
    pub(super) fn io_directory(&self, id: &str) -> PathBuf {
        self.options.state_dir.join("io").join(id)
    }

    /// Starts the shim with the logger, and makes the process wait for its start.
    pub(super) async fn create_task(&self, id: &str, record: &Record, rootfs: Vec<Mount>) -> Result<()> {
        let _turn = self.making.acquire().await;
        let directory = self.io_directory(id);
        let disk = |error: std::io::Error| Error::Failed { what: "making FIFOs", why: error.to_string() };
        let mut request = CreateTaskRequest {
            container_id: id.into(),
            rootfs,
            terminal: record.tty,
            ..CreateTaskRequest::default()
        };
        let path = |name: &str| directory.join(name).to_string_lossy().into_owned();
        if record.stdin {
            fifo::make(&directory, "stdin").map_err(disk)?;
            request.stdin = path("stdin");
        }
        let log = record.log.to_string_lossy();
        let mut logger = None;
        if record.stdin && !record.tty {
            // The shim gives no standard input to a process logged through `binary://`.
            for name in ["stdout", "stderr"] {
                fifo::make(&directory, name).map_err(disk)?;
            }
            (request.stdout, request.stderr) = (path("stdout"), path("stderr"));
            let mut command = tokio::process::Command::new(&self.options.logger);
            command.args(["logger", &format!("{AT_ONCE}{log}"), &request.stdout, &request.stderr]);
            // Out of our process group: it lives on when we end.
            let null = std::process::Stdio::null;
            let spawned = command.process_group(0).stdin(null()).stdout(null()).stderr(null()).spawn();
            logger = Some(spawned.map_err(|error| Error::Failed {
                what: "starting the logger",
                why: format!("{}: {error}", self.options.logger.display()),
            })?);
        } else {
            let mark = if record.tty { TTY } else { "" };
            request.stdout = binary(&self.options.logger.to_string_lossy(), &format!("{mark}{log}"));
            if !record.tty {
                request.stderr.clone_from(&request.stdout);
            }
        }
        let answer = made(self.client.tasks().create(self.client.request(request)).await);
        if let (Some(mut logger), Err(_) | Ok(None)) = (logger, &answer) {
            // Nobody will ever open the other ends.
            let _ = logger.start_kill();
        }
        match answer {
            Ok(_) => Ok(()),
            Err(status) => Err(self.unstartable(id, self.refused("making a container", status)).await),
        }
    }

    /// Lets the process run.
    pub(super) async fn start(&self, id: &str) -> Result<()> {
        let (container, record) = self.container(id).await?;
        let task = self.task(id).await?;
        match task.as_ref().map(Process::status) {
            Some(State::Running | State::Paused | State::Pausing) => return Ok(()),
            Some(State::Stopped | State::Unknown) => return Err(ended(id)),
            None if container.labels.contains_key(STARTED) => return Err(ended(id)),
            // Making it was broken off.
            None => self.create_task(id, &record, self.mounts(id).await?).await?,
            Some(State::Created) => {}
        }
        self.label(id, &[(STARTED, time::now().to_string())]).await?;
        let request = StartRequest { container_id: id.into(), exec_id: String::new() };
        let answer = self.client.tasks().start(self.client.request(request)).await;
        match answer {
            Ok(_) => Ok(()),
            Err(status) => {
                let _ = self.delete_task(id).await;
                Err(self.unstartable(id, self.refused("starting a container", status)).await)
            }
        }
    }

    /// A container whose program cannot be started has ended: that and why is written down with it.
    async fn unstartable(&self, id: &str, error: Error) -> Error {
        let Error::Invalid(why) = error else { return error };
        let now = time::now();
        let exit = record::Exit { code: 128, finished_at: now };
        // containerd allows a label 4 KiB.
        let said: String = why.chars().take(1000).collect();
        match self.label(id, &[(STARTED, now.to_string()), (EXIT, exit.write()), (WHY, said)]).await {
            Ok(()) => Error::Unstartable(why),
            Err(_) => Error::Invalid(why),
        }
    }

    /// Gives a running container other resources, and writes down that it has them.
    pub(super) async fn update(&self, id: &str, resources: &Resources) -> Result<()> {
        let (container, mut record) = self.container(id).await?;
        // What is not limited any more has to be said: a field left out stays as it was.
        let mut cpu = json!({"quota": resources.cpu_quota.unwrap_or(-1), "period": 100_000});
        if let Some(shares) = resources.cpu_shares {
            cpu["shares"] = json!(shares.clamp(2, 262_144));
        }
        let linux = json!({"cpu": cpu, "memory": {"limit": resources.memory_limit.unwrap_or(-1)}});
        let given = Any { type_url: RESOURCES_TYPE.into(), value: linux.to_string().into_bytes() };
        let request =
            UpdateTaskRequest { container_id: id.into(), resources: Some(given), ..Default::default() };
        let wrong = self.client.error("changing what a container may use");
        self.client.tasks().update(self.client.request(request)).await.map_err(&wrong)?;
        record.resources = Some(resources.clone());
        let noted = Container { id: container.id, extensions: record.extensions(), ..Container::default() };
        let mask = FieldMask { paths: vec!["extensions".into()] };
        let request = UpdateContainerRequest { container: Some(noted), update_mask: Some(mask) };
        self.client.containers().update(self.client.request(request)).await.map(drop).map_err(wrong)
    }

    pub(super) async fn task(&self, id: &str) -> Result<Option<Process>> {
        let request = self.client.request(GetRequest { container_id: id.into(), exec_id: String::new() });
        let answer = found(self.client.tasks().get(request).await);
        Ok(answer
            .map_err(self.client.error("looking for a task"))?
            .and_then(|answer| answer.into_inner().process))
    }

    pub(super) async fn kill(&self, id: &str, signal: i32) -> Result<()> {
        let wrong = |_| Error::Invalid(format!("signal {signal} is not a signal"));
        self.signal(id, "", u32::try_from(signal).map_err(wrong)?).await
    }

    /// Signals a process; fine when it has ended.
    pub(super) async fn signal(&self, id: &str, exec: &str, signal: u32) -> Result<()> {
        let request = KillRequest { container_id: id.into(), exec_id: exec.into(), signal, all: false };
        match found(self.client.tasks().kill(self.client.request(request)).await) {
            Err(status) if status.message().contains("already finished") || leaving(&status) => Ok(()),
            answer => answer.map(drop).map_err(self.client.error("signalling a process")),
        }
    }

    /// Waits for the end of a container's process, or of an exec in it.
    pub(super) async fn wait(&self, id: &str, exec: &str) -> Result<i32> {
        let request = WaitRequest { container_id: id.into(), exec_id: exec.into() };
        let answer = self.client.tasks().wait(self.client.request(request)).await;
        let status = answer.map_err(self.client.error("waiting for a process"))?.into_inner().exit_status;
        Ok(i32::try_from(status).unwrap_or(255))
    }

    /// Takes the task away, ending it first where it still runs. Its log is complete afterwards.
    pub(super) async fn delete_task(&self, id: &str) -> Result<()> {
        let wrong = self.client.error("ending a container");
        let gone = async {
            loop {
                let Some(task) = self.task(id).await? else { return Ok(()) };
                if task.status() != State::Stopped {
                    self.signal(id, "", KILL).await?;
                }
                if !matches!(task.status(), State::Stopped | State::Created) {
                    let request = WaitRequest { container_id: id.into(), exec_id: String::new() };
                    found(self.client.tasks().wait(self.client.request(request)).await).map_err(&wrong)?;
                }
                let request = self.client.request(DeleteTaskRequest { container_id: id.into() });
                match found(self.client.tasks().delete(request).await) {
                    Ok(_) => return Ok(()),
                    Err(status) if still_ending(&status) => tokio::time::sleep(AGAIN).await,
                    Err(status) => return Err(wrong(status)),
                }
            }
        };
        let late = |_| Error::Failed { what: "ending a container", why: format!("{id} does not end") };
        tokio::time::timeout(ENDING, gone).await.map_err(late)?
    }

    /// Writes down how a container ended, and lets its shim go, which completes its log.
    pub(super) async fn bury(&self, id: &str, exit: record::Exit) -> Result<()> {
        let (container, record) = match self.container(id).await {
            Ok(found) => found,
            Err(Error::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        if container.labels.contains_key(EXIT) {
            return Ok(());
        }
        let mut labels = vec![(EXIT, exit.write())];
        // The cgroup still is there and remembers, even when nobody saw the event.
        if exit.code == 137 && super::usage::out_of_memory(&record.cgroup, self.host.cgroup_v2) {
            labels.push((OOM, "1".to_owned()));
        }
        self.label(id, &labels).await
    }

    /// What a refused container or command means: runc's words when it was runc.
    pub(super) fn refused(&self, what: &'static str, status: Status) -> Error {
        let message = status.message();
        let runc = ["OCI runtime create failed: ", "OCI runtime start failed: ", "OCI runtime exec failed: "];
        let said = runc.iter().find_map(|mark| message.split_once(mark));
        match said {
            Some((_, why)) => {
                let inner = why.rsplit_once("runc create failed: ").map_or(why, |(_, inner)| inner);
                Error::Invalid(inner.trim_end_matches(": unknown").to_owned())
            }
            None => self.client.error(what)(status),
        }
    }
}

/// It was created when we looked and is being killed now, or its shim is just leaving.
fn still_ending(status: &Status) -> bool {
    status.code() == tonic::Code::FailedPrecondition || leaving(status)
}

/// The shim hung up, as it does after its process has ended.
fn leaving(status: &Status) -> bool {
    status.message().contains("ttrpc: closed")
}

fn ended(id: &str) -> Error {
    Error::Failed { what: "starting a container", why: format!("{id} has ended already") }
}

/// The address of a logger: the shim passes on the query's name and value as arguments.
fn binary(program: &str, log: &str) -> String {
    let encode = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        text.bytes().fold(String::new(), |mut all, byte| {
            if plain(byte) {
                all.push(char::from(byte));
            } else {
                let _ = write!(all, "%{byte:02X}");
            }
            all
        })
    };
    // One pair only: the shim would pass several in any order.
    format!("binary://{}?logger={}", encode(program), encode(log))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_loggers_address_survives_odd_paths() {
        let found = super::binary("/usr/bin/dhow", "tty:/var/log/pods/a b_c?/0.log");
        assert_eq!(found, "binary:///usr/bin/dhow?logger=tty%3A/var/log/pods/a%20b_c%3F/0.log");
    }
}
