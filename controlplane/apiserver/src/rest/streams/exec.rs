//! exec and attach over SPDY: a stream for each channel.

use super::{
    spdy::{Out, Piece, Stream},
    websocket::broken,
};
use crate::rest::parameters::Parameters;
use futures::future;
use shared_client::{Channel, Duplex, Frame};
use std::{collections::HashMap, time::Duration};
use tokio::sync::mpsc;

/// What is spoken, best first; over SPDY the two are the same.
pub(super) const PROTOCOLS: [&str; 2] = ["v4.channel.k8s.io", "v5.channel.k8s.io"];

/// How long a client may take to open all of its streams.
const OPENING: Duration = Duration::from_secs(30);

/// The channels a client asks for, each of which it opens a stream for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Channels(Vec<(&'static str, Channel)>);

impl Channels {
    /// As the parameters say. A terminal mixes standard error into standard output.
    pub(super) fn of(parameters: &Parameters) -> Self {
        let tty = parameters.flag("tty");
        let every = [
            ("error", Channel::Outcome, true),
            ("stdin", Channel::Stdin, parameters.flag("stdin")),
            ("stdout", Channel::Stdout, parameters.flag("stdout")),
            ("stderr", Channel::Stderr, parameters.flag("stderr") && !tty),
            ("resize", Channel::Resize, tty),
        ];
        Self(
            every
                .into_iter()
                .filter(|(.., wanted)| *wanted)
                .map(|(name, channel, _)| (name, channel))
                .collect(),
        )
    }
}

/// Bridges the streams and a session until either ends.
pub(super) async fn serve(mut streams: mpsc::Receiver<Stream>, out: Out, channels: Channels, duplex: Duplex) {
    let opened = tokio::time::timeout(OPENING, open(&mut streams, &channels)).await;
    let Ok(mut opened) = opened else {
        tracing::debug!("a client did not open its streams");
        return;
    };
    let Duplex { send, receive } = duplex;
    let mut inputs = Vec::new();
    for channel in [Channel::Stdin, Channel::Resize] {
        if let Some(stream) = opened.get_mut(&channel) {
            let (_, closed) = mpsc::channel(1);
            inputs.push(listen(std::mem::replace(&mut stream.incoming, closed), channel, send.clone()));
        }
    }
    drop(send);
    let listening = async {
        future::join_all(inputs).await;
        // The end of the input is not the end of the session.
        future::pending::<()>().await;
    };
    tokio::select! {
        () = listening => {}
        () = tell(&opened, receive) => {}
    }
    for stream in opened.values() {
        stream.finish().await;
    }
    out.leave(opened.values().map(|stream| stream.id).max().unwrap_or_default()).await;
}

async fn open(streams: &mut mpsc::Receiver<Stream>, channels: &Channels) -> HashMap<Channel, Stream> {
    let mut opened = HashMap::new();
    while opened.len() < channels.0.len() {
        let Some(stream) = streams.recv().await else { break };
        let kind = stream.header("streamtype").unwrap_or_default();
        match channels.0.iter().find(|(name, _)| *name == kind) {
            Some((_, channel)) => drop(opened.insert(*channel, stream)),
            None => stream.finish().await,
        }
    }
    opened
}

async fn listen(mut incoming: mpsc::Receiver<Piece>, channel: Channel, pod: mpsc::Sender<Frame>) {
    while let Some(piece) = incoming.recv().await {
        let frame = match piece {
            Piece::Data(data) => Frame::data(channel, data),
            Piece::End => Frame::end(channel),
        };
        if pod.send(frame).await.is_err() {
            break;
        }
    }
    // Whatever still comes is for a session that takes no more.
    while incoming.recv().await.is_some() {}
}

async fn tell(opened: &HashMap<Channel, Stream>, mut pod: mpsc::Receiver<Frame>) {
    loop {
        let frame = pod.recv().await.unwrap_or_else(|| Frame::outcome(&broken().to_status()));
        let last = frame.channel == Channel::Outcome;
        if let Some(stream) = opened.get(&frame.channel) {
            if !stream.send(frame.data).await {
                return;
            }
            if frame.end && !last {
                stream.finish().await;
            }
        }
        if last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_no_standard_error() {
        let names = |query: &str| {
            let channels = Channels::of(&Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap());
            channels.0.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names("stdout=true&stderr=true"), "error stdout stderr");
        assert_eq!(names("stdin=1&stdout=1&stderr=1&tty=1"), "error stdin stdout resize");
    }
}
