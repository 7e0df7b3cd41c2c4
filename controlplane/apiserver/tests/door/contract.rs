//! The server keeps what every `Cluster` keeps, near and far.

use crate::port::{Port, server};
use shared_client::Cluster;
use shared_testkit::contract::keeps_the_contract;
use std::sync::Arc;

#[tokio::test]
async fn the_server_keeps_the_contract() {
    let cluster = server().await.internal("contract");
    keeps_the_contract(|| Arc::clone(&cluster)).await;
}

#[tokio::test]
async fn it_is_kept_over_the_wire() {
    let cluster: Arc<dyn Cluster> = Arc::new(Port::open().await.admin());
    keeps_the_contract(|| Arc::clone(&cluster)).await;
}
