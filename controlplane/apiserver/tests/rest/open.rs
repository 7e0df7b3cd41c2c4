//! A server whose door is open.

use controlplane_apiserver::{
    Options, Server,
    door::{Caller, Credentials, Door, User},
};
use controlplane_store::{Memory, Window};
use shared_api::{KindInfo, Timestamp};
use shared_client::{Result, Sessions};
use std::sync::Arc;

/// The server, for whom everybody is an administrator: kubectl sends no certificate without TLS.
pub(crate) struct Open(pub(crate) Arc<Server>);

impl Open {
    /// A server with what every cluster has.
    pub(crate) async fn server() -> Arc<Self> {
        Self::remembering(Window::default()).await
    }

    /// The same, keeping so much of the past.
    pub(crate) async fn remembering(window: Window) -> Arc<Self> {
        let server = Server::new(Memory::with_window(window), Options::new(Timestamp::now));
        server.prepare().await.unwrap();
        Arc::new(Self(server))
    }
}

impl Door for Open {
    fn authenticate(&self, _: &Credentials) -> Result<User> {
        Ok(User { name: "you".into(), groups: vec!["system:masters".into()], ..User::default() })
    }

    fn may_visit(&self, user: &User, verb: &str, path: &str) -> Result<()> {
        self.0.may_visit(user, verb, path)
    }

    fn caller(&self, user: &User) -> Arc<dyn Caller> {
        self.0.caller(user)
    }

    fn sessions(&self, user: &User) -> Arc<dyn Sessions> {
        self.0.sessions(user)
    }

    fn stored(&self) -> Vec<(&'static KindInfo, usize)> {
        self.0.stored()
    }

    fn health(&self) -> Vec<(&'static str, std::result::Result<(), String>)> {
        self.0.health()
    }
}
