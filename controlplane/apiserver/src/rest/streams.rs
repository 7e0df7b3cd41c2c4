//! Streams with a pod: what is asked, on which wire, bridged to a session.

mod exec;
mod portforward;
mod ports;
mod spdy;
mod spdy_frames;
mod spdy_windows;
mod websocket;

pub(super) use websocket::{Coding, tell_log};

use super::{Asked, answer, logs, parameters::Parameters, request::RequestInfo};
use crate::door::Caller;
use axum::{extract::FromRequestParts, extract::ws::WebSocketUpgrade, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper_util::rt::TokioIo;
use shared_api::Refusal;
use shared_client::{Result, Session, Sessions};
use std::sync::Arc;

const PROTOCOL: &str = "x-stream-protocol-version";
const PORT_FORWARD: &str = "portforward.k8s.io";
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";

/// Answers a request for a stream.
pub(super) async fn serve(
    caller: &dyn Caller,
    sessions: Arc<dyn Sessions>,
    info: &RequestInfo,
    parameters: &Parameters,
    asked: Asked,
) -> Result<Response> {
    let session = match info.subresource.as_str() {
        "log" => return logs::serve(&*sessions, info, parameters, asked).await,
        "exec" => exec(parameters)?,
        "attach" => Session::Attach {
            container: parameters.get("container").unwrap_or_default().into(),
            stdin: parameters.flag("stdin"),
            tty: parameters.flag("tty"),
        },
        _ => return forward(caller, sessions, info, parameters, asked).await,
    };
    let channels = exec::Channels::of(parameters)?;
    match wire(&asked)? {
        Wire::WebSocket => {
            let upgrade = upgrade(asked, websocket::PROTOCOLS).await?;
            let tongue = websocket::Tongue::of(upgrade.selected_protocol());
            let duplex = sessions.open(&info.key(), session).await?;
            Ok(upgrade.on_upgrade(move |socket| websocket::serve(socket, tongue, channels, duplex)))
        }
        Wire::Spdy => {
            let protocol = offered(asked.headers(), exec::PROTOCOLS)?;
            let (channels, verdict) = (channels.in_version(protocol), Verdict::of(protocol));
            let duplex = sessions.open(&info.key(), session).await?;
            Ok(switch(asked, protocol, move |io| async move {
                let (reader, writer) = tokio::io::split(io);
                let work = |streams, out| exec::serve(streams, out, channels, verdict, duplex);
                spdy::run(reader, writer, work).await;
            }))
        }
    }
}

fn exec(parameters: &Parameters) -> Result<Session> {
    let command: Vec<String> = parameters.all("command").map(str::to_owned).collect();
    if command.is_empty() {
        return Err(Refusal::bad_request("you must specify at least one command for the container"));
    }
    Ok(Session::Exec {
        container: parameters.get("container").unwrap_or_default().into(),
        command,
        stdin: parameters.flag("stdin"),
        tty: parameters.flag("tty"),
    })
}

async fn forward(
    caller: &dyn Caller,
    sessions: Arc<dyn Sessions>,
    info: &RequestInfo,
    parameters: &Parameters,
    asked: Asked,
) -> Result<Response> {
    // Sessions open later, one per connection: a pod that is not there is said now.
    let pod = caller.get(&info.key()).await?.key();
    match wire(&asked)? {
        Wire::WebSocket => {
            let upgrade = upgrade(asked, &[TUNNEL, "v4.channel.k8s.io", "v4.base64.channel.k8s.io"]).await?;
            let spoken = upgrade.selected_protocol().and_then(|p| p.to_str().ok());
            if spoken != Some(TUNNEL) {
                let coding = websocket::Coding::of(upgrade.selected_protocol());
                let ports = ports::asked(parameters)?;
                return Ok(
                    upgrade.on_upgrade(move |socket| ports::serve(socket, coding, ports, sessions, pod))
                );
            }
            Ok(upgrade.on_upgrade(move |socket| async move {
                let (reader, writer) = websocket::tunnel(socket);
                spdy::run(reader, writer, |streams, _out| portforward::serve(streams, sessions, pod)).await;
            }))
        }
        Wire::Spdy => {
            let protocol = offered(asked.headers(), &[PORT_FORWARD])?;
            Ok(switch(asked, protocol, move |io| async move {
                let (reader, writer) = tokio::io::split(io);
                spdy::run(reader, writer, |streams, _out| portforward::serve(streams, sessions, pod)).await;
            }))
        }
    }
}

/// How the bytes travel.
#[derive(Debug, PartialEq, Eq)]
enum Wire {
    WebSocket,
    Spdy,
}

fn wire(asked: &Asked) -> Result<Wire> {
    let upgrade =
        asked.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Over HTTP/2 a WebSocket is an extended CONNECT, which has no such header and no such path here.
    match upgrade.to_ascii_lowercase().as_str() {
        "websocket" => Ok(Wire::WebSocket),
        "spdy/3.1" => Ok(Wire::Spdy),
        "" => Err(Refusal::bad_request("Upgrade request required: use a WebSocket or SPDY/3.1")),
        other => {
            Err(Refusal::bad_request(format!("unable to upgrade to {other:?}: use a WebSocket or SPDY/3.1")))
        }
    }
}

/// Whether a WebSocket is asked for.
pub(super) fn wants_websocket(asked: &Asked) -> bool {
    matches!(wire(asked), Ok(Wire::WebSocket))
}

/// Longest message taken.
const LONGEST: usize = 16 << 20;

/// A WebSocket in one of `protocols`, or in none where the client names none.
pub(super) async fn upgrade(asked: Asked, protocols: &'static [&'static str]) -> Result<WebSocketUpgrade> {
    let (mut parts, _) = asked.into_parts();
    let named = parts.headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL);
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let upgrade = upgrade.map_err(|why| Refusal::bad_request(format!("unable to upgrade: {why}")))?;
    let upgrade =
        upgrade.protocols(protocols.iter().copied()).max_message_size(LONGEST).max_frame_size(LONGEST);
    if named && upgrade.selected_protocol().is_none() {
        return Err(unnegotiated(protocols));
    }
    Ok(upgrade)
}

/// How a session's outcome is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// As the `Status` that it is.
    Status,
    /// As text, and only when it is bad: before version 4.
    Text,
}

impl Verdict {
    fn of(protocol: &str) -> Self {
        if protocol.starts_with("v4.") || protocol.starts_with("v5.") { Self::Status } else { Self::Text }
    }

    /// The bytes to send, when there are any.
    fn said(self, outcome: Bytes) -> Bytes {
        match self {
            Self::Status => outcome,
            Self::Text => logs::failure(&outcome).map(|r| Bytes::from(r.message)).unwrap_or_default(),
        }
    }
}

/// The protocol to speak over SPDY: ours, in our order, of those the client offers.
fn offered(headers: &HeaderMap, protocols: &[&'static str]) -> Result<&'static str> {
    let values = headers.get_all(PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let offers: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    // The first clients said nothing, and speak the first version.
    if let (true, Some(first)) = (offers.is_empty(), protocols.last()) {
        return Ok(first);
    }
    protocols.iter().copied().find(|known| offers.contains(known)).ok_or_else(|| unnegotiated(protocols))
}

fn unnegotiated(protocols: &[&str]) -> Refusal {
    Refusal::bad_request(format!("unable to negotiate a protocol: this end speaks {}", protocols.join(", ")))
}

/// Answers 101 and goes on with the bare connection.
fn switch<F>(
    mut asked: Asked,
    protocol: &'static str,
    work: impl FnOnce(Upgraded) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send,
{
    let upgraded = hyper::upgrade::on(&mut asked);
    tokio::spawn(async move {
        match upgraded.await {
            Ok(upgraded) => work(TokioIo::new(upgraded)).await,
            Err(error) => tracing::debug!(%error, "the client did not switch to SPDY"),
        }
    });
    let mut response = answer::bytes_of(StatusCode::SWITCHING_PROTOCOLS, "", "");
    let headers = response.headers_mut();
    headers.clear();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("SPDY/3.1"));
    headers.insert(PROTOCOL, HeaderValue::from_static(protocol));
    response
}

type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_protocol_both_know_is_spoken() {
        let choose = |offers: &[&'static str], known: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for offer in offers {
                headers.append(PROTOCOL, HeaderValue::from_static(offer));
            }
            offered(&headers, known).ok()
        };
        let exec = |offers: &[&'static str]| choose(offers, exec::PROTOCOLS);
        assert_eq!(exec(&["v5.channel.k8s.io", "v4.channel.k8s.io"]), Some("v4.channel.k8s.io"));
        assert_eq!(exec(&["channel.k8s.io, v4.channel.k8s.io"]), Some("v4.channel.k8s.io"));
        assert_eq!(exec(&["v2.channel.k8s.io"]), Some("v2.channel.k8s.io"));
        assert_eq!(exec(&["nonsense"]), None);
        assert_eq!(exec(&[]), Some("channel.k8s.io"), "the first clients said nothing");
        assert_eq!(choose(&[], &[PORT_FORWARD]), Some(PORT_FORWARD));
    }
}
