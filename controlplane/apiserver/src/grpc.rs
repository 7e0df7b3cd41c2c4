//! The door over gRPC: a translator that knows its wire and nothing else.

mod counted;
mod nodes;
mod objects;
mod sessions;

use crate::{
    door::{Credentials, Door, PeerCertificate, User},
    rest,
    server::Server,
};
use futures::stream::BoxStream;
use shared_client::{Refusal, wire::refusal_to_status};
use shared_proto::{
    nodes_server::NodesServer, objects_server::ObjectsServer, sessions_server::SessionsServer,
};
use std::sync::Arc;
use tonic::{Request, Status, service::Routes};

/// Messages up to this size are taken: an object of the largest size, and room to spare.
const LARGEST: usize = 8 * 1024 * 1024;

type Answers<T> = BoxStream<'static, Result<T, Status>>;

/// Every gRPC service of the control plane, to be served on its one port. The port puts a
/// [`PeerCertificate`] into the extensions of every request.
pub fn routes(server: Arc<Server>) -> Routes {
    let wire = Wire(server);
    Routes::new(ObjectsServer::new(wire.clone()).max_decoding_message_size(LARGEST))
        .add_service(SessionsServer::new(wire.clone()).max_decoding_message_size(LARGEST))
        .add_service(NodesServer::new(wire).max_decoding_message_size(LARGEST))
}

/// All services; each is in a file of its own.
#[derive(Clone)]
struct Wire(Arc<Server>);

impl Wire {
    /// Who sends a request.
    fn user<T>(&self, request: &Request<T>) -> Result<User, Status> {
        let certificate = request.extensions().get::<PeerCertificate>().cloned().unwrap_or_default();
        let header = request.metadata().get("authorization").and_then(|v| v.to_str().ok());
        let token = header.and_then(|h| h.strip_prefix("Bearer ")).map(Into::into);
        let act_as = rest::act_as(request.metadata().as_ref());
        let credentials = Credentials { certificate, token, act_as };
        self.0.authenticate(&credentials).map_err(said)
    }

    /// The node that sends a request.
    fn node<T>(&self, request: &Request<T>) -> Result<String, Status> {
        let user = self.user(request)?;
        let why = || {
            let message = format!("forbidden: User {:?} is no node", user.name);
            said(Refusal::new(shared_api::Reason::Forbidden, message))
        };
        crate::authz::node(&user).map(Into::into).ok_or_else(why)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn said(refusal: Refusal) -> Status {
    refusal_to_status(&refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use controlplane_store::{Memory, Window};
    use shared_api::Timestamp;

    #[tokio::test]
    async fn requests_are_counted_here_too() {
        let wire = Wire(Server::new(Memory::with_window(Window::default()), Options::new(Timestamp::now)));
        let mut request = Request::new(shared_proto::Key {
            kind: "Lease".into(),
            group: "coordination.k8s.io".into(),
            namespace: "counted".into(),
            name: "a".into(),
        });
        let user = User { name: "al".into(), groups: vec!["system:masters".into()], ..User::default() };
        request.extensions_mut().insert(PeerCertificate(Some(Arc::new(Ok(user)))));
        assert!(shared_proto::objects_server::Objects::get(&wire, request).await.is_err());
        let line = "apiserver_request_total{code=\"404\",dry_run=\"\",component=\"apiserver\",\
            group=\"coordination.k8s.io\",resource=\"leases\",scope=\"resource\",subresource=\"\",verb=\"GET\"";
        assert!(crate::meter::METER.text(&[]).contains(line));
    }

    #[tokio::test]
    async fn who_may_acts_as_others_here_too() {
        let wire = Wire(Server::new(Memory::with_window(Window::default()), Options::new(Timestamp::now)));
        let asked = |groups: &[&str], name: &'static str, value: &str| {
            let mut request = Request::new(());
            let groups = groups.iter().map(|&g| g.to_owned()).collect();
            let user = User { name: "al".into(), groups, ..User::default() };
            request.extensions_mut().insert(PeerCertificate(Some(Arc::new(Ok(user)))));
            request.metadata_mut().insert(name, value.parse().unwrap());
            wire.user(&request).map(|user| user.name).map_err(|status| status.code())
        };
        assert_eq!(asked(&["system:masters"], "impersonate-user", "bob"), Ok("bob".into()));
        assert_eq!(asked(&["devs"], "impersonate-user", "bob"), Err(tonic::Code::PermissionDenied));
        assert_eq!(asked(&["devs"], "user-agent", "x"), Ok("al".into()));
    }
}
