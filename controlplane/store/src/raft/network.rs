//! The way to other members. There is none yet: a cluster has one member, and says so when asked for more.

use super::types::{MemberId, TypeConfig};
use openraft::BasicNode;
use openraft::error::{InstallSnapshotError, RPCError, RaftError, Unreachable};
use openraft::network::{RPCOption, RaftNetwork, RaftNetworkFactory};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, InstallSnapshotRequest, InstallSnapshotResponse,
    VoteRequest, VoteResponse,
};

/// Makes connections to members.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network;

/// A connection to one member.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    member: MemberId,
    address: String,
}

#[derive(Debug, thiserror::Error)]
#[error("member {member} at {address} cannot be reached: this version has no connections between members")]
struct NoWay {
    member: MemberId,
    address: String,
}

impl Peer {
    fn unreachable(&self) -> Unreachable {
        Unreachable::new(&NoWay { member: self.member, address: self.address.clone() })
    }
}

impl RaftNetworkFactory<TypeConfig> for Network {
    type Network = Peer;

    async fn new_client(&mut self, target: MemberId, node: &BasicNode) -> Peer {
        Peer { member: target, address: node.addr.clone() }
    }
}

impl RaftNetwork<TypeConfig> for Peer {
    async fn append_entries(
        &mut self,
        _: AppendEntriesRequest<TypeConfig>,
        _: RPCOption,
    ) -> Result<AppendEntriesResponse<MemberId>, RPCError<MemberId, BasicNode, RaftError<MemberId>>> {
        Err(self.unreachable().into())
    }

    async fn install_snapshot(
        &mut self,
        _: InstallSnapshotRequest<TypeConfig>,
        _: RPCOption,
    ) -> Result<
        InstallSnapshotResponse<MemberId>,
        RPCError<MemberId, BasicNode, RaftError<MemberId, InstallSnapshotError>>,
    > {
        Err(self.unreachable().into())
    }

    async fn vote(
        &mut self,
        _: VoteRequest<MemberId>,
        _: RPCOption,
    ) -> Result<VoteResponse<MemberId>, RPCError<MemberId, BasicNode, RaftError<MemberId>>> {
        Err(self.unreachable().into())
    }
}
