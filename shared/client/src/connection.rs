//! A session's bytes as a connection: what speaks over sockets speaks over sessions too.

use crate::{Channel, Duplex, Frame};
use bytes::{Buf, Bytes};
use shared_api::{Refusal, meta::Status};
use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
};
use tokio_util::sync::PollSender;

/// Longest piece sent at once.
const PIECE: usize = 64 << 10;

/// Why a session ended, when it ended badly. Cheap to clone; known once the connection is at its end.
#[derive(Debug, Clone, Default)]
pub struct Trouble(Arc<OnceLock<String>>);

impl Trouble {
    /// The reason, for a person.
    pub fn said(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// A connection. Dropping it ends the session.
pub struct Connection {
    ours: Channel,
    send: PollSender<Frame>,
    receive: mpsc::Receiver<Frame>,
    rest: Bytes,
    ended: bool,
    trouble: Trouble,
}

impl Connection {
    /// The session's bytes; ours go on the channel `ours`.
    pub fn new(duplex: Duplex, ours: Channel) -> Self {
        let Duplex { send, receive } = duplex;
        let send = PollSender::new(send);
        Self { ours, send, receive, rest: Bytes::new(), ended: false, trouble: Trouble::default() }
    }

    /// Where it will be said why the session ended.
    pub fn trouble(&self) -> Trouble {
        self.trouble.clone()
    }

    fn end(&mut self, outcome: Option<&Frame>) {
        self.ended = true;
        let why = match outcome {
            None => Some("the connection to the node broke".to_owned()),
            Some(frame) => match serde_json::from_slice::<Status>(&frame.data) {
                Ok(status) if status.status.as_deref() == Some("Success") => None,
                Ok(status) => Some(Refusal::from_status(status).message),
                Err(error) => Some(format!("the node's verdict cannot be read: {error}")),
            },
        };
        if let Some(why) = why {
            let _ = self.trouble.0.set(why);
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() && !self.ended {
            match ready!(self.receive.poll_recv(cx)) {
                Some(frame) if frame.channel == Channel::Outcome => self.end(Some(&frame)),
                Some(frame) => {
                    self.ended = frame.end;
                    self.rest = frame.data;
                }
                None => self.end(None),
            }
        }
        let length = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest[..length]);
        self.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        ready!(self.send.poll_reserve(cx)).map_err(gone)?;
        let piece = &bytes[..bytes.len().min(PIECE)];
        let frame = Frame::data(self.ours, Bytes::copy_from_slice(piece));
        self.send.send_item(frame).map_err(gone)?;
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Says that no more comes; the other direction stays open.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if ready!(self.send.poll_reserve(cx)).is_ok() {
            let end = Frame::end(self.ours);
            let _ = self.send.send_item(end);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn bytes_pass_both_ways_and_the_end_is_told() {
        let (near, far) = Duplex::pair(4);
        let mut user = Connection::new(near, Channel::Stdin);
        let Duplex { send, mut receive } = far;
        user.write_all(b"ask").await.unwrap();
        user.shutdown().await.unwrap();
        assert_eq!(receive.recv().await, Some(Frame::data(Channel::Stdin, "ask")));
        assert_eq!(receive.recv().await, Some(Frame::end(Channel::Stdin)));
        send.send(Frame::data(Channel::Stdout, "answer")).await.unwrap();
        let mut two = [0; 2];
        user.read_exact(&mut two).await.unwrap();
        assert_eq!(&two, b"an");
        send.send(Frame::outcome(&Refusal::bad_request("no more").to_status())).await.unwrap();
        let mut rest = String::new();
        user.read_to_string(&mut rest).await.unwrap();
        assert_eq!((rest.as_str(), user.trouble().said()), ("swer", Some("no more")));
        drop(user);
        assert!(receive.recv().await.is_none(), "dropping the connection ends the session");
    }
}
