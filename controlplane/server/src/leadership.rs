//! What runs only where the store leads: the scheduler and the controllers, over one shared world.

use controlplane_apiserver::Server;
use controlplane_controllers as controllers;
use controlplane_scheduler as scheduler;
use controlplane_store::Store;
use shared_api::{core::Pod, metrics::PodMetrics};
use shared_client::Live;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Follows leadership for ever: starts everything when this member leads, drops it when it does not.
pub(crate) async fn follow(server: Arc<Server>, store: Arc<dyn Store>, options: controllers::Options) {
    let mut leads = store.leads();
    loop {
        if leads.wait_for(|leads| *leads).await.is_err() {
            return;
        }
        tracing::info!(revision = store.revision(), "leads");
        let mut work = start(&server, &options);
        tokio::select! {
            _ = leads.wait_for(|leads| !*leads) => {}
            ended = work.join_next() => {
                if let Some(Err(error)) = ended {
                    // A panic in one controller must not leave the others half alive.
                    tracing::error!(%error, "a controller failed; starting all of them anew");
                }
            }
        }
        work.shutdown().await;
        tracing::info!("scheduler and controllers stopped");
    }
}

fn start(server: &Arc<Server>, options: &controllers::Options) -> JoinSet<()> {
    let mut work = JoinSet::new();
    let live = Live::new(shared_daemon::now);
    let (followed, door) = (Arc::clone(&live), server.internal("world"));
    work.spawn(async move { followed.run(&*door, &controllers::kinds()).await });
    let measure: Arc<dyn controllers::Measure> = Arc::new(Meter(Arc::clone(server)));
    let options = controllers::Options { measure: Some(measure), ..options.clone() };
    let (all, world, doors) = (controllers::all(&options), Arc::clone(&live), Arc::clone(server));
    work.spawn(
        async move { shared_reconcile::run_all(all, world, move |name: &str| doors.internal(name)).await },
    );
    let door = server.internal("scheduler");
    work.spawn(async move { scheduler::run(live, door).await });
    work
}

/// Reads off what nodes told this server about their pods.
struct Meter(Arc<Server>);

impl controllers::Measure for Meter {
    fn uses(&self, pod: &Pod) -> Option<PodMetrics> {
        let node = pod.spec.as_ref()?.node_name.as_deref()?;
        self.0.uses(node, pod.metadata.namespace.as_deref()?, pod.metadata.name.as_deref()?)
    }
}
