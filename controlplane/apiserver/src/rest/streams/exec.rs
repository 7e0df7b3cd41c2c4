//! exec and attach over SPDY: a stream for each channel.

use super::{
    Verdict,
    spdy::{Incoming, Out, Piece, Stream},
    websocket::broken,
};
use crate::rest::parameters::Parameters;
use futures::future;
use shared_api::Refusal;
use shared_client::{Channel, Duplex, Frame, Result};
use std::{collections::HashMap, time::Duration};
use tokio::sync::mpsc;

/// What is spoken, best first. Over SPDY, version 5 is version 4; 3 tells outcomes as text, 2 and 1 know
/// no sizes of terminals.
pub(super) const PROTOCOLS: &[&str] =
    &["v4.channel.k8s.io", "v5.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

/// How long a client may take to open all of its streams.
const OPENING: Duration = Duration::from_secs(30);

/// The channels a client asks for, each of which it opens a stream for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Channels(Vec<(&'static str, Channel)>);

impl Channels {
    /// As the parameters say. A terminal mixes standard error into standard output.
    pub(super) fn of(parameters: &Parameters) -> Result<Self> {
        let tty = parameters.flag("tty");
        if !["stdin", "stdout", "stderr"].iter().any(|name| parameters.flag(name)) {
            return Err(Refusal::bad_request("you must specify at least 1 of stdin, stdout, stderr"));
        }
        let every = [
            ("error", Channel::Outcome, true),
            ("stdin", Channel::Stdin, parameters.flag("stdin")),
            ("stdout", Channel::Stdout, parameters.flag("stdout")),
            ("stderr", Channel::Stderr, parameters.flag("stderr") && !tty),
            ("resize", Channel::Resize, tty),
        ];
        let wanted = every.into_iter().filter(|(.., wanted)| *wanted);
        Ok(Self(wanted.map(|(name, channel, _)| (name, channel)).collect()))
    }

    /// Those that there are in a version of the protocol.
    pub(super) fn in_version(mut self, protocol: &str) -> Self {
        if matches!(protocol, "v2.channel.k8s.io" | "channel.k8s.io") {
            self.0.retain(|(_, channel)| *channel != Channel::Resize);
        }
        self
    }

    /// Whether the client wants to hear this.
    pub(super) fn has(&self, channel: Channel) -> bool {
        self.0.iter().any(|(_, wanted)| *wanted == channel)
    }
}

/// Bridges the streams and a session until either ends.
pub(super) async fn serve(
    mut streams: mpsc::Receiver<Stream>,
    out: Out,
    channels: Channels,
    verdict: Verdict,
    duplex: Duplex,
) {
    let opened = tokio::time::timeout(OPENING, open(&mut streams, &channels)).await;
    let Ok(mut opened) = opened else {
        tracing::debug!("a client did not open its streams");
        return;
    };
    let Duplex { send, receive } = duplex;
    let mut inputs = Vec::new();
    for channel in [Channel::Stdin, Channel::Resize] {
        if let Some(stream) = opened.get_mut(&channel) {
            inputs.push(listen(stream.incoming.take(), channel, send.clone()));
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
        () = tell(&opened, receive, verdict) => {}
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

async fn listen(mut incoming: Incoming, channel: Channel, pod: mpsc::Sender<Frame>) {
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

async fn tell(opened: &HashMap<Channel, Stream>, mut pod: mpsc::Receiver<Frame>, verdict: Verdict) {
    loop {
        let frame = pod.recv().await.unwrap_or_else(|| Frame::outcome(&broken().to_status()));
        let last = frame.channel == Channel::Outcome;
        if let Some(stream) = opened.get(&frame.channel) {
            let data = if last { verdict.said(frame.data) } else { frame.data };
            if !stream.send(data).await {
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
        let of =
            |query: &str| Channels::of(&Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap());
        let names =
            |channels: Channels| channels.0.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
        assert_eq!(names(of("stdout=true&stderr=true").unwrap()), "error stdout stderr");
        let terminal = of("stdin=1&stdout=1&stderr=1&tty=1").unwrap();
        assert_eq!(names(terminal.clone()), "error stdin stdout resize");
        assert_eq!(names(terminal.in_version("v2.channel.k8s.io")), "error stdin stdout");
        let nothing = of("tty=1").unwrap_err();
        assert_eq!(nothing.message, "you must specify at least 1 of stdin, stdout, stderr");
    }
}
