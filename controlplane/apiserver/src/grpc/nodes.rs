//! What agents ask: to join, to attend, to serve.

use super::{
    Answers, Wire, said,
    sessions::{first, join},
};
use crate::server::Server;
use futures::{Stream, StreamExt};
use shared_api::{Reason, Refusal};
use shared_client::wire::open_to_wire;
use shared_proto as proto;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

#[tonic::async_trait]
impl proto::nodes_server::Nodes for Wire {
    async fn join(&self, request: Request<proto::JoinRequest>) -> Result<Response<proto::JoinReply>, Status> {
        let proto::JoinRequest { token, node, csr } = request.into_inner();
        match self.0.join(&token, &node, &csr) {
            Ok(joined) => {
                tracing::info!(node, "joined");
                Ok(Response::new(reply(joined)))
            }
            Err(refusal) => {
                tracing::info!(node, error = %refusal, "refused to join");
                Err(said(refusal))
            }
        }
    }

    async fn renew(
        &self,
        request: Request<proto::RenewRequest>,
    ) -> Result<Response<proto::JoinReply>, Status> {
        let node = self.node(&request)?;
        self.0.sign(&node, &request.into_inner().csr).map(|joined| Response::new(reply(joined))).map_err(said)
    }

    type AttendStream = Answers<proto::Call>;

    async fn attend(
        &self,
        request: Request<proto::AttendRequest>,
    ) -> Result<Response<Self::AttendStream>, Status> {
        let node = self.node(&request)?;
        let asked = request.into_inner().node;
        if asked != node {
            let why = format!("forbidden: node {node:?} cannot attend as {asked:?}");
            return Err(said(Refusal::new(Reason::Forbidden, why)));
        }
        let (number, calls) = self.0.nodes.attend(&node);
        let line = Line { server: Arc::clone(&self.0), node, number, calls };
        Ok(Response::new(line.map(Ok).boxed()))
    }

    type ServeStream = Answers<proto::Frame>;

    async fn serve(
        &self,
        request: Request<Streaming<proto::Frame>>,
    ) -> Result<Response<Self::ServeStream>, Status> {
        let node = self.node(&request)?;
        let mut frames = request.into_inner();
        let number = first(&mut frames).await?.serve;
        let number = number.ok_or_else(|| said(Refusal::bad_request("the first frame serves no call")))?;
        let ours = self.0.nodes.serve(&node, number).map_err(said)?;
        let (answers, sent_last) = join(frames, ours);
        // An agent that ended its side has told the outcome: nothing more is of use to it.
        Ok(Response::new(answers.take_until(sent_last).boxed()))
    }
}

fn reply(joined: crate::nodes::Joined) -> proto::JoinReply {
    proto::JoinReply { certificate: joined.certificate, ca: joined.authority }
}

/// An attending agent's line; when it is dropped, the switchboard knows.
struct Line {
    server: Arc<Server>,
    node: String,
    number: u64,
    calls: mpsc::Receiver<crate::nodes::Call>,
}

impl Stream for Line {
    type Item = proto::Call;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.calls.poll_recv(context).map(|call| {
            let call = call?;
            Some(proto::Call { number: call.number, session: Some(open_to_wire(&call.pod, &call.session)) })
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.server.nodes.left(&self.node, self.number);
    }
}
