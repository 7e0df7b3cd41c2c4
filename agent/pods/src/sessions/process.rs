//! Running a command in a container, and joining its own process.

use super::{exited, refused, success};
use crate::run::Pods;
use agent_runtime::{Exec, Process};
use bytes::Bytes;
use shared_api::{Key, Refusal, meta::Status};
use shared_client::{Channel, Duplex, Frame};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
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
        let process = self.shared.runtime.exec(&seen.id, exec).await.map_err(|e| refused(&e))?;
        match pump(process, exec.stdin, duplex).await {
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
        let seen = self.running(&self.target(key, container)?)?;
        let process = self.shared.runtime.attach(&seen.id).await.map_err(|e| refused(&e))?;
        match pump(process, stdin, duplex).await {
            // The container's own exit is told by its status; attaching went well.
            Ended::With(_) | Ended::Left(_) => Ok(success()),
            Ended::Failed(error) => Err(refused(&error)),
        }
    }
}

enum Ended {
    With(i32),
    Failed(agent_runtime::Error),
    /// Who asked went away.
    Left(Process),
}

/// Carries bytes both ways until the process ends and all it wrote is sent.
async fn pump(mut process: Process, stdin: bool, duplex: &mut Duplex) -> Ended {
    let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
    let mut input = process.stdin.take().filter(|_| stdin);
    let out = duplex.send.clone();
    let written = async {
        tokio::join!(carry(stdout, Channel::Stdout, &out), carry(stderr, Channel::Stderr, &out));
    };
    tokio::pin!(written);
    let mut all_written = false;
    let mut left = false;
    let ended = {
        let wait = process.control.wait();
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = &mut written, if !all_written => all_written = true,
                ended = &mut wait => break Some(ended),
                frame = duplex.receive.recv(), if !left => match frame {
                    Some(frame) => match frame.channel {
                        Channel::Stdin => {
                            if let Some(to) = input.as_mut() && to.write_all(&frame.data).await.is_err() {
                                input = None;
                            } else if let Some(to) = input.as_mut() {
                                let _ = to.flush().await;
                            }
                            if frame.end {
                                input = None;
                            }
                        }
                        Channel::Resize => {
                            if let Some((width, height)) = size(&frame.data) {
                                let _ = process.control.resize(width, height).await;
                            }
                        }
                        Channel::Stdout | Channel::Stderr | Channel::Outcome => {}
                    },
                    None => left = true,
                },
                () = out.closed(), if left => break None,
            }
            // A client that only closed its side still reads; one that is gone altogether does not.
            if left && out.is_closed() {
                break None;
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

async fn carry(from: Option<Box<dyn AsyncRead + Send + Unpin>>, channel: Channel, to: &mpsc::Sender<Frame>) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; 32 << 10];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => {
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
