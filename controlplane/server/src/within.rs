//! A control plane inside another process: everything but the port, and nothing on disk.

use crate::leadership;
use anyhow::{Context, Result};
use controlplane_apiserver::{
    Options, Server,
    door::{Door, User},
};
use controlplane_store::{Memory, Store};
use shared_client::Cluster;
use shared_daemon::{Tasks, now};
use shared_pki::{Authority, Validity};
use std::sync::Arc;

const DAYS: u32 = 1;
const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";

/// Starts a control plane whose state is in memory, and ends with `tasks`. The door is its
/// administrator's, who is called `name`.
pub async fn within(name: &str, tasks: &Tasks) -> Result<Arc<dyn Cluster>> {
    let store: Arc<dyn Store> = Memory::new();
    let server = Server::new(Arc::clone(&store), Options::new(now));
    server.prepare_with(&[]).await.context("making the system's own objects")?;
    let authority = Authority::create("dhow", Validity { from: now().as_second(), days: DAYS })?;
    let controllers = controlplane_controllers::Options {
        authority: authority.certificate().into(),
        ..controlplane_controllers::Options::default()
    };
    let user =
        User { name: name.into(), groups: vec![MASTERS.into(), AUTHENTICATED.into()], ..User::default() };
    let door = server.caller(&user);
    tasks.start("leadership", leadership::follow(server, store, controllers));
    Ok(door)
}
