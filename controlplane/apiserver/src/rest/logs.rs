//! `GET …/log`: what a container has written, as plain text, for as long as it is followed.

use super::{parameters::Parameters, request::RequestInfo};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, stream};
use http::header;
use shared_api::{Invalid, Refusal, meta::Status};
use shared_client::{Channel, Duplex, Frame, LogOptions, Result, Session, Sessions};
use std::{io, time::Duration};

/// How long a first line, or an error in its place, is waited for before the answer begins.
const FIRST: Duration = Duration::from_secs(2);

/// Opens the log and answers with its text.
pub(super) async fn serve(
    sessions: &dyn Sessions,
    info: &RequestInfo,
    parameters: &Parameters,
) -> Result<Response> {
    let options = options(parameters)?;
    let mut log = sessions.open(&info.key(), Session::Logs(options)).await?;
    let first = match tokio::time::timeout(FIRST, log.receive.recv()).await {
        Ok(Some(frame)) if frame.channel == Channel::Outcome => {
            failure(&frame.data).map_or(Ok(()), Err)?;
            None
        }
        Ok(Some(frame)) => Some(frame),
        Ok(None) => return Err(broken()),
        // Nothing written yet.
        Err(_) => return Ok(text(Body::from_stream(rest(log)))),
    };
    Ok(match first {
        Some(frame) => {
            let rest = rest(log);
            text(Body::from_stream(futures::StreamExt::chain(stream::iter([Ok(frame.data)]), rest)))
        }
        None => text(Body::empty()),
    })
}

fn text(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], body).into_response()
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

fn failure(outcome: &[u8]) -> Option<Refusal> {
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
    let mut positive = |name: &str, least: i64| -> Result<Option<i64>> {
        let found = parameters.number(name)?;
        if let Some(number) = found.filter(|number| *number < least) {
            invalid.value(name, number, &format!("must be greater than or equal to {least}"));
        }
        Ok(found)
    };
    let (tail_lines, limit_bytes) = (positive("tailLines", 0)?, positive("limitBytes", 1)?);
    let since_seconds = positive("sinceSeconds", 1)?;
    let since_time = parameters.get("sinceTime").map(str::to_owned);
    if since_seconds.is_some() && since_time.is_some() {
        invalid.forbidden("sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified");
    }
    if let Some(time) = &since_time
        && time.parse::<shared_api::Timestamp>().is_err()
    {
        invalid.value("sinceTime", time, "must be an RFC 3339 time such as 2026-01-02T15:04:05Z");
    }
    if let Some(stream) = parameters.get("stream").filter(|stream| *stream != "All") {
        invalid.unsupported("stream", stream, &["All"]);
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
        };
        assert_eq!(read(all), Ok(expected));
        for (query, field) in [
            ("tailLines=-1", "tailLines"),
            ("limitBytes=0", "limitBytes"),
            ("sinceTime=yesterday", "sinceTime"),
            ("sinceSeconds=1&sinceTime=2026-01-02T15:04:05Z", "sinceSeconds"),
            ("stream=Stdout", "stream"),
        ] {
            let refused = read(query).unwrap_err();
            assert!(refused.reason.code() == 422 && refused.message.contains(field), "{}", refused.message);
        }
    }
}
