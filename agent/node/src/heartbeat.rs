//! Says that the node lives: its Node object, and a Lease renewed every ten seconds.

use crate::{
    machine::Machine,
    node::{Facts, same},
};
use serde_json::{Value, json};
use shared_api::{Key, Object, Patch, PatchType, Reason, Refusal, WriteHow, coordination::Lease, core::Node};
use shared_client::Cluster;
use shared_daemon::now;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;

/// Why a node is not ready, by part; ready when none has a reason.
pub(crate) type Troubles = watch::Receiver<Option<String>>;

const BEAT: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_secs(2);
/// Kubernetes judges a node by a Lease that is at most this old.
const LEASE_SECONDS: i32 = 40;
const NAMESPACE: &str = "kube-node-lease";

/// One node's heart.
pub(crate) struct Heart {
    pub(crate) cluster: Arc<dyn Cluster>,
    pub(crate) facts: Facts,
    pub(crate) data_dir: PathBuf,
    pub(crate) troubles: Vec<Troubles>,
}

impl Heart {
    /// Beats for ever; at once when a trouble comes or goes.
    pub(crate) async fn beat(mut self) {
        loop {
            let pause = match self.once().await {
                Ok(()) => BEAT,
                Err(error) => {
                    tracing::warn!(%error, "the control plane did not take the heartbeat");
                    RETRY
                }
            };
            let changed: Vec<_> = self.troubles.iter_mut().map(|t| Box::pin(t.changed())).collect();
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = futures::future::select_all(changed) => {}
            }
        }
    }

    async fn once(&mut self) -> Result<(), Refusal> {
        self.renew().await?;
        let key = Key::of::<Node>("", &self.facts.name);
        let node = match self.cluster.get(&key).await {
            Err(refusal) if refusal.reason == Reason::NotFound => {
                let object = object(&self.facts.object())?;
                tracing::info!(node = self.facts.name, "registered");
                self.cluster.create(object, &WriteHow::default()).await?
            }
            found => found?,
        };
        let labels = node.metadata().labels.clone().unwrap_or_default();
        if self.facts.labels().iter().any(|(k, v)| labels.get(k) != Some(v)) {
            let body = json!({"metadata": {"labels": self.facts.labels()}});
            self.cluster.patch(&key, &Patch { kind: PatchType::Merge, body }, &WriteHow::default()).await?;
        }
        let before = node.value()["status"].take();
        let reasons: Vec<_> =
            self.troubles.iter_mut().filter_map(|t| t.borrow_and_update().clone()).collect();
        let trouble = (!reasons.is_empty()).then(|| reasons.join("; "));
        let status = self.facts.status(Machine::left(&self.data_dir), trouble.as_deref(), &before, now());
        if !same(&before, &status) {
            let body = json!({"status": status});
            self.cluster
                .patch(&key, &Patch { kind: PatchType::Strategic, body }, &WriteHow::status())
                .await?;
        }
        Ok(())
    }

    async fn renew(&self) -> Result<(), Refusal> {
        let key = Key::of::<Lease>(NAMESPACE, &self.facts.name);
        let micro = format!("{:.6}", now());
        let spec = json!({
            "holderIdentity": self.facts.name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": micro,
        });
        let patch = Patch { kind: PatchType::Merge, body: json!({"spec": spec}) };
        match self.cluster.patch(&key, &patch, &WriteHow::default()).await {
            Err(refusal) if refusal.reason == Reason::NotFound => {
                let lease = json!({
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": {"namespace": NAMESPACE, "name": self.facts.name}, "spec": spec,
                });
                self.cluster.create(object(&lease)?, &WriteHow::default()).await.map(drop)
            }
            done => done.map(drop),
        }
    }
}

fn object(value: &Value) -> Result<Object, Refusal> {
    Object::from_value(value).map_err(Refusal::internal)
}
