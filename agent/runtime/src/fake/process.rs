//! Processes of the fake: they say their piece and end, or say back what they hear.

use crate::{Control, Process, Result};
use async_trait::async_trait;
use std::{
    io::{self, Cursor},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncWrite, DuplexStream, duplex},
    sync::Notify,
};

/// A process that writes `output` and ends with `code`.
pub(super) fn answering(code: i32, output: &str, tty: bool) -> Process {
    Process {
        stdin: Some(Box::new(tokio::io::sink())),
        stdout: Some(Box::new(Cursor::new(output.as_bytes().to_vec()))),
        stderr: if tty { None } else { Some(Box::new(tokio::io::empty())) },
        control: Box::new(Ended(code)),
    }
}

/// A process that says back what it hears; `once`: it ends with its input, well.
pub(super) fn echoing(once: bool) -> Process {
    let (input, output) = duplex(1 << 10);
    let ended = Arc::new(Notify::new());
    Process {
        stdin: Some(Box::new(Heard { to: input, ended: once.then(|| Arc::clone(&ended)) })),
        stdout: Some(Box::new(output)),
        stderr: Some(Box::new(tokio::io::empty())),
        control: Box::new(Listening(ended)),
    }
}

struct Heard {
    to: DuplexStream,
    ended: Option<Arc<Notify>>,
}

impl Drop for Heard {
    fn drop(&mut self) {
        if let Some(ended) = &self.ended {
            ended.notify_one();
        }
    }
}

impl AsyncWrite for Heard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.to).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_shutdown(cx)
    }
}

struct Listening(Arc<Notify>);

#[async_trait]
impl Control for Listening {
    async fn resize(&self, _: u32, _: u32) -> Result<()> {
        Ok(())
    }

    async fn kill(&self) -> Result<()> {
        Ok(())
    }

    async fn wait(&self) -> Result<i32> {
        self.0.notified().await;
        Ok(0)
    }
}

struct Ended(i32);

#[async_trait]
impl Control for Ended {
    async fn resize(&self, _: u32, _: u32) -> Result<()> {
        Ok(())
    }

    async fn kill(&self) -> Result<()> {
        Ok(())
    }

    async fn wait(&self) -> Result<i32> {
        Ok(self.0)
    }
}
