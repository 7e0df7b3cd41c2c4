//! A server on a port of this machine, with TLS, as the control plane serves it.

use controlplane_apiserver::{Options, Server, Signer, door::PeerCertificate, grpc};
use controlplane_store::Memory;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use shared_api::Timestamp;
use shared_client::grpc::{Grpc, Options as Far};
use shared_pki::{Authority, Identity, Trust, Validity};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server with its own authority.
pub(crate) struct Port {
    pub(crate) authority: Arc<Authority>,
    address: String,
}

fn validity() -> Validity {
    Validity { from: Timestamp::now().as_second(), days: 1 }
}

struct Signs(Arc<Authority>);

impl Signer for Signs {
    fn sign(&self, csr: &[u8], name: &str, groups: &[String]) -> Result<String, String> {
        self.0.sign(csr, name, &groups.join(","), validity()).map_err(|e| e.to_string())
    }

    fn ca(&self) -> String {
        self.0.certificate().into()
    }
}

/// A server with what every cluster has.
pub(crate) async fn server() -> Arc<Server> {
    let server = Server::new(Memory::new(), Options::new(Timestamp::now));
    server.prepare().await.unwrap();
    server
}

impl Port {
    pub(crate) async fn open() -> Self {
        let authority = Arc::new(Authority::create("test", validity()).unwrap());
        let mut options = Options::new(Timestamp::now);
        options.signer = Some(Arc::new(Signs(Arc::clone(&authority))));
        let server = Server::new(Memory::new(), options);
        server.prepare().await.unwrap();
        let identity = authority.server("server", &["127.0.0.1".into()], validity()).unwrap();
        let tls = shared_pki::server_config(&identity, authority.certificate()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), server));
        Self { authority, address }
    }

    fn far(&self, identity: Option<Identity>) -> Grpc {
        let trust = Trust::Authority(self.authority.certificate().into());
        Grpc::new(&Far { server: self.address.clone(), trust, identity, token: None }).unwrap()
    }

    pub(crate) fn user(&self, name: &str, groups: &[&str]) -> Grpc {
        self.far(Some(self.authority.client(name, groups, validity()).unwrap()))
    }

    pub(crate) fn admin(&self) -> Grpc {
        self.user("admin", &["system:masters"])
    }

    pub(crate) fn node(&self, name: &str) -> Grpc {
        self.user(&format!("system:node:{name}"), &["system:nodes"])
    }

    pub(crate) fn with(&self, identity: Identity) -> Grpc {
        self.far(Some(identity))
    }

    pub(crate) fn stranger(&self) -> Grpc {
        self.far(None)
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, server: Arc<Server>) {
    let routes = grpc::routes(server).into_axum_router();
    while let Ok((tcp, _)) = listener.accept().await {
        tcp.set_nodelay(true).unwrap();
        let (tls, routes) = (tls.clone(), routes.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(tcp).await else { return };
            let peer = stream.get_ref().1.peer_certificates().and_then(|c| c.first());
            let peer = PeerCertificate::of(peer.map(AsRef::as_ref));
            let service = TowerToHyperService::new(routes.layer(axum::Extension(peer)));
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
