//! Port-forwarding: for each connection a pair of streams, one for bytes and one for what went wrong.

use super::spdy::{Incoming, Piece, Stream};
use futures::{StreamExt, stream::FuturesUnordered};
use shared_api::{Key, Refusal, meta::Status};
use shared_client::{Channel, Duplex, Frame, Result, Session, Sessions};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::mpsc;

/// A stream waiting for its twin; more than so many is no honest client.
const WAITING: usize = 256;

/// Forwards connections until the client hangs up.
pub(super) async fn serve(mut streams: mpsc::Receiver<Stream>, sessions: Arc<dyn Sessions>, pod: Key) {
    let mut waiting: HashMap<String, Stream> = HashMap::new();
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            stream = streams.recv() => {
                let Some(stream) = stream else { return };
                let Some((errors, data)) = pair(&mut waiting, stream) else { continue };
                connections.push(connect(&*sessions, &pod, errors, data));
            }
            Some(()) = connections.next() => {}
        }
    }
}

/// Both streams of a connection, error first, once they are there.
fn pair(waiting: &mut HashMap<String, Stream>, stream: Stream) -> Option<(Stream, Stream)> {
    let is_data = stream.header("streamtype") == Some("data");
    // The oldest clients name no request: the data stream is the next of theirs after the error stream.
    let number = if is_data { stream.id.saturating_sub(2) } else { stream.id };
    let request = stream.header("requestid").map_or_else(|| number.to_string(), str::to_owned);
    match waiting.remove(&request) {
        Some(twin) if is_data => Some((twin, stream)),
        Some(twin) => Some((stream, twin)),
        None => {
            if waiting.len() < WAITING {
                waiting.insert(request, stream);
            }
            None
        }
    }
}

async fn connect(sessions: &dyn Sessions, pod: &Key, errors: Stream, mut data: Stream) {
    if let Err(refusal) = bridge(sessions, pod, &mut data).await {
        let port = data.header("port").unwrap_or("?");
        let text = format!("an error occurred forwarding to port {port} of {pod}: {refusal}");
        errors.send(text.into()).await;
    }
    errors.finish().await;
    data.finish().await;
}

async fn bridge(sessions: &dyn Sessions, pod: &Key, data: &mut Stream) -> Result<()> {
    let text = data.header("port").unwrap_or_default();
    let port = text.parse().ok().filter(|port| *port != 0);
    let port = port.ok_or_else(|| Refusal::bad_request(format!("port {text:?} is not a port number")))?;
    let Duplex { send, mut receive } = sessions.open(pod, Session::PortForward { port }).await?;
    let incoming = data.incoming.take();
    tokio::select! {
        // The client gave the connection up; dropping the session closes the other side.
        () = listen(incoming, send) => Ok(()),
        done = tell(data, &mut receive) => done,
    }
}

/// What the client sends, to the pod. Returns only when the client gives up.
async fn listen(mut incoming: Incoming, pod: mpsc::Sender<Frame>) {
    while let Some(piece) = incoming.recv().await {
        match piece {
            Piece::Data(data) => drop(pod.send(Frame::data(Channel::Stdin, data)).await),
            Piece::End => {
                let _ = pod.send(Frame::end(Channel::Stdin)).await;
                return std::future::pending().await;
            }
        }
    }
}

/// What the pod sends, to the client.
async fn tell(data: &Stream, pod: &mut mpsc::Receiver<Frame>) -> Result<()> {
    while let Some(frame) = pod.recv().await {
        if frame.channel == Channel::Outcome {
            return outcome(&frame.data);
        }
        if !data.send(frame.data).await {
            return Ok(());
        }
    }
    Err(Refusal::unavailable("the connection to the pod's node broke"))
}

/// What a session that ended in these words came to.
pub(super) fn outcome(bytes: &[u8]) -> Result<()> {
    match serde_json::from_slice::<Status>(bytes) {
        Ok(status) if status.status.as_deref() == Some("Success") => Ok(()),
        Ok(status) => Err(Refusal::from_status(status)),
        Err(error) => Err(Refusal::internal(format!("the node's verdict cannot be read: {error}"))),
    }
}
