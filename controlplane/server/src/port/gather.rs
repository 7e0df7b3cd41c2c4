//! Gathers what many streams of one connection say at once into one write.
//!
//! A connection is woken by the first of its streams that has something to say, and would go and say it. When
//! an event goes to fifty watchers, that is fifty records and fifty system calls. So what is written stays here
//! for one round of the scheduler: the other streams have their turn, and then all of it goes out.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is kept at most before it is written.
const ROOM: usize = 64 * 1024;

pub(super) struct Gather<S> {
    inner: S,
    kept: Vec<u8>,
    /// How much of it has gone out.
    gone: usize,
    /// Whether the others have had their turn since the first of it came.
    waited: bool,
}

impl<S: AsyncWrite + Unpin> Gather<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, kept: Vec::new(), gone: 0, waited: false }
    }

    /// Writes all that is kept.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.kept.get(self.gone..).filter(|rest| !rest.is_empty()) {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.gone += written;
        }
        // An idle connection keeps no room for what it once said.
        self.kept = Vec::new();
        self.gone = 0;
        self.waited = false;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gather<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if self.kept.len() >= ROOM {
            ready!(self.poll_out(cx))?;
        }
        let taken = data.len().min(ROOM);
        self.kept.extend_from_slice(&data[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.kept.is_empty() && !self.waited {
            self.waited = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gather<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What was written, each write for itself.
    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl AsyncWrite for Writes {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
            self.0.push(data.to_vec());
            Poll::Ready(Ok(data.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn what_is_said_in_one_turn_goes_out_together() {
        let mut gather = Gather::new(Writes::default());
        let cx = &mut Context::from_waker(Waker::noop());
        let say = |gather: &mut Gather<Writes>, cx: &mut Context<'_>, what: &[u8]| {
            assert!(matches!(Pin::new(gather).poll_write(cx, what), Poll::Ready(Ok(n)) if n == what.len()));
        };
        say(&mut gather, cx, b"one ");
        assert!(Pin::new(&mut gather).poll_flush(cx).is_pending(), "the others have their turn");
        say(&mut gather, cx, b"two");
        assert!(gather.inner.0.is_empty());
        assert!(Pin::new(&mut gather).poll_flush(cx).is_ready());
        say(&mut gather, cx, b"three");
        assert!(Pin::new(&mut gather).poll_flush(cx).is_pending(), "each time anew");
        assert!(Pin::new(&mut gather).poll_shutdown(cx).is_ready());
        assert_eq!(gather.inner.0, [b"one two".to_vec(), b"three".to_vec()]);
    }

    #[tokio::test]
    async fn much_goes_out_before_it_is_flushed() {
        let (near, mut far) = tokio::io::duplex(1024);
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            far.read_to_end(&mut all).await.unwrap();
            all
        });
        let mut gather = Gather::new(near);
        let said: Vec<u8> = (0..=255).cycle().take(5 * ROOM + 7).collect();
        gather.write_all(&said).await.unwrap();
        assert!(gather.kept.capacity() <= 4 * ROOM);
        gather.shutdown().await.unwrap();
        drop(gather);
        assert!(reader.await.unwrap() == said);
    }
}
