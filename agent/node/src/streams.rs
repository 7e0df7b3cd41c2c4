//! Sessions: the control plane calls over a stream that this node keeps open, and the node dials back.

use crate::answers;
use agent_network::Network;
use agent_pods::Pods;
use futures::StreamExt;
use shared_api::{Refusal, meta::Status};
use shared_client::{Channel, Duplex, Frame, Session, grpc::Grpc};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

const PAUSE: Duration = Duration::from_secs(1);

/// Attends for ever.
pub(crate) async fn attend(grpc: Grpc, pods: Arc<Pods>, network: Arc<Network>, node: String) {
    // Sessions end with the agent; a broken call stream does not end them.
    let mut sessions = JoinSet::new();
    loop {
        match grpc.attend(&node).await {
            Ok(mut calls) => {
                tracing::debug!(node, "attends");
                while let Some(call) = calls.next().await {
                    let call = match call {
                        Ok(call) => call,
                        Err(error) => {
                            tracing::debug!(%error, "the call stream broke");
                            break;
                        }
                    };
                    let (grpc, pods, network) = (grpc.clone(), Arc::clone(&pods), Arc::clone(&network));
                    sessions.spawn(async move {
                        match grpc.serve(call.number).await {
                            Ok(duplex) => match call.session {
                                Session::Node { port } => answers::serve(pods, port, duplex).await,
                                Session::Rules { namespace, name } => {
                                    rules(&network, &namespace, &name, duplex).await;
                                }
                                session => pods.serve(&call.pod, session, duplex).await,
                            },
                            Err(error) => {
                                tracing::warn!(%error, pod = %call.pod, "a call could not be taken up");
                            }
                        }
                    });
                    while sessions.try_join_next().is_some() {}
                }
            }
            Err(error) => tracing::debug!(%error, "the control plane does not take calls"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Tells what the kernel holds for a service.
async fn rules(network: &Network, namespace: &str, name: &str, duplex: Duplex) {
    let told = network.path(namespace, name).await.map_err(Refusal::internal);
    let told = told.and_then(|rules| serde_json::to_vec(&rules).map_err(Refusal::internal));
    let status = match told {
        Ok(json) => {
            // Whoever asked may have gone; the outcome has nobody to tell then.
            let _ = duplex.send.send(Frame::data(Channel::Stdout, json)).await;
            Status { status: Some("Success".into()), ..Status::default() }
        }
        Err(refusal) => refusal.to_status(),
    };
    let _ = duplex.send.send(Frame::outcome(&status)).await;
}
