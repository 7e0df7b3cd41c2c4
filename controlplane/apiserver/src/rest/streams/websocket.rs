//! Sessions over a WebSocket: one channel number before each message, as Kubernetes has it.

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{Sink, SinkExt, Stream, StreamExt, future};
use shared_api::Refusal;
use shared_client::{Channel, Duplex, Frame};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};

/// What is spoken, best first.
pub(super) const PROTOCOLS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/// In version 5: the channel named in the next byte is at its end.
const CLOSE: u8 = 255;

/// How long a client may take to hang up once everything is said.
const LINGER: Duration = Duration::from_secs(5);

/// Bridges a socket and a session until either ends.
pub(super) async fn serve(socket: WebSocket, duplex: Duplex) {
    let halves = socket.protocol().is_some_and(|p| p == PROTOCOLS[0]);
    let Duplex { send, receive } = duplex;
    let (writer, reader) = socket.split();
    let listening = listen(reader, send, halves);
    tokio::pin!(listening);
    tokio::select! {
        // The client is gone; dropping the other end ends the session.
        () = &mut listening => {}
        () = tell(writer, receive) => drop(tokio::time::timeout(LINGER, listening).await),
    }
}

/// What the client sends, to the pod.
async fn listen(
    mut reader: impl Stream<Item = Result<Message, axum::Error>> + Unpin,
    pod: mpsc::Sender<Frame>,
    halves: bool,
) {
    while let Some(Ok(message)) = reader.next().await {
        let data: Bytes = match message {
            Message::Binary(data) => data,
            Message::Text(text) => text.into(),
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return,
        };
        // A session that ended takes no more, while the client still reads how.
        if let Some(frame) = heard(&data, halves) {
            let _ = pod.send(frame).await;
        }
    }
}

/// One message as a piece of the session.
fn heard(data: &Bytes, halves: bool) -> Option<Frame> {
    let number = *data.first()?;
    if number == CLOSE && halves {
        return Channel::from_number(*data.get(1)?).map(Frame::end);
    }
    let channel = Channel::from_number(number)?;
    let taken = matches!(channel, Channel::Stdin | Channel::Resize) && data.len() > 1;
    taken.then(|| Frame::data(channel, data.slice(1..)))
}

/// What the pod sends, to the client; at last the outcome, then the close.
async fn tell(mut writer: impl Sink<Message, Error = axum::Error> + Unpin, mut pod: mpsc::Receiver<Frame>) {
    // An empty message tells the client that the stream stands.
    if writer.send(said(Channel::Stdout, &[])).await.is_err() {
        return;
    }
    loop {
        let frame = pod.recv().await.unwrap_or_else(|| Frame::outcome(&broken().to_status()));
        let last = frame.channel == Channel::Outcome;
        let empty = frame.data.is_empty() && !last;
        if !empty && writer.send(said(frame.channel, &frame.data)).await.is_err() {
            return;
        }
        if last {
            let normal = CloseFrame { code: close_code::NORMAL, reason: "".into() };
            let _ = writer.send(Message::Close(Some(normal))).await;
            return;
        }
    }
}

fn said(channel: Channel, data: &[u8]) -> Message {
    let mut bytes = BytesMut::with_capacity(data.len() + 1);
    bytes.put_u8(channel as u8);
    bytes.put_slice(data);
    Message::Binary(bytes.freeze())
}

/// The connection to the pod's node is gone before the session said how it ended.
pub(super) fn broken() -> Refusal {
    Refusal::unavailable("the connection to the pod's node broke")
}

/// The bytes of a socket's binary messages as a connection.
pub(super) fn tunnel(socket: WebSocket) -> (impl AsyncRead + Send + Unpin, impl AsyncWrite + Send + Unpin) {
    let (writer, reader) = socket.split();
    let bytes = reader
        .take_while(|message| future::ready(!matches!(message, Ok(Message::Close(_)))))
        .filter_map(|message| {
            future::ready(match message {
                Ok(Message::Binary(data)) => Some(Ok(data)),
                Ok(_) => None,
                Err(error) => Some(Err(io::Error::other(error))),
            })
        });
    let messages = writer
        .sink_map_err(io::Error::other)
        .with(|data: Bytes| future::ready(Ok::<_, io::Error>(Message::Binary(data))));
    (StreamReader::new(bytes), SinkWriter::new(CopyToBytes::new(messages)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_by_their_channel() {
        for (data, halves, expected) in [
            (&b"\x00hi"[..], true, Some(Frame::data(Channel::Stdin, "hi"))),
            (b"\x04{}", false, Some(Frame::data(Channel::Resize, "{}"))),
            (b"\xff\x00", true, Some(Frame::end(Channel::Stdin))),
            (b"\xff\x00", false, None),
            (b"\xff", true, None),
            (b"\x01out", true, None),
            (b"\x09", true, None),
            (b"\x00", true, None),
            (b"", true, None),
        ] {
            assert_eq!(heard(&Bytes::from_static(data), halves), expected, "{data:?}");
        }
    }
}
