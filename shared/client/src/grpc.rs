//! The door's far end over the wire: [`Cluster`] and [`Sessions`] for users, and what agents ask.
//!
//! One HTTP/2 connection carries everything; it is opened when first needed, kept alive, and opened
//! anew when it breaks. What breaks with it says so: a call is refused as unavailable, a watch ends.

mod connect;
mod nodes;

use crate::{
    Cluster, Duplex, Event, Frame, List, Question, Result, Session, Sessions,
    wire::{
        delete_to_wire, event_from_wire, frame_from_wire, frame_to_wire, how_to_wire, key_to_wire,
        object_from_json, open_to_wire, patch_to_wire, query_to_wire, refusal_from_status,
    },
};
use async_trait::async_trait;
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use serde_json::Value;
use shared_api::{DeleteHow, Key, Object, Patch, Query, Refusal, Revision, WriteHow};
use shared_proto::{self as proto, objects_client::ObjectsClient, sessions_client::SessionsClient};
use std::{
    pin::Pin,
    task::{self, Poll},
    time::Duration,
};
use tokio::sync::mpsc;
use tonic::{Status, service::interceptor::InterceptedService, transport::Channel};

pub use connect::{Credentials, Options};
pub use nodes::{Admission, Call};

type Wire = InterceptedService<Channel, Credentials>;

const MESSAGE_LIMIT: usize = 64 << 20;

/// A connection to a control plane. Cloning shares it.
#[derive(Clone)]
pub struct Grpc {
    wire: Wire,
}

impl Grpc {
    /// A connection as these options say; nothing is sent before the first call.
    pub fn new(options: &Options) -> Result<Self> {
        Ok(Self { wire: connect::wire(options)? })
    }

    fn objects(&self) -> ObjectsClient<Wire> {
        ObjectsClient::new(self.wire.clone()).max_decoding_message_size(MESSAGE_LIMIT)
    }

    fn nodes(&self) -> proto::nodes_client::NodesClient<Wire> {
        proto::nodes_client::NodesClient::new(self.wire.clone())
    }
}

#[allow(clippy::needless_pass_by_value)] // the shape `map_err` takes
fn refused(status: Status) -> Refusal {
    refusal_from_status(&status)
}

fn encode(object: &Object, how: &WriteHow) -> proto::WriteRequest {
    proto::WriteRequest { json: object.bytes().clone(), how: Some(how_to_wire(how)) }
}

fn answer(reply: Result<tonic::Response<proto::Json>, Status>) -> Result<Object> {
    object_from_json(reply.map_err(refused)?.into_inner().json)
}

#[async_trait]
impl Cluster for Grpc {
    async fn get(&self, key: &Key) -> Result<Object> {
        answer(self.objects().get(key_to_wire(key)).await)
    }

    async fn list(&self, query: &Query) -> Result<List> {
        let request = proto::ListRequest { query: Some(query_to_wire(query)) };
        let mut pages = self.objects().list(request).await.map_err(refused)?.into_inner();
        let mut list = List { items: Vec::new(), revision: 0, continue_from: None, remaining: None };
        while let Some(page) = pages.message().await.map_err(refused)? {
            for json in page.items {
                list.items.push(object_from_json(json)?);
            }
            list.revision = page.revision;
            list.continue_from = page.continue_from;
            list.remaining = page.remaining.and_then(|n| usize::try_from(n).ok());
        }
        Ok(list)
    }

    async fn create(&self, object: Object, how: &WriteHow) -> Result<Object> {
        answer(self.objects().create(encode(&object, how)).await)
    }

    async fn update(&self, object: Object, how: &WriteHow) -> Result<Object> {
        answer(self.objects().update(encode(&object, how)).await)
    }

    async fn patch(&self, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object> {
        answer(self.objects().patch(patch_to_wire(key, patch, how)).await)
    }

    async fn delete(&self, key: &Key, how: &DeleteHow) -> Result<Object> {
        answer(self.objects().delete(delete_to_wire(key, how)).await)
    }

    async fn subresource(&self, key: &Key, name: &str, body: Option<Value>, how: &WriteHow) -> Result<Value> {
        let body = body.map(|b| b.to_string().into());
        let (key, how) = (Some(key_to_wire(key)), Some(how_to_wire(how)));
        let request = proto::SubresourceRequest { key, name: name.into(), body, how };
        let reply = self.objects().subresource(request).await.map_err(refused)?.into_inner();
        serde_json::from_slice(&reply.json)
            .map_err(|e| Refusal::internal(format!("the answer is not JSON: {e}")))
    }

    async fn watch(
        &self,
        queries: &[Query],
        from: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        let request = proto::WatchRequest { queries: queries.iter().map(query_to_wire).collect(), from };
        let batches = self.objects().watch(request).await.map_err(refused)?.into_inner();
        let events = batches
            .map_err(refused)
            .map_ok(|batch| futures::stream::iter(batch.events.into_iter().map(event_from_wire)));
        Ok(events.try_flatten().boxed())
    }

    async fn ask(&self, question: &Question) -> Result<Value> {
        let json = serde_json::to_vec(question).map_err(Refusal::internal)?.into();
        let request = proto::Json { json, warnings: Vec::new() };
        let reply = self.objects().ask(request).await.map_err(refused)?.into_inner();
        serde_json::from_slice(&reply.json)
            .map_err(|e| Refusal::internal(format!("the answer is not JSON: {e}")))
    }
}

#[async_trait]
impl Sessions for Grpc {
    async fn open(&self, pod: &Key, session: Session) -> Result<Duplex> {
        if let Session::Proxy { .. } = session {
            return Err(Refusal::bad_request("a proxy is asked over HTTP, not over gRPC"));
        }
        let first = proto::Frame { open: Some(open_to_wire(pod, &session)), ..proto::Frame::default() };
        let Joined { ours, replies, frames } = outgoing(first);
        let answer = SessionsClient::new(self.wire.clone()).open(frames).await.map_err(refused)?;
        incoming(answer.into_inner(), replies);
        Ok(ours)
    }
}

/// One side of a two-way call that is being made.
struct Joined {
    ours: Duplex,
    replies: mpsc::Sender<Frame>,
    frames: Outgoing,
}

/// Frames on their way out. A named type: the compiler cannot see through a boxed one here.
struct Outgoing {
    first: Option<proto::Frame>,
    rest: mpsc::Receiver<Frame>,
}

impl Stream for Outgoing {
    type Item = proto::Frame;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<proto::Frame>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        self.rest.poll_recv(context).map(|frame| frame.map(frame_to_wire))
    }
}

/// A [`Duplex`] whose frames go into a call, after `first`.
fn outgoing(first: proto::Frame) -> Joined {
    let (ours, theirs) = Duplex::pair(64);
    Joined { ours, replies: theirs.send, frames: Outgoing { first: Some(first), rest: theirs.receive } }
}

/// How long a call that was let go may take to deliver what was sent before.
const LINGER: Duration = Duration::from_secs(5);

/// Carries the call's replies to the [`Duplex`].
fn incoming(mut from: tonic::Streaming<proto::Frame>, to: mpsc::Sender<Frame>) {
    tokio::spawn(async move {
        loop {
            let reply = tokio::select! {
                reply = from.message() => reply,
                () = to.closed() => {
                    // To stop reading at once would reset the call, and lose what is still on its way
                    // out: a session's outcome.
                    let rest = async { while let Ok(Some(_)) = from.message().await {} };
                    let _ = tokio::time::timeout(LINGER, rest).await;
                    return;
                }
            };
            // A broken connection ends the session without an outcome, and its reader says so.
            let Ok(Some(frame)) = reply else { return };
            let Ok(frame) = frame_from_wire(frame) else { return };
            if to.send(frame).await.is_err() {
                return;
            }
        }
    });
}
