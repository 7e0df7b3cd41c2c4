//! The ends of FIFOs that we hold, each keeping its command from being taken away.

use super::{super::Inner, Running};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::unix::pipe::{Receiver, Sender},
};

/// What a command writes.
pub(crate) struct Output {
    pipe: Receiver,
    _running: Arc<Running>,
}

impl Output {
    pub(crate) fn new(pipe: Receiver, running: Arc<Running>) -> Self {
        Self { pipe, _running: running }
    }
}

impl AsyncRead for Output {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, into)
    }
}

/// What the end of an input is the end of.
pub(crate) enum Open {
    /// A command's input.
    Command(Arc<Running>),
    /// A container's own.
    Container { inner: Arc<Inner>, id: String },
}

/// What a process reads. Shutting it down, or dropping it, tells the process that no more comes.
pub(crate) struct Input {
    pipe: Option<Sender>,
    /// `None` for an input that stays open for who comes next.
    open: Option<Open>,
}

impl Input {
    pub(crate) fn new(pipe: Sender, open: Option<Open>) -> Self {
        Self { pipe: Some(pipe), open }
    }

    fn close(&mut self) {
        // Our end first: the shim reads to the end of the FIFO, and both ends make the end.
        drop(self.pipe.take());
        if let (Some(open), Ok(runtime)) = (self.open.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                match open {
                    Open::Command(running) => running.close_input().await,
                    Open::Container { inner, id } => inner.close_input(&id, "").await,
                }
            });
        }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.close();
    }
}

impl AsyncWrite for Input {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.pipe {
            Some(pipe) => Pin::new(pipe).poll_write(cx, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}
