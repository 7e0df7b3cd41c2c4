//! `GET …/log`: what a container has written, as plain text, for as long as it is followed.

use super::{Asked, parameters::Parameters, request::RequestInfo, streams};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::header;
use shared_api::{Invalid, Refusal, meta::Status};
use shared_client::{Channel, Duplex, Frame, LogOptions, Result, Session, Sessions};
use std::{io, time::Duration};

/// How long a first line, or an error in its place, is waited for before the answer begins.
const FIRST: Duration = Duration::from_secs(2);

/// What is spoken on a socket: bare pieces of the log.
const PROTOCOLS: &[&str] = &["binary.k8s.io", "base64.binary.k8s.io"];

/// Opens the log and answers with its text, or with a socket that tells it.
pub(super) async fn serve(
    sessions: &dyn Sessions,
    info: &RequestInfo,
    parameters: &Parameters,
    asked: Asked,
) -> Result<Response> {
    let options = options(parameters)?;
    let mut log = sessions.open(&info.key(), Session::Logs(options)).await?;
    let first = match tokio::time::timeout(FIRST, log.receive.recv()).await {
        Ok(Some(frame)) if frame.channel == Channel::Outcome => match failure(&frame.data) {
            Some(refusal) => return Err(refusal),
            None => return said(asked, stream::empty()).await,
        },
        Ok(Some(frame)) => Some(Ok(frame.data)),
        Ok(None) => return Err(broken()),
        // Nothing written yet.
        Err(_) => None,
    };
    said(asked, stream::iter(first).chain(rest(log))).await
}

async fn said(
    asked: Asked,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Result<Response> {
    if !streams::wants_websocket(&asked) {
        return Ok(([(header::CONTENT_TYPE, "text/plain")], Body::from_stream(pieces)).into_response());
    }
    let upgrade = streams::upgrade(asked, PROTOCOLS).await?;
    let coding = streams::Coding::of(upgrade.selected_protocol());
    Ok(upgrade.on_upgrade(move |socket| streams::tell_log(socket, coding, pieces)))
}

/// Every further piece; an error when the log ends otherwise than well, so that the client notices.
fn rest(log: Duplex) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(log), |log| async {
        let mut log = log?;
        match log.receive.recv().await {
            Some(Frame { channel: Channel::Outcome, data, .. }) => {
                let refusal = failure(&data)?;
                Some((Err(io::Error::other(refusal)), None))
            }
            Some(frame) => Some((Ok(frame.data), Some(log))),
            None => Some((Err(io::Error::other(broken())), None)),
        }
    })
}

/// What went wrong, going by a session's outcome.
pub(super) fn failure(outcome: &[u8]) -> Option<Refusal> {
    match serde_json::from_slice::<Status>(outcome) {
        Ok(status) if status.status.as_deref() == Some("Success") => None,
        Ok(status) => Some(Refusal::from_status(status)),
        Err(error) => Some(Refusal::internal(format!("the node's verdict cannot be read: {error}"))),
    }
}

fn broken() -> Refusal {
    Refusal::unavailable("the connection to the pod's node broke; ask again")
}

fn options(parameters: &Parameters) -> Result<LogOptions> {
    let mut invalid = Invalid::default();
    let mut least = |name: &str, least: i64, rule: &str| -> Result<Option<i64>> {
        let found = parameters.number(name)?;
        if let Some(number) = found.filter(|number| *number < least) {
            invalid.value(name, number, rule);
        }
        Ok(found)
    };
    let tail_lines = least("tailLines", 0, "must be greater than or equal to 0")?;
    let limit_bytes = least("limitBytes", 1, "must be greater than 0")?;
    let since_seconds = least("sinceSeconds", 1, "must be greater than 0")?;
    let since_time = parameters.get("sinceTime").filter(|time| !time.is_empty()).map(str::to_owned);
    if since_seconds.is_some() && since_time.is_some() {
        invalid.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified");
    }
    if let Some(time) = &since_time
        && time.parse::<shared_api::Timestamp>().is_err()
    {
        return Err(Refusal::bad_request(format!("sinceTime: {time:?} is no RFC 3339 time")));
    }
    let stream = parameters.get("stream").filter(|stream| *stream != "All").map(str::to_owned);
    if let Some(stream) = &stream {
        if !matches!(stream.as_str(), "Stdout" | "Stderr") {
            invalid.unsupported("stream", stream, &["All", "Stderr", "Stdout"]);
        }
        if tail_lines.is_some() {
            invalid.forbidden("", "`tailLines` and specific `stream` are mutually exclusive for now");
        }
    }
    super::parameters::refuse("PodLogOptions", &invalid)?;
    Ok(LogOptions {
        container: parameters.get("container").unwrap_or_default().into(),
        follow: parameters.flag("follow"),
        previous: parameters.flag("previous"),
        timestamps: parameters.flag("timestamps"),
        since_seconds,
        since_time,
        tail_lines,
        limit_bytes,
        stream,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<LogOptions> {
        options(&Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap())
    }

    #[test]
    fn every_option_is_read_and_nonsense_is_named() {
        let all =
            "container=c&follow=true&previous=1&timestamps=true&tailLines=5&limitBytes=9&sinceSeconds=3";
        let expected = LogOptions {
            container: "c".into(),
            follow: true,
            previous: true,
            timestamps: true,
            since_seconds: Some(3),
            tail_lines: Some(5),
            limit_bytes: Some(9),
            since_time: None,
            stream: None,
        };
        assert_eq!(read(all), Ok(expected));
        assert_eq!(read("stream=Stderr").unwrap().stream.as_deref(), Some("Stderr"));
        for (query, word) in [
            ("tailLines=-1", "tailLines: Invalid value: -1: must be greater than or equal to 0"),
            ("limitBytes=0", "limitBytes: Invalid value: 0: must be greater than 0"),
            ("sinceSeconds=1&sinceTime=2026-01-02T15:04:05Z", "at most one of `sinceTime` or `sinceSeconds`"),
            (
                "stream=Both",
                "stream: Unsupported value: \"Both\": supported values: \"All\", \"Stderr\", \"Stdout\"",
            ),
            ("stream=Stdout&tailLines=1", "mutually exclusive"),
        ] {
            let refused = read(query).unwrap_err();
            assert!(refused.reason.code() == 422 && refused.message.contains(word), "{}", refused.message);
        }
        assert_eq!(read("sinceTime=yesterday").unwrap_err().reason.code(), 400);
    }
}
