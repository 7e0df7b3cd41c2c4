//! Reading, writing and watching objects.

use super::{Answers, Wire, counted::Counted, said};
use crate::{
    door::{Caller, Converter, Door},
    fields::name_of,
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use shared_api::{Object, PatchType, Refusal, Served, WriteHow, current};
use shared_client::{
    Event,
    wire::{
        delete_from_wire, event_to_wire, how_from_wire, key_from_wire, patch_from_wire, query_from_wire,
        sent_object,
    },
};
use shared_proto as proto;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Most events of one batch, and most bytes: a slow reader is not handed what it must refuse.
const EVENTS: usize = 256;
const BYTES: usize = 1024 * 1024;

#[tonic::async_trait]
impl proto::objects_server::Objects for Wire {
    async fn get(&self, request: Request<proto::Key>) -> Result<Response<proto::Json>, Status> {
        let caller = self.caller(&request)?;
        let key = key_from_wire(Some(request.into_inner())).map_err(said)?;
        let counted = Counted::of("GET", &key.kind, "", &key.namespace, &key.name);
        answer(&*caller, counted.answered(caller.get(&key).await)).await
    }

    type ListStream = Answers<proto::ListPage>;

    async fn list(&self, request: Request<proto::ListRequest>) -> Result<Response<Self::ListStream>, Status> {
        let caller = self.caller(&request)?;
        let query = request.into_inner().query.ok_or_else(|| missing("query"))?;
        let query = query_from_wire(query).map_err(said)?;
        let kind = shared_api::of(&query.kind.group, &query.kind.kind);
        let defined = kind.is_some_and(|kind| kind.custom.is_some());
        let counted =
            Counted::of("LIST", &query.kind, "", query.namespace.as_deref().unwrap_or_default(), "");
        let mut list = counted.answered(caller.list(&query).await).map_err(said)?;
        if let Some(kind) = kind {
            list.items = caller.spoken(Served::stored(kind), list.items).await.map_err(said)?;
        }
        let shown = |object: Object| if defined { current(object) } else { object }.bytes().clone();
        let mut pages = batches(list.items.into_iter().map(shown).collect(), Bytes::len);
        let last = proto::ListPage {
            items: pages.pop().unwrap_or_default(),
            revision: list.revision,
            continue_from: list.continue_from,
            remaining: list.remaining.map(|n| n as u64),
        };
        let pages = pages.into_iter().map(|items| proto::ListPage { items, ..proto::ListPage::default() });
        Ok(Response::new(stream::iter(pages.chain([last]).map(Ok)).boxed()))
    }

    async fn create(&self, request: Request<proto::WriteRequest>) -> Result<Response<proto::Json>, Status> {
        let caller = self.caller(&request)?;
        let agent = agent(&request);
        let proto::WriteRequest { json, how } = request.into_inner();
        let how = signed(how_from_wire(how), &agent).map_err(said)?;
        let object = sent_object(&json).map_err(said)?;
        let counted = written("POST", &object, &how);
        answer(&*caller, counted.answered(caller.create(object, &how).await)).await
    }

    async fn update(&self, request: Request<proto::WriteRequest>) -> Result<Response<proto::Json>, Status> {
        let caller = self.caller(&request)?;
        let agent = agent(&request);
        let proto::WriteRequest { json, how } = request.into_inner();
        let how = signed(how_from_wire(how), &agent).map_err(said)?;
        let object = sent_object(&json).map_err(said)?;
        let counted = written("PUT", &object, &how);
        answer(&*caller, counted.answered(caller.update(object, &how).await)).await
    }

    async fn patch(&self, request: Request<proto::PatchRequest>) -> Result<Response<proto::Json>, Status> {
        let caller = self.caller(&request)?;
        let agent = agent(&request);
        let (key, patch, mut how) = patch_from_wire(request.into_inner()).map_err(said)?;
        // Who applies says in whose name.
        if !matches!(patch.kind, PatchType::Apply { .. }) {
            how = signed(Ok(how), &agent).map_err(said)?;
        }
        let part = how.subresource.as_deref().unwrap_or_default();
        let counted = Counted::of("PATCH", &key.kind, part, &key.namespace, &key.name).dry(how.dry_run);
        answer(&*caller, counted.answered(caller.patch(&key, &patch, &how).await)).await
    }

    async fn delete(&self, request: Request<proto::DeleteRequest>) -> Result<Response<proto::Json>, Status> {
        let caller = self.caller(&request)?;
        let (key, how) = delete_from_wire(request.into_inner()).map_err(said)?;
        let counted = Counted::of("DELETE", &key.kind, "", &key.namespace, &key.name).dry(how.dry_run);
        answer(&*caller, counted.answered(caller.delete(&key, &how).await)).await
    }

    async fn subresource(
        &self,
        request: Request<proto::SubresourceRequest>,
    ) -> Result<Response<proto::Json>, Status> {
        let caller = self.caller(&request)?;
        let agent = agent(&request);
        let proto::SubresourceRequest { key, name, body, how } = request.into_inner();
        let how = signed(how_from_wire(how), &agent).map_err(said)?;
        let key = key_from_wire(key).map_err(said)?;
        let body = body.map(|b| serde_json::from_slice(&b)).transpose();
        let body = body.map_err(|e| said(Refusal::bad_request(format!("the body is not JSON: {e}"))))?;
        let verb = if body.is_some() { "POST" } else { "GET" };
        let counted = Counted::of(verb, &key.kind, &name, &key.namespace, &key.name).dry(how.dry_run);
        let value = counted.answered(caller.subresource(&key, &name, body, &how).await).map_err(said)?;
        Ok(Response::new(proto::Json { json: value.to_string().into(), warnings: caller.warnings() }))
    }

    async fn ask(&self, request: Request<proto::Json>) -> Result<Response<proto::Json>, Status> {
        let caller = self.caller(&request)?;
        let question = serde_json::from_slice(&request.into_inner().json);
        let question =
            question.map_err(|e| said(Refusal::bad_request(format!("the question is none: {e}"))))?;
        let answer = caller.ask(&question).await.map_err(said)?;
        Ok(Response::new(proto::Json { json: answer.to_string().into(), warnings: caller.warnings() }))
    }

    type WatchStream = Answers<proto::WatchBatch>;

    async fn watch(
        &self,
        request: Request<proto::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let caller = self.caller(&request)?;
        let proto::WatchRequest { queries, from } = request.into_inner();
        let queries =
            queries.into_iter().map(query_from_wire).collect::<Result<Vec<_>, _>>().map_err(said)?;
        let within = |query: &shared_api::Query| query.namespace.clone().unwrap_or_default();
        let counted: Vec<_> =
            queries.iter().map(|q| Counted::of("WATCH", &q.kind, "", &within(q), "")).collect();
        let lasting: Vec<_> = counted.iter().filter_map(Counted::lasting).collect();
        let mut events = caller.watch(&queries, from).await;
        for counted in counted {
            events = counted.answered(events);
        }
        let events = events.map_err(said)?;
        let told = events.ready_chunks(EVENTS).then(move |events| told(caller.converter(), events));
        let told = told.flat_map(stream::iter);
        let counted = told.map(move |batch| {
            let _ = &lasting;
            batch
        });
        Ok(Response::new(counted.boxed()))
    }
}

impl Wire {
    fn caller<T>(&self, request: &Request<T>) -> Result<Arc<dyn Caller>, Status> {
        Ok(self.0.caller(&self.user(request)?))
    }
}

/// A write of an object, counted.
fn written(verb: &'static str, object: &Object, how: &WriteHow) -> Counted {
    let part = how.subresource.as_deref().unwrap_or_default();
    // What is new has no place of its own yet.
    let name = if verb == "POST" { "" } else { object.name() };
    Counted::of(verb, &object.group_kind(), part, object.namespace(), name).dry(how.dry_run)
}

/// What the client calls itself.
fn agent<T>(request: &Request<T>) -> String {
    request.metadata().get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

/// In the name of the client when the request names nobody.
fn signed(how: Result<WriteHow, Refusal>, agent: &str) -> Result<WriteHow, Refusal> {
    let mut how = how?;
    how.manager = how.manager.filter(|name| !name.is_empty()).or_else(|| Some(name_of(agent)));
    Ok(how)
}

async fn answer(
    caller: &dyn Caller,
    object: Result<Object, Refusal>,
) -> Result<Response<proto::Json>, Status> {
    let object = spoken(caller.converter().as_ref(), object.map_err(said)?).await;
    let json = object.map_err(said)?.bytes().clone();
    Ok(Response::new(proto::Json { json, warnings: caller.warnings() }))
}

/// An object in the version its kind is stored in now: whoever asks here speaks no other.
async fn spoken(converter: Option<&Arc<dyn Converter>>, object: Object) -> Result<Object, Refusal> {
    // Most clusters define nothing, and then nothing is looked up.
    if shared_api::mark() > 0
        && let Some(kind) = shared_api::of(&object.group_kind().group, object.kind())
        && kind.converts()
        && let Some(converter) = converter
    {
        let mut turned = converter.turned(Served::stored(kind), vec![object.clone()]).await?;
        return Ok(turned.pop().unwrap_or(object));
    }
    Ok(current(object))
}

/// What happened, in messages of a fair size; after a refusal nothing follows.
async fn told(
    converter: Option<Arc<dyn Converter>>,
    events: Vec<Result<Event, Refusal>>,
) -> Vec<Result<proto::WatchBatch, Status>> {
    let mut fine = Vec::with_capacity(events.len());
    let mut why = None;
    for event in events {
        let event = match event {
            Ok(Event::Added(object)) => spoken(converter.as_ref(), object).await.map(Event::Added),
            Ok(Event::Modified(object)) => spoken(converter.as_ref(), object).await.map(Event::Modified),
            event => event,
        };
        match event {
            Ok(event) => fine.push(event_to_wire(&event)),
            Err(refusal) => {
                why = Some(said(refusal));
                break;
            }
        }
    }
    let batches = batches(fine, |e| e.json.len());
    batches.into_iter().map(|events| Ok(proto::WatchBatch { events })).chain(why.map(Err)).collect()
}

fn batches<T>(items: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut all, mut bytes) = (Vec::<Vec<T>>::new(), 0);
    for item in items {
        bytes += size(&item);
        match all.last_mut() {
            Some(batch) if bytes <= BYTES => batch.push(item),
            _ => {
                bytes = size(&item);
                all.push(vec![item]);
            }
        }
    }
    all
}

fn missing(what: &str) -> Status {
    said(Refusal::bad_request(format!("the message has no {what}")))
}
