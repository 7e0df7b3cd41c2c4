//! Port-forwarding by numbered channels of a WebSocket: two for each port, bytes and what went wrong, as
//! client libraries speak it that have no SPDY. Each begins with its port.

use super::{
    portforward::outcome,
    websocket::{Coding, close},
};
use crate::rest::parameters::Parameters;
use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures::{SinkExt, StreamExt, future};
use shared_api::{Key, Refusal};
use shared_client::{Channel, Duplex, Frame, Result, Session, Sessions};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Most ports of one request: their channels have to have numbers.
const MOST: usize = 100;
/// Messages under way to the client.
const ROOM: usize = 16;

/// The ports asked for.
pub(super) fn asked(parameters: &Parameters) -> Result<Vec<u16>> {
    let words: Vec<&str> = parameters.all("ports").flat_map(|ports| ports.split(',')).collect();
    if words.is_empty() || words.len() > MOST {
        return Err(Refusal::bad_request(format!("query parameter \"ports\" must name 1 to {MOST} ports")));
    }
    let port = |word: &&str| word.trim().parse().ok().filter(|port| *port != 0);
    let bad = |word: &&str| Refusal::bad_request(format!("unable to parse {word:?} as a port"));
    words.iter().map(|word| port(word).ok_or_else(|| bad(word))).collect()
}

/// Forwards one connection to each port until the client hangs up or all are done.
pub(super) async fn serve(
    socket: WebSocket,
    coding: Coding,
    ports: Vec<u16>,
    sessions: Arc<dyn Sessions>,
    pod: Key,
) {
    let (mut writer, mut reader) = socket.split();
    let (said, mut queue) = mpsc::channel::<Message>(ROOM);
    let (inputs, connections): (Vec<_>, Vec<_>) = ports
        .iter()
        .enumerate()
        .map(|(place, port)| {
            let (input, heard) = mpsc::channel(ROOM);
            let line = Line { coding, place, port: *port, said: said.clone() };
            (input, line.connect(&*sessions, &pod, heard))
        })
        .unzip();
    drop(said);
    let listening = async {
        while let Some(Ok(message)) = reader.next().await {
            if let Message::Close(_) = message {
                return;
            }
            let Some((number, data)) = coding.read(message) else { continue };
            let input = inputs.get(usize::from(number / 2)).filter(|_| number % 2 == 0);
            if let Some(input) = input.filter(|_| !data.is_empty()) {
                let _ = input.send(data).await;
            }
        }
    };
    let writing = async {
        while let Some(message) = queue.recv().await {
            if writer.send(message).await.is_err() {
                return;
            }
        }
        close(&mut writer).await;
    };
    tokio::select! {
        () = listening => {}
        _ = future::join(future::join_all(connections), writing) => {}
    }
}

/// One port's two channels.
struct Line {
    coding: Coding,
    place: usize,
    port: u16,
    said: mpsc::Sender<Message>,
}

impl Line {
    async fn connect(self, sessions: &dyn Sessions, pod: &Key, heard: mpsc::Receiver<Bytes>) {
        let port = self.port.to_le_bytes();
        if !self.say(0, &port).await || !self.say(1, &port).await {
            return;
        }
        if let Err(refusal) = self.bridge(sessions, pod, heard).await {
            self.say(1, refusal.message.as_bytes()).await;
        }
    }

    /// `part` 0: bytes, 1: what went wrong.
    async fn say(&self, part: usize, data: &[u8]) -> bool {
        let number = u8::try_from(self.place * 2 + part).unwrap_or(u8::MAX);
        self.said.send(self.coding.write(number, data)).await.is_ok()
    }

    async fn bridge(
        &self,
        sessions: &dyn Sessions,
        pod: &Key,
        mut heard: mpsc::Receiver<Bytes>,
    ) -> Result<()> {
        let Duplex { send, mut receive } =
            sessions.open(pod, Session::PortForward { port: self.port }).await?;
        let listening = async {
            while let Some(data) = heard.recv().await {
                let _ = send.send(Frame::data(Channel::Stdin, data)).await;
            }
            future::pending::<()>().await;
        };
        let telling = async {
            while let Some(frame) = receive.recv().await {
                if frame.channel == Channel::Outcome {
                    return outcome(&frame.data);
                }
                if !frame.data.is_empty() && !self.say(0, &frame.data).await {
                    return Ok(());
                }
            }
            Err(Refusal::unavailable("the connection to the pod's node broke"))
        };
        tokio::select! {
            () = listening => Ok(()),
            done = telling => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_named_once_or_in_a_list() {
        let read = |query: &str| asked(&Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap());
        assert_eq!(read("ports=80,81"), Ok(vec![80, 81]));
        assert_eq!(read("ports=80&ports=81"), Ok(vec![80, 81]));
        for wrong in ["", "ports=0", "ports=a", "ports=70000"] {
            assert_eq!(read(wrong).unwrap_err().reason.code(), 400, "{wrong}");
        }
    }
}
