//! One SPDY connection, over anything that carries bytes: its streams, its pings, its end.

pub(super) use super::spdy_windows::{Incoming, Piece};

use super::{
    spdy_frames::{Headers, Reader, SpdyFrame, Writer},
    spdy_windows::{Inlet, Windows},
};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use std::{collections::HashMap, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::codec::{FramedRead, FramedWrite};

/// How long a client may take to hang up once everything is said.
const LINGER: Duration = Duration::from_secs(5);
/// How many frames are on their way out.
const WAITING: usize = 64;
/// How many streams a client may have open.
const STREAMS: usize = 1024;
/// Longest piece sent at once.
const PIECE: usize = 64 * 1024;
/// SPDY's status for a stream that is not taken.
const REFUSED: u32 = 3;

/// A stream the client opened.
pub(super) struct Stream {
    pub(super) id: u32,
    headers: Headers,
    pub(super) incoming: Incoming,
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
pub(super) struct Out {
    frames: mpsc::Sender<SpdyFrame>,
    windows: Arc<Windows>,
}

impl Out {
    /// Sends bytes on a stream; `false` when the connection is gone.
    pub(super) async fn send(&self, stream: u32, mut data: Bytes) -> bool {
        while !data.is_empty() {
            let room = tokio::select! {
                room = self.windows.room(stream, data.len().min(PIECE)) => room,
                () = self.frames.closed() => return false,
            };
            let piece = data.split_to(room);
            if self.frames.send(SpdyFrame::Data { stream, data: piece, fin: false }).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Says that no more comes on a stream.
    pub(super) async fn finish(&self, stream: u32) {
        self.windows.end(stream);
        let _ = self.frames.send(SpdyFrame::Data { stream, data: Bytes::new(), fin: true }).await;
    }

    /// Says that the connection is at its end.
    pub(super) async fn leave(&self, last: u32) {
        let _ = self.frames.send(SpdyFrame::GoAway { last }).await;
    }
}

/// Serves a connection: `work` gets the streams as they are opened. Ends when the client hangs up, or soon
/// after `work` is done.
pub(super) async fn run<F: Future<Output = ()>>(
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
    work: impl FnOnce(mpsc::Receiver<Stream>, Out) -> F,
) {
    let (frames, queue) = mpsc::channel(WAITING);
    let (opened, streams) = mpsc::channel(STREAMS);
    let windows = Arc::new(Windows::default());
    let out = Out { frames, windows: Arc::clone(&windows) };
    let own = out.clone();
    let connection = async {
        let ended = tokio::select! {
            ended = read(reader, &own, opened) => ended,
            ended = write(writer, queue, &windows) => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a SPDY connection broke");
        }
    };
    tokio::pin!(connection);
    tokio::select! {
        () = &mut connection => {}
        () = work(streams, out) => drop(tokio::time::timeout(LINGER, connection).await),
    }
}

async fn write(
    writer: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<SpdyFrame>,
    windows: &Windows,
) -> io::Result<()> {
    let mut frames = FramedWrite::new(writer, Writer::new()?);
    loop {
        tokio::select! {
            frame = queue.recv() => match frame {
                Some(frame) => frames.feed(frame).await?,
                None => return Ok(()),
            },
            taken = windows.to_tell() => for (stream, more) in taken {
                frames.feed(SpdyFrame::Window { stream, more }).await?;
            },
        }
        while let Ok(frame) = queue.try_recv() {
            frames.feed(frame).await?;
        }
        frames.flush().await?;
    }
}

async fn read(reader: impl AsyncRead + Unpin, out: &Out, opened: mpsc::Sender<Stream>) -> io::Result<()> {
    let mut frames = FramedRead::new(reader, Reader::new());
    let mut streams: HashMap<u32, Inlet> = HashMap::new();
    while let Some(frame) = frames.next().await {
        match frame? {
            SpdyFrame::Open { stream, headers, fin } => {
                streams.retain(|stream, inlet| {
                    let gone = inlet.is_closed();
                    if gone {
                        out.windows.end(*stream);
                    }
                    !gone
                });
                if streams.len() >= STREAMS {
                    let _ = out.frames.send(SpdyFrame::Reset { stream, status: REFUSED }).await;
                    continue;
                }
                let (inlet, incoming) = Incoming::open(stream, &out.windows);
                let _ = out.frames.send(SpdyFrame::Reply { stream }).await;
                out.windows.begin(stream);
                if fin {
                    inlet.send(Piece::End).await;
                } else {
                    streams.insert(stream, inlet);
                }
                // Nobody takes streams any more: the client is only awaited.
                let _ = opened.send(Stream { id: stream, headers, incoming, out: out.clone() }).await;
            }
            SpdyFrame::Data { stream, data, fin } => {
                // Who does not read does not stop the connection for ever: a dropped stream is skipped.
                if let Some(inlet) = streams.get(&stream)
                    && !data.is_empty()
                {
                    inlet.send(Piece::Data(data)).await;
                }
                if fin {
                    end(&mut streams, stream).await;
                }
            }
            SpdyFrame::Nothing { ended: Some(stream) } => end(&mut streams, stream).await,
            SpdyFrame::Reset { stream, .. } => {
                streams.remove(&stream);
                out.windows.end(stream);
            }
            SpdyFrame::Ping(id) => drop(out.frames.send(SpdyFrame::Ping(id)).await),
            SpdyFrame::Window { stream, more } => out.windows.more(stream, more),
            SpdyFrame::InitialWindow(window) => out.windows.initial(window),
            SpdyFrame::GoAway { .. } | SpdyFrame::Reply { .. } | SpdyFrame::Nothing { ended: None } => {}
        }
    }
    Ok(())
}

async fn end(streams: &mut HashMap<u32, Inlet>, stream: u32) {
    if let Some(inlet) = streams.remove(&stream) {
        inlet.send(Piece::End).await;
    }
}
