//! Watches: one JSON line per event, from where the asker wants to begin, over HTTP or a WebSocket.

mod turned;

use super::{
    accept::{Form, Shape},
    chosen::Chosen,
    parameters::Parameters,
    request::RequestInfo,
    table::{self, Look},
};
use crate::{
    door::Caller,
    meter::{Guard, METER},
};
use axum::{
    body::Body,
    extract::{
        FromRequestParts,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, future, stream::BoxStream};
use http::{StatusCode, header, request::Parts};
use rand::Rng;
use serde_json::json;
use shared_api::{FieldSelector, Freshness, Query, Reason, Refusal, Revision, Served, Timestamp};
use shared_client::{Event, Result};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// About how often a watcher that wants to is told how far history went.
const MINUTE: Duration = Duration::from_mins(1);

/// How long before its end a watch says for the last time how far it came.
const FAREWELL: Duration = Duration::from_secs(2);

/// Lines that go out in one piece, when so many are ready, and about how long a piece may be.
const LINES: usize = 128;
const PIECE: usize = 64 * 1024;

/// What a watcher hears besides changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    /// Go on after this revision.
    from: Option<Revision>,
    /// Tell what is there already.
    initial: bool,
    /// Say that it has been told.
    mark: bool,
    /// Send bookmarks.
    bookmarks: bool,
    /// How new what is there must be.
    freshness: Freshness,
}

/// What the parameters ask for.
fn wanted(parameters: &Parameters) -> Result<Wanted> {
    parameters.check_watch()?;
    let bookmarks = parameters.flag("allowWatchBookmarks");
    let (from, freshness) = (parameters.from()?, parameters.freshness()?);
    let any = Freshness::Any;
    Ok(match parameters.chosen("sendInitialEvents") {
        Some(true) => Wanted { from: None, initial: true, mark: bookmarks, bookmarks, freshness },
        Some(false) => Wanted { from, initial: false, mark: false, bookmarks, freshness: any },
        None if from.is_some() => Wanted { from, initial: true, mark: false, bookmarks, freshness: any },
        None => Wanted { from, initial: true, mark: false, bookmarks, freshness },
    })
}

/// Opens the watch and answers with its lines.
pub(super) async fn serve(
    caller: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
    parts: &mut Parts,
) -> Result<Response> {
    let wanted = wanted(parameters)?;
    let mut query = parameters.query(info.kind, info.namespace.as_deref())?;
    if !info.name.is_empty() {
        query.selectors.fields = FieldSelector::equal("metadata.name", &info.name);
    }
    let chosen = Chosen::of(info, &mut query, wanted.from.is_some());
    let length = length(parameters)?;
    let lines = match open(caller, &query, wanted).await {
        Ok(events) => {
            let events = match caller.asked_for(info.served) {
                Some(converter) => turned::events(events, info.served, converter),
                None => events,
            };
            let events = match chosen {
                Some(mut chosen) => {
                    events.filter_map(move |event| future::ready(chosen.event(event))).boxed()
                }
                None => events,
            };
            Lines::new(events, info, form, wanted, length).pieces().boxed()
        }
        // Watchers take this as an event: they then list again.
        Err(refusal) if matches!(refusal.reason, Reason::Expired | Reason::Gone) => {
            futures::stream::iter([vec![error(&refusal)]]).boxed()
        }
        Err(refusal) => return Err(refusal),
    };
    if parts.headers.contains_key(header::UPGRADE) {
        let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await;
        let upgrade = upgrade.map_err(|why| Refusal::bad_request(format!("unable to upgrade: {why}")))?;
        return Ok(upgrade.on_upgrade(|socket| say(socket, lines)));
    }
    let body = Body::from_stream(lines.map(|lines| Ok::<Bytes, Infallible>(joined(lines))));
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// One piece for everything that is ready: fewer writes when much happens at once.
fn joined(mut lines: Vec<Vec<u8>>) -> Bytes {
    if lines.len() == 1 {
        return lines.remove(0).into();
    }
    lines.concat().into()
}

/// Sends every line as a message of its own, until either end has enough.
async fn say(mut socket: WebSocket, mut lines: BoxStream<'static, Vec<Vec<u8>>>) {
    loop {
        tokio::select! {
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                // Nothing is expected of a watcher; pings are answered below us.
                Some(Ok(_)) => {}
            },
            piece = lines.next() => {
                let Some(piece) = piece else { break };
                for line in piece {
                    let Ok(text) = Utf8Bytes::try_from(line) else { continue };
                    if socket.send(Message::Text(text)).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
    let _ = socket.send(Message::Close(None)).await;
}

async fn open(
    caller: &dyn Caller,
    query: &Query,
    wanted: Wanted,
) -> Result<BoxStream<'static, Result<Event>>> {
    caller.reach(wanted.freshness).await?;
    let events = caller.watch(std::slice::from_ref(query), wanted.from).await?;
    if wanted.initial || wanted.from.is_some() {
        return Ok(events);
    }
    // Only what comes after the present state.
    let mut told = false;
    Ok(events
        .filter(move |event| {
            let was_told = told;
            told |= matches!(event, Ok(Event::Bookmark { initial: true, .. }));
            future::ready(was_told || event.is_err())
        })
        .boxed())
}

/// How long the watch lasts; without a wish half an hour to an hour, so that not all end at once.
fn length(parameters: &Parameters) -> Result<Duration> {
    let asked = parameters.number("timeoutSeconds")?.and_then(|seconds| u64::try_from(seconds).ok());
    let seconds = asked.filter(|seconds| *seconds > 0);
    // Beyond a year it makes no difference.
    let seconds = seconds.map(|seconds| seconds.min(31_536_000));
    Ok(Duration::from_secs(seconds.unwrap_or_else(|| rand::rng().random_range(1800..3600))))
}

/// A watch as its lines.
struct Lines {
    events: BoxStream<'static, Result<Event>>,
    served: Served,
    form: Form,
    wanted: Wanted,
    /// The columns of a table have not been named yet.
    columns: bool,
    /// The watcher may be told that it is complete up to here.
    reached: Revision,
    ends: Instant,
    /// Rings when a bookmark is due, and at the end.
    alarm: Pin<Box<Sleep>>,
    over: bool,
    sent: Arc<AtomicU64>,
    _lasting: Guard,
}

impl Lines {
    fn new(
        events: BoxStream<'static, Result<Event>>,
        info: &RequestInfo,
        form: Form,
        wanted: Wanted,
        length: Duration,
    ) -> Self {
        let served = info.served;
        let now = Instant::now();
        let ends = now + length;
        let alarm = Box::pin(sleep_until(next_alarm(now, ends)));
        let reached = wanted.from.unwrap_or(0);
        let (sent, lasting) = (METER.events(served), METER.lasting(info.measured(false)));
        Self {
            events,
            served,
            form,
            wanted,
            columns: true,
            reached,
            ends,
            alarm,
            over: false,
            sent,
            _lasting: lasting,
        }
    }

    /// The lines, as many together as are ready.
    fn pieces(self) -> impl Stream<Item = Vec<Vec<u8>>> + Send {
        futures::stream::unfold(self, |mut lines| async move {
            if Instant::now() >= lines.ends {
                return None;
            }
            let mut piece = vec![lines.next().await?];
            let mut length = piece[0].len();
            while piece.len() < LINES
                && length < PIECE
                && let Some(Some(line)) = lines.next().now_or_never()
            {
                length += line.len();
                piece.push(line);
            }
            Some((piece, lines))
        })
    }

    async fn next(&mut self) -> Option<Vec<u8>> {
        while !self.over {
            tokio::select! {
                biased;
                // Events come first: only when none is ready everything up to the last one has been told.
                event = self.events.next() => match event {
                    None => break,
                    Some(Ok(event)) => {
                        if let Some(line) = self.line(&event) {
                            return Some(line);
                        }
                    }
                    Some(Err(refusal)) => {
                        self.over = true;
                        return Some(error(&refusal));
                    }
                },
                () = &mut self.alarm => {
                    let now = Instant::now();
                    if now >= self.ends {
                        break;
                    }
                    self.alarm.as_mut().reset(next_alarm(now, self.ends));
                    if self.wanted.bookmarks && self.reached > 0 {
                        return Some(bookmark(self.served, self.form, self.reached, false));
                    }
                }
            }
        }
        self.over = true;
        None
    }

    /// One event as the asker hears it.
    fn line(&mut self, event: &Event) -> Option<Vec<u8>> {
        self.reached = self.reached.max(event.revision());
        let (word, object) = match event {
            Event::Added(object) => ("ADDED", object),
            Event::Modified(object) => ("MODIFIED", object),
            Event::Deleted(object) => ("DELETED", object),
            Event::Bookmark { revision, initial, .. } => {
                let mark = *initial && self.wanted.mark;
                return mark.then(|| bookmark(self.served, self.form, *revision, true));
            }
        };
        self.sent.fetch_add(1, Ordering::Relaxed);
        let mut bytes = Vec::with_capacity(object.bytes().len() + 64);
        bytes.extend_from_slice(br#"{"type":""#);
        bytes.extend_from_slice(word.as_bytes());
        bytes.extend_from_slice(br#"","object":"#);
        match self.form.shape {
            Shape::Whole if self.served.is_stored() => bytes.extend_from_slice(object.bytes()),
            Shape::Whole => bytes.extend_from_slice(self.served.shown(object).bytes()),
            Shape::Metadata | Shape::MetadataList => bytes.extend(table::metadata(object, self.form.meta)),
            Shape::Table(include) => {
                let first = std::mem::take(&mut self.columns);
                let look = Look::new(self.served, self.form.meta, include, Timestamp::now());
                bytes.extend(look.one(object, first));
            }
        }
        bytes.extend_from_slice(b"}\n");
        Some(bytes)
    }
}

/// When to look up next: in a minute, shortly before the end, at the end.
fn next_alarm(now: Instant, ends: Instant) -> Instant {
    let farewell = ends.checked_sub(FAREWELL).filter(|at| *at > now).unwrap_or(ends);
    farewell.min(now + MINUTE)
}

fn bookmark(served: Served, form: Form, revision: Revision, mark: bool) -> Vec<u8> {
    let mut meta = json!({"resourceVersion": revision.to_string(), "creationTimestamp": null});
    if mark {
        meta["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    let bare = json!({"kind": "PartialObjectMetadata", "apiVersion": form.meta, "metadata": meta});
    let object = match form.shape {
        Shape::Whole => {
            json!({"kind": served.kind.kind, "apiVersion": served.api_version(), "metadata": meta})
        }
        Shape::Metadata | Shape::MetadataList => bare,
        Shape::Table(_) => json!({
            "kind": "Table", "apiVersion": form.meta,
            "metadata": {"resourceVersion": revision.to_string()},
            "columnDefinitions": null, "rows": [{"cells": [], "object": bare}],
        }),
    };
    format!("{}\n", json!({"type": "BOOKMARK", "object": object})).into_bytes()
}

fn error(refusal: &Refusal) -> Vec<u8> {
    format!("{}\n", json!({"type": "ERROR", "object": refusal.to_status()})).into_bytes()
}

#[cfg(test)]
mod tests;
