//! Where the stories happen.

use controlplane_controllers::Options;
use futures::StreamExt;
use shared_api::{
    DeleteHow, Key, Kind, Object, Propagation, Query, Refusal, WriteHow,
    core::{Node, Pod},
};
use shared_client::{Cluster, Event, Live, World};
use shared_testkit::{FakeCluster, NodeWords, PodWords, moment, namespace, object};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// A cluster with three nodes and everything that moves it.
pub(crate) struct Stage {
    pub(crate) cluster: Arc<FakeCluster>,
    live: Arc<Live>,
    _tasks: JoinSet<()>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let cluster = FakeCluster::holding([object(&namespace("default"))]);
        let live = Live::new(moment);
        let mut tasks = JoinSet::new();
        let (door, world) = (cluster.door(), Arc::clone(&live));
        tasks.spawn(async move { world.run(&*door, &controlplane_controllers::kinds()).await });
        let controllers = controlplane_controllers::all(&Options::default());
        let door = cluster.door();
        tasks.spawn(shared_reconcile::run_all(controllers, Arc::clone(&live), move |_| Arc::clone(&door)));
        tasks.spawn(controlplane_scheduler::run(Arc::clone(&live), cluster.door()));
        tasks.spawn(agents(cluster.door()));
        live.synced().await;
        let stage = Self { cluster, live, _tasks: tasks };
        for name in ["n1", "n2", "n3"] {
            stage.create(&node(name, "4")).await;
        }
        stage
            .until("the nodes take pods", |w| {
                let open =
                    |n: &Node| n.spec.as_ref().is_some_and(|s| s.taints.is_none() && s.pod_cidr.is_some());
                w.list::<Node>().filter(|n| open(n)).count() == 3
            })
            .await;
        stage
    }

    pub(crate) async fn create<K: Kind>(&self, kind: &K) -> Object {
        let made = self.cluster.create(fresh(kind), &WriteHow::default()).await.expect("created");
        if made.kind() == "Node" { made } else { self.seen(made).await }
    }

    async fn seen(&self, object: Object) -> Object {
        self.until("it is seen", |w| w.revision() >= object.revision()).await;
        object
    }

    /// Changes an object of the default namespace, again when somebody was faster.
    pub(crate) async fn change<K: Kind>(&self, name: &str, how: impl Fn(&mut K)) {
        let key = Key::of::<K>("default", name);
        loop {
            let mut kind: K =
                (*self.cluster.get(&key).await.expect("there").to_kind::<K>().expect("decodes")).clone();
            how(&mut kind);
            match self.cluster.update(object(&kind), &WriteHow::default()).await {
                Ok(_) => return,
                Err(refusal) => assert_eq!(refusal.reason, shared_api::Reason::Conflict, "{refusal}"),
            }
        }
    }

    pub(crate) async fn delete(&self, key: &Key, propagation: Option<Propagation>) {
        let how = DeleteHow { propagation, ..DeleteHow::default() };
        self.cluster.delete(key, &how).await.expect("deleted");
    }

    pub(crate) fn pods(&self) -> Vec<Pod> {
        self.live.read().list::<Pod>().map(|p| (*p).clone()).collect()
    }

    /// Waits for a fact; after a long time without it, says what there is.
    pub(crate) async fn until(&self, fact: &str, is: impl Fn(&World) -> bool) {
        let mut changes = self.live.changes();
        let wait = async {
            loop {
                if is(&self.live.read()) {
                    return;
                }
                let _ = changes.recv().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), wait).await.is_err() {
            let there: Vec<_> = self.live.read().objects().map(|o| format!("{o:?}")).collect();
            panic!("not so: {fact}\n{}", there.join("\n"));
        }
    }
}

/// A fixture as a client would send it.
fn fresh<K: Kind>(kind: &K) -> Object {
    let mut kind = kind.clone();
    kind.metadata_mut().uid = None;
    object(&kind)
}

/// A ready node with so much processor.
pub(crate) fn node(name: &str, cpu: &str) -> Node {
    shared_testkit::node(name).cpu(cpu).memory("8Gi").ready()
}

pub(crate) fn is_ready(pod: &Pod) -> bool {
    let mut conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    conditions.any(|c| c.type_ == "Ready" && c.status == "True")
}

/// Every node's agent: bound pods run, those that need not run for ever end well, deleted pods are gone.
async fn agents(cluster: Arc<dyn Cluster>) {
    let mut events = cluster.watch(&[Query::every::<Pod>()], None).await.expect("watching");
    let mut address = 0;
    while let Some(event) = events.next().await {
        let (Event::Added(seen) | Event::Modified(seen)) = event.expect("no break") else { continue };
        let pod = seen.to_kind::<Pod>().expect("decodes");
        if pod.spec.as_ref().is_none_or(|s| s.node_name.is_none()) {
            continue;
        }
        let key = seen.key();
        let _: Result<Object, Refusal> = if pod.metadata.deletion_timestamp.is_some() {
            cluster.delete(&key, &DeleteHow { grace_seconds: Some(0), ..DeleteHow::default() }).await
        } else if is_ready(&pod) && ends(&pod) {
            let over = (*pod).clone().phase("Succeeded").condition("Ready", "False");
            cluster.update(object(&over), &WriteHow::status()).await
        } else if is_ready(&pod) || ends(&pod) && has_begun(&pod) {
            continue;
        } else {
            address += 1;
            let running = (*pod).clone().ready().at(&format!("10.244.0.{address}"));
            cluster.update(object(&running), &WriteHow::status()).await
        };
    }
}

fn ends(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|s| s.restart_policy.as_deref() == Some("Never"))
}

fn has_begun(pod: &Pod) -> bool {
    pod.status.as_ref().is_some_and(|s| s.start_time.is_some())
}
