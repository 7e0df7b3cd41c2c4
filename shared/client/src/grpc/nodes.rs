//! What agents ask of the control plane.

use super::{Grpc, Joined, incoming, outgoing, refused};
use crate::{Duplex, Result, Session, wire::open_from_wire};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use shared_api::{Key, Refusal};
use shared_proto as proto;

/// A certificate for a node, and the authority that signed it; both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The node's certificate chain.
    pub certificate: String,
    /// The cluster's authority.
    pub authority: String,
}

/// A session that this node is to serve.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// To be given to [`Grpc::serve`].
    pub number: u64,
    /// Which pod.
    pub pod: Key,
    /// What is asked of it.
    pub session: Session,
}

impl Grpc {
    /// Joins the cluster as `node` with a token's text and a certificate request (DER).
    pub async fn join(&self, token: &str, node: &str, csr: &[u8]) -> Result<Admission> {
        let request = proto::JoinRequest { token: token.into(), node: node.into(), csr: csr.to_vec().into() };
        admitted(self.nodes().join(request).await)
    }

    /// A new certificate for the identity of this connection.
    pub async fn renew(&self, csr: &[u8]) -> Result<Admission> {
        admitted(self.nodes().renew(proto::RenewRequest { csr: csr.to_vec().into() }).await)
    }

    /// Stays open; every item is a session that `node` is to serve.
    pub async fn attend(&self, node: &str) -> Result<BoxStream<'static, Result<Call>>> {
        let request = proto::AttendRequest { node: node.into() };
        let calls = self.nodes().attend(request).await.map_err(refused)?.into_inner();
        let calls = calls.map_err(refused).and_then(|call| async move {
            let open = call.session.ok_or_else(|| Refusal::bad_request("a call without a session"))?;
            let (pod, session) = open_from_wire(open)?;
            Ok(Call { number: call.number, pod, session })
        });
        Ok(calls.boxed())
    }

    /// Takes a call up: the far end is the user's.
    pub async fn serve(&self, number: u64) -> Result<Duplex> {
        let first = proto::Frame { serve: Some(number), ..proto::Frame::default() };
        let Joined { ours, replies, frames } = outgoing(first);
        let answer = self.nodes().serve(frames).await.map_err(refused)?;
        incoming(answer.into_inner(), replies);
        Ok(ours)
    }
}

fn admitted(reply: Result<tonic::Response<proto::JoinReply>, tonic::Status>) -> Result<Admission> {
    let reply = reply.map_err(refused)?.into_inner();
    Ok(Admission { certificate: reply.certificate, authority: reply.ca })
}
