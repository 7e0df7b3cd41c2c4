//! Sessions over a WebSocket: one channel number before each message, as Kubernetes has it.

use super::{Verdict, exec::Channels};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{Sink, SinkExt, Stream, StreamExt, future};
use http::HeaderValue;
use shared_api::Refusal;
use shared_client::{Channel, Duplex, Frame};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};

/// What is spoken, best first.
pub(super) const PROTOCOLS: &[&str] = &[
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v4.base64.channel.k8s.io",
    "channel.k8s.io",
    "base64.channel.k8s.io",
];

/// In version 5: the channel named in the next byte is at its end.
const CLOSE: u8 = 255;

/// How long a client may take to hang up once everything is said.
const LINGER: Duration = Duration::from_secs(5);

/// How a channel's number and its bytes are made a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rest) enum Coding {
    /// As they are.
    Binary,
    /// A digit, and text that a script can read.
    Base64,
}

impl Coding {
    /// Of a protocol; who names none gets bytes.
    pub(in crate::rest) fn of(protocol: Option<&HeaderValue>) -> Self {
        let name = protocol.and_then(|p| p.to_str().ok()).unwrap_or_default();
        if name.contains("base64.") { Self::Base64 } else { Self::Binary }
    }

    /// Number and bytes of a message; `None` when it has none.
    pub(super) fn read(self, message: Message) -> Option<(u8, Bytes)> {
        let data: Bytes = match message {
            Message::Binary(data) => data,
            Message::Text(text) => text.into(),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
        };
        let first = *data.first()?;
        match self {
            Self::Binary => Some((first, data.slice(1..))),
            Self::Base64 => {
                let number = u8::try_from(char::from(first).to_digit(10)?).ok()?;
                Some((number, BASE64_STANDARD.decode(&data[1..]).ok()?.into()))
            }
        }
    }

    /// The message of a number and bytes.
    pub(super) fn write(self, number: u8, data: &[u8]) -> Message {
        match self {
            Self::Binary => {
                let mut bytes = BytesMut::with_capacity(data.len() + 1);
                bytes.put_u8(number);
                bytes.put_slice(data);
                Message::Binary(bytes.freeze())
            }
            Self::Base64 => Message::Text(format!("{number}{}", BASE64_STANDARD.encode(data)).into()),
        }
    }
}

/// What a client speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tongue {
    coding: Coding,
    /// One channel may end before the others.
    halves: bool,
    verdict: Verdict,
}

impl Tongue {
    pub(super) fn of(protocol: Option<&HeaderValue>) -> Self {
        let name = protocol.and_then(|p| p.to_str().ok()).unwrap_or_default();
        Self { coding: Coding::of(protocol), halves: name == PROTOCOLS[0], verdict: Verdict::of(name) }
    }

    /// One message as a piece of the session.
    fn heard(self, message: Message) -> Option<Frame> {
        let (number, data) = self.coding.read(message)?;
        if number == CLOSE && self.halves {
            return Channel::from_number(*data.first()?).map(Frame::end);
        }
        let channel = Channel::from_number(number)?;
        let taken = matches!(channel, Channel::Stdin | Channel::Resize) && !data.is_empty();
        taken.then(|| Frame::data(channel, data))
    }

    fn said(self, channel: Channel, data: &[u8]) -> Message {
        self.coding.write(channel as u8, data)
    }
}

/// Bridges a socket and a session until either ends.
pub(super) async fn serve(socket: WebSocket, tongue: Tongue, channels: Channels, duplex: Duplex) {
    let Duplex { send, receive } = duplex;
    let (writer, reader) = socket.split();
    let listening = listen(reader, send, tongue, channels.has(Channel::Stdin));
    tokio::pin!(listening);
    tokio::select! {
        // The client is gone; dropping the other end ends the session.
        () = &mut listening => {}
        () = tell(writer, receive, tongue, &channels) => drop(tokio::time::timeout(LINGER, listening).await),
    }
}

/// What the client sends, to the pod.
async fn listen(
    mut reader: impl Stream<Item = Result<Message, axum::Error>> + Unpin,
    pod: mpsc::Sender<Frame>,
    tongue: Tongue,
    stdin: bool,
) {
    while let Some(Ok(message)) = reader.next().await {
        if let Message::Close(_) = message {
            return;
        }
        // A session that ended takes no more, while the client still reads how.
        if let Some(frame) = tongue.heard(message)
            && (stdin || frame.channel != Channel::Stdin)
        {
            let _ = pod.send(frame).await;
        }
    }
}

/// What the pod sends, to the client; at last the outcome, then the close.
async fn tell(
    mut writer: impl Sink<Message, Error = axum::Error> + Unpin,
    mut pod: mpsc::Receiver<Frame>,
    tongue: Tongue,
    channels: &Channels,
) {
    // An empty message tells the client that the stream stands.
    let first = [Channel::Stdout, Channel::Stderr].into_iter().find(|c| channels.has(*c));
    if writer.send(tongue.said(first.unwrap_or(Channel::Outcome), &[])).await.is_err() {
        return;
    }
    loop {
        let frame = pod.recv().await.unwrap_or_else(|| Frame::outcome(&broken().to_status()));
        let last = frame.channel == Channel::Outcome;
        let data = if last { tongue.verdict.said(frame.data) } else { frame.data };
        if !data.is_empty()
            && channels.has(frame.channel)
            && writer.send(tongue.said(frame.channel, &data)).await.is_err()
        {
            return;
        }
        if last {
            return close(&mut writer).await;
        }
    }
}

/// Says that nothing more comes.
pub(super) async fn close(writer: &mut (impl Sink<Message, Error = axum::Error> + Unpin)) {
    let normal = CloseFrame { code: close_code::NORMAL, reason: "".into() };
    let _ = writer.send(Message::Close(Some(normal))).await;
}

/// A log, a message each piece; ends with it, or when the client leaves.
pub(in crate::rest) async fn tell_log(
    socket: WebSocket,
    coding: Coding,
    pieces: impl Stream<Item = io::Result<Bytes>>,
) {
    let (mut writer, mut reader) = socket.split();
    let saying = async {
        let mut pieces = std::pin::pin!(pieces);
        while let Some(Ok(piece)) = pieces.next().await {
            let message = match coding {
                Coding::Binary => Message::Binary(piece),
                Coding::Base64 => Message::Text(BASE64_STANDARD.encode(piece).into()),
            };
            if writer.send(message).await.is_err() {
                return;
            }
        }
        close(&mut writer).await;
    };
    let leaving = async {
        while let Some(Ok(message)) = reader.next().await {
            if let Message::Close(_) = message {
                return;
            }
        }
    };
    tokio::pin!(leaving);
    tokio::select! {
        () = saying => drop(tokio::time::timeout(LINGER, leaving).await),
        () = &mut leaving => {}
    }
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
        let [five, four] = ["v5.channel.k8s.io", "v4.channel.k8s.io"].map(HeaderValue::from_static);
        for (data, tongue, expected) in [
            (&b"\x00hi"[..], &five, Some(Frame::data(Channel::Stdin, "hi"))),
            (b"\x04{}", &four, Some(Frame::data(Channel::Resize, "{}"))),
            (b"\xff\x00", &five, Some(Frame::end(Channel::Stdin))),
            (b"\xff\x00", &four, None),
            (b"\xff", &five, None),
            (b"\x01out", &five, None),
            (b"\x09", &five, None),
            (b"\x00", &five, None),
            (b"", &five, None),
        ] {
            let message = Message::Binary(Bytes::from_static(data));
            assert_eq!(Tongue::of(Some(tongue)).heard(message), expected, "{data:?}");
        }
        let text = Tongue::of(Some(&HeaderValue::from_static("v4.base64.channel.k8s.io")));
        assert_eq!(text.heard(Message::Text("0aGk=".into())), Some(Frame::data(Channel::Stdin, "hi")));
        assert_eq!(text.heard(Message::Text("0?".into())), None);
        assert_eq!(text.said(Channel::Stdout, b"hi"), Message::Text("1aGk=".into()));
    }

    #[test]
    fn only_newer_clients_are_told_a_status() {
        let failed = Frame::outcome(&Refusal::bad_request("no").to_status()).data;
        let well = Frame::outcome(&shared_api::meta::Status {
            status: Some("Success".into()),
            ..Default::default()
        })
        .data;
        assert_eq!(Verdict::of("v4.channel.k8s.io").said(failed.clone()), failed);
        assert_eq!(Verdict::of("").said(failed), "no");
        assert_eq!(Verdict::of("channel.k8s.io").said(well), "");
    }
}
