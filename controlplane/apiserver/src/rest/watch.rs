//! Watches: one JSON line per event, from where the asker wants to begin.

use super::{
    accept::{Form, Shape},
    parameters::Parameters,
    request::RequestInfo,
    table,
};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, future, stream::BoxStream};
use http::{StatusCode, header};
use rand::Rng;
use serde_json::json;
use shared_api::{FieldSelector, Query, Reason, Refusal, Revision, Served, Timestamp};
use shared_client::{Cluster, Event, Result};
use std::{convert::Infallible, time::Duration};

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
}

/// What the parameters ask for.
fn wanted(parameters: &Parameters) -> Result<Wanted> {
    parameters.check_watch()?;
    let bookmarks = parameters.flag("allowWatchBookmarks");
    let revision = parameters.revision()?;
    Ok(match parameters.chosen("sendInitialEvents") {
        // A state "not older than" the asked one: the newest always is.
        Some(true) => Wanted { from: None, initial: true, mark: bookmarks, bookmarks },
        Some(false) => Wanted { from: revision, initial: false, mark: false, bookmarks },
        None => Wanted { from: revision, initial: true, mark: false, bookmarks },
    })
}

/// Opens the watch and answers with its lines.
pub(super) async fn serve(
    cluster: &dyn Cluster,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
) -> Result<Response> {
    let wanted = wanted(parameters)?;
    let mut query = parameters.query(info.kind, info.namespace.as_deref())?;
    (query.limit, query.continue_from) = (0, None);
    if !info.name.is_empty() {
        query.selectors.fields = FieldSelector::equal("metadata.name", &info.name);
    }
    let length = length(parameters)?;
    let lines = match open(cluster, &query, wanted).await {
        Ok(events) => lines(events, info.served, form, wanted),
        // Watchers take this as an event: they then list again.
        Err(refusal) if matches!(refusal.reason, Reason::Expired | Reason::Gone) => {
            futures::stream::iter([error(&refusal)]).boxed()
        }
        Err(refusal) => return Err(refusal),
    };
    // One piece for everything that is ready: fewer writes when much happens at once.
    let pieces = lines.ready_chunks(128).map(|lines| Ok::<Bytes, Infallible>(lines.concat().into()));
    let body = Body::from_stream(pieces.take_until(tokio::time::sleep(length)));
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

async fn open(
    cluster: &dyn Cluster,
    query: &Query,
    wanted: Wanted,
) -> Result<BoxStream<'static, Result<Event>>> {
    let events = cluster.watch(std::slice::from_ref(query), wanted.from).await?;
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
    Ok(Duration::from_secs(seconds.unwrap_or_else(|| rand::rng().random_range(1800..3600))))
}

fn lines(
    events: BoxStream<'static, Result<Event>>,
    served: Served,
    form: Form,
    wanted: Wanted,
) -> BoxStream<'static, Vec<u8>> {
    let mut columns = true;
    let mut over = false;
    events
        .take_while(move |event| {
            let was_over = over;
            over = event.is_err();
            future::ready(!was_over)
        })
        .filter_map(move |event| {
            let line = match event {
                Ok(event) => line(&event, served, form, wanted, &mut columns),
                Err(refusal) => Some(error(&refusal)),
            };
            future::ready(line)
        })
        .boxed()
}

/// One event as the asker hears it.
fn line(event: &Event, served: Served, form: Form, wanted: Wanted, columns: &mut bool) -> Option<Vec<u8>> {
    let (word, object) = match event {
        Event::Added(object) => ("ADDED", object),
        Event::Modified(object) => ("MODIFIED", object),
        Event::Deleted(object) => ("DELETED", object),
        Event::Bookmark { revision, initial, .. } => {
            let mark = *initial && wanted.mark;
            return (mark || wanted.bookmarks).then(|| bookmark(served, form, *revision, mark));
        }
    };
    let mut bytes = format!(r#"{{"type":"{word}","object":"#).into_bytes();
    match form.shape {
        Shape::Whole => bytes.extend_from_slice(served.shown(object).bytes()),
        Shape::Metadata => bytes.extend(table::metadata(object)),
        Shape::Table(include) => {
            let meta = json!({"resourceVersion": object.metadata().resource_version});
            let objects = std::slice::from_ref(object);
            let first = std::mem::take(columns);
            bytes.extend(table::table(served, objects, include, &meta, first, Timestamp::now()));
        }
    }
    bytes.extend_from_slice(b"}\n");
    Some(bytes)
}

fn bookmark(served: Served, form: Form, revision: Revision, mark: bool) -> Vec<u8> {
    let mut meta = json!({"resourceVersion": revision.to_string(), "creationTimestamp": null});
    if mark {
        meta["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    let object = match form.shape {
        Shape::Whole => {
            json!({"kind": served.kind.kind, "apiVersion": served.api_version(), "metadata": meta})
        }
        Shape::Metadata => {
            json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta})
        }
        Shape::Table(_) => {
            let object =
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta});
            json!({
                "kind": "Table", "apiVersion": "meta.k8s.io/v1",
                "metadata": {"resourceVersion": revision.to_string()},
                "columnDefinitions": [], "rows": [{"cells": [], "object": object}],
            })
        }
    };
    format!("{}\n", json!({"type": "BOOKMARK", "object": object})).into_bytes()
}

fn error(refusal: &Refusal) -> Vec<u8> {
    format!("{}\n", json!({"type": "ERROR", "object": refusal.to_status()})).into_bytes()
}

/// A list no older than the asked revision, or why there is none.
pub(super) fn fresh_enough(parameters: &Parameters, revision: Revision) -> Result<()> {
    match parameters.revision()? {
        Some(asked) if asked > revision => {
            let message = format!("Too large resource version: {asked}, current: {revision}");
            Err(Refusal::new(Reason::Timeout, message))
        }
        Some(asked) if asked < revision && parameters.get("resourceVersionMatch") == Some("Exact") => {
            let message = format!(
                "The resourceVersion for the provided list is too old: lists are of the present, {revision}"
            );
            Err(Refusal::new(Reason::Expired, message))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Wanted {
        wanted(&Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn where_a_watch_begins() {
        let plain = Wanted { from: None, initial: true, mark: false, bookmarks: false };
        assert_eq!(asked(""), plain);
        assert_eq!(asked("resourceVersion=0"), plain);
        assert_eq!(asked("resourceVersion=7"), Wanted { from: Some(7), ..plain });
        let informer = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        assert_eq!(asked(informer), Wanted { mark: true, bookmarks: true, ..plain });
        let later = "sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
        assert_eq!(asked(later), Wanted { initial: false, ..plain });
    }

    #[test]
    fn lists_are_never_older_than_asked() {
        let asked =
            |query: &str| fresh_enough(&Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap(), 10);
        assert!(asked("resourceVersion=10").is_ok());
        assert_eq!(asked("resourceVersion=11").unwrap_err().reason, Reason::Timeout);
        assert_eq!(
            asked("resourceVersion=9&resourceVersionMatch=Exact").unwrap_err().reason,
            Reason::Expired
        );
        assert!(asked("resourceVersion=9&resourceVersionMatch=NotOlderThan").is_ok());
    }
}
