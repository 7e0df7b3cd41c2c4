//! One SPDY connection, over anything that carries bytes: its streams, its pings, its end.

use super::spdy_frames::{Headers, Reader, SpdyFrame, Writer};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use std::{collections::HashMap, io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::codec::{FramedRead, FramedWrite};

/// How long a client may take to hang up once everything is said.
const LINGER: Duration = Duration::from_secs(5);
/// How many pieces of one stream wait for their reader before the connection waits too.
const WAITING: usize = 64;
/// How many streams a client may have open.
const STREAMS: usize = 1024;
/// Longest piece sent at once.
const PIECE: usize = 64 * 1024;
/// SPDY's status for a stream that is not taken.
const REFUSED: u32 = 3;

/// What comes on a stream. Without an `End` before the last piece, the client gave it up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Data(Bytes),
    End,
}

/// A stream the client opened.
pub(super) struct Stream {
    pub(super) id: u32,
    headers: Headers,
    pub(super) incoming: mpsc::Receiver<Piece>,
    pub(super) out: Out,
}

impl Stream {
    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Sends bytes; `false` when the connection is gone.
    pub(super) async fn send(&self, data: Bytes) -> bool {
        self.out.send(self.id, data).await
    }

    /// Says that no more comes.
    pub(super) async fn finish(&self) {
        self.out.finish(self.id).await;
    }
}

/// The way out of a connection.
#[derive(Clone)]
pub(super) struct Out(mpsc::Sender<SpdyFrame>);

impl Out {
    /// Sends bytes on a stream; `false` when the connection is gone.
    pub(super) async fn send(&self, stream: u32, mut data: Bytes) -> bool {
        while !data.is_empty() {
            let piece = data.split_to(data.len().min(PIECE));
            if self.0.send(SpdyFrame::Data { stream, data: piece, fin: false }).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Says that no more comes on a stream.
    pub(super) async fn finish(&self, stream: u32) {
        let _ = self.0.send(SpdyFrame::Data { stream, data: Bytes::new(), fin: true }).await;
    }

    /// Says that the connection is at its end.
    pub(super) async fn leave(&self, last: u32) {
        let _ = self.0.send(SpdyFrame::GoAway { last }).await;
    }
}

/// Serves a connection: `work` gets the streams as they are opened. Ends when the client hangs up, or soon
/// after `work` is done.
pub(super) async fn run<F: Future<Output = ()>>(
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
    work: impl FnOnce(mpsc::Receiver<Stream>, Out) -> F,
) {
    let (out, queue) = mpsc::channel(WAITING);
    let (opened, streams) = mpsc::channel(STREAMS);
    let own = Out(out.clone());
    let connection = async {
        let ended = tokio::select! {
            ended = read(reader, &own, opened) => ended,
            ended = write(writer, queue) => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a SPDY connection broke");
        }
    };
    tokio::pin!(connection);
    tokio::select! {
        () = &mut connection => {}
        () = work(streams, Out(out)) => drop(tokio::time::timeout(LINGER, connection).await),
    }
}

async fn write(writer: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<SpdyFrame>) -> io::Result<()> {
    let mut frames = FramedWrite::new(writer, Writer::new()?);
    while let Some(frame) = queue.recv().await {
        frames.feed(frame).await?;
        while let Ok(frame) = queue.try_recv() {
            frames.feed(frame).await?;
        }
        frames.flush().await?;
    }
    Ok(())
}

async fn read(reader: impl AsyncRead + Unpin, out: &Out, opened: mpsc::Sender<Stream>) -> io::Result<()> {
    let mut frames = FramedRead::new(reader, Reader::new());
    let mut streams: HashMap<u32, mpsc::Sender<Piece>> = HashMap::new();
    while let Some(frame) = frames.next().await {
        match frame? {
            SpdyFrame::Open { stream, headers, fin } => {
                streams.retain(|_, sender| !sender.is_closed());
                if streams.len() >= STREAMS {
                    let _ = out.0.send(SpdyFrame::Reset { stream, status: REFUSED }).await;
                    continue;
                }
                let (sender, incoming) = mpsc::channel(WAITING);
                let _ = out.0.send(SpdyFrame::Reply { stream }).await;
                if fin {
                    let _ = sender.send(Piece::End).await;
                } else {
                    streams.insert(stream, sender);
                }
                // Nobody takes streams any more: the client is only awaited.
                let _ = opened.send(Stream { id: stream, headers, incoming, out: out.clone() }).await;
            }
            SpdyFrame::Data { stream, data, fin } => {
                // Who does not read does not stop the connection for ever: a dropped stream is skipped.
                if let Some(sender) = streams.get(&stream)
                    && !data.is_empty()
                {
                    let _ = sender.send(Piece::Data(data)).await;
                }
                if fin {
                    end(&mut streams, stream).await;
                }
            }
            SpdyFrame::Nothing { ended: Some(stream) } => end(&mut streams, stream).await,
            SpdyFrame::Reset { stream, .. } => drop(streams.remove(&stream)),
            SpdyFrame::Ping(id) => drop(out.0.send(SpdyFrame::Ping(id)).await),
            SpdyFrame::GoAway { .. } | SpdyFrame::Reply { .. } | SpdyFrame::Nothing { ended: None } => {}
        }
    }
    Ok(())
}

async fn end(streams: &mut HashMap<u32, mpsc::Sender<Piece>>, stream: u32) {
    if let Some(sender) = streams.remove(&stream) {
        let _ = sender.send(Piece::End).await;
    }
}
