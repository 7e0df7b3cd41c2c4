//! Running a command in a container, and joining its own process.

use super::{exited, refused, success};
use crate::run::Pods;
use agent_runtime::{Control, Exec, Process};
use bytes::Bytes;
use shared_api::{Key, Refusal, meta::Status};
use shared_client::{Channel, Duplex, Frame};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

impl Pods {
    pub(super) async fn exec(
        &self,
        key: &Key,
        container: &str,
        exec: &Exec,
        duplex: &mut Duplex,
    ) -> Result<Status, Refusal> {
        let seen = self.running(&self.target(key, container)?)?;
        let process = self.shared.runtime.exec(&seen.id, exec).await.map_err(|e| unstarted(&e))?;
        match pump(process, exec.stdin, Staying::ToItsEnd, duplex).await {
            Ended::With(code) => Ok(exited(code)),
            Ended::Failed(error) => Err(refused(&error)),
            Ended::Left(process) => {
                // Nobody is left to see it: a command does not outlive who asked for it.
                let _ = process.control.kill().await;
                Ok(success())
            }
        }
    }

    pub(super) async fn attach(
        &self,
        key: &Key,
        container: &str,
        stdin: bool,
        duplex: &mut Duplex,
    ) -> Result<Status, Refusal> {
        let target = self.target(key, container)?;
        let seen = self.running(&target)?;
        // The first to attach is the only one, and its end is the end; a terminal stays open for all.
        let once = target.spec().is_some_and(|c| c.stdin_once == Some(true) && c.tty != Some(true));
        let once = once && stdin;
        let process = self.shared.runtime.attach(&seen.id, once).await.map_err(|e| refused(&e))?;
        let listens = stdin && process.stdin.is_some();
        let staying = if listens && !once { Staying::WhileHeard } else { Staying::ToItsEnd };
        match pump(process, stdin, staying, duplex).await {
            // The container's own exit is told by its status; attaching went well.
            Ended::With(_) | Ended::Left(_) => Ok(success()),
            Ended::Failed(error) => Err(refused(&error)),
        }
    }
}

/// How long a session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Staying {
    /// Until the process ends.
    ToItsEnd,
    /// Until the client has said all it has to say, and the answer to that has come.
    WhileHeard,
}

/// An answer has come when nothing more came for so long. Nothing tells which output answers which
/// input; containerd's own CRI lets go at once, and so loses the answer to the last line.
const QUIET: Duration = Duration::from_millis(500);

enum Ended {
    With(i32),
    Failed(agent_runtime::Error),
    /// Who asked went away.
    Left(Process),
}

/// Carries bytes both ways, neither waiting for the other, until the process ends and all it wrote is sent.
async fn pump(mut process: Process, stdin: bool, staying: Staying, duplex: &mut Duplex) -> Ended {
    let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
    let input = process.stdin.take().filter(|_| stdin);
    let (out, said) = (duplex.send.clone(), AtomicU64::new(0));
    let written = async {
        tokio::join!(
            carry(stdout, Channel::Stdout, &out, &said),
            carry(stderr, Channel::Stderr, &out, &said)
        );
    };
    tokio::pin!(written);
    let mut all_written = false;
    let ended = {
        let control = &*process.control;
        let heard = async {
            listen(input, control, &mut duplex.receive, staying).await;
            if staying == Staying::ToItsEnd {
                return std::future::pending().await;
            }
            let mut before = u64::MAX;
            while before != said.load(Ordering::Relaxed) {
                before = said.load(Ordering::Relaxed);
                tokio::time::sleep(QUIET).await;
            }
        };
        let wait = control.wait();
        tokio::pin!(wait, heard);
        loop {
            tokio::select! {
                () = &mut written, if !all_written => all_written = true,
                ended = &mut wait => break Some(ended),
                () = &mut heard => break None,
                () = out.closed() => break None,
            }
        }
    };
    match ended {
        None => Ended::Left(process),
        Some(Err(error)) => Ended::Failed(error),
        Some(Ok(code)) => {
            if !all_written {
                written.await;
            }
            Ended::With(code)
        }
    }
}

/// What the client says, to the process; returns when nothing more can come that matters.
async fn listen(
    mut input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    control: &dyn Control,
    client: &mut mpsc::Receiver<Frame>,
    staying: Staying,
) {
    while let Some(frame) = client.recv().await {
        match frame.channel {
            Channel::Stdin => {
                if let Some(to) = input.as_mut()
                    && (to.write_all(&frame.data).await.is_err() || to.flush().await.is_err())
                {
                    input = None;
                }
                if frame.end {
                    input = None;
                    if staying == Staying::WhileHeard {
                        return;
                    }
                }
            }
            Channel::Resize => {
                if let Some((width, height)) = size(&frame.data) {
                    let _ = control.resize(width, height).await;
                }
            }
            Channel::Stdout | Channel::Stderr | Channel::Outcome => {}
        }
    }
}

async fn carry(
    from: Option<Box<dyn AsyncRead + Send + Unpin>>,
    channel: Channel,
    to: &mpsc::Sender<Frame>,
    said: &AtomicU64,
) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; 32 << 10];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => {
                said.fetch_add(1, Ordering::Relaxed);
                if to.send(Frame::data(channel, Bytes::copy_from_slice(&buffer[..n]))).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A terminal's size: `{"Width":80,"Height":24}`.
fn size(data: &[u8]) -> Option<(u32, u32)> {
    let value: serde_json::Value = serde_json::from_slice(data).ok()?;
    let number = |key: &str| u32::try_from(value[key].as_u64()?).ok();
    Some((number("Width")?, number("Height")?))
}

/// Why a command did not begin, as kubelet says it.
fn unstarted(error: &agent_runtime::Error) -> Refusal {
    match error {
        agent_runtime::Error::Unreachable { .. } => refused(error),
        _ => Refusal::internal(format!("error executing command in container: {error}")),
    }
}
