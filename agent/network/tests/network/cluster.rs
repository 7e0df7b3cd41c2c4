//! A cluster that a test writes into and agents watch; and builders of what is in it.

use agent_network::READS;
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use serde_json::{Value, json};
use shared_api::{DeleteHow, Key, Object, Patch, Query, Refusal, Revision, Timestamp, WriteHow};
use shared_client::{Cluster, Event, List, Live, Result};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::sync::mpsc;

/// Objects in memory, and everyone who watches them.
#[derive(Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    revision: Revision,
    objects: BTreeMap<Key, Object>,
    watchers: Vec<mpsc::UnboundedSender<Result<Event>>>,
}

impl Memory {
    pub(crate) fn put(&self, mut value: Value) {
        let mut state = self.state.lock().unwrap();
        state.revision += 1;
        value["metadata"]["resourceVersion"] = json!(state.revision.to_string());
        let object = Object::from_value(&value).unwrap();
        state.objects.insert(object.key(), object.clone());
        state.watchers.retain(|w| w.send(Ok(Event::Modified(object.clone()))).is_ok());
    }

    pub(crate) fn remove(&self, value: &Value) {
        let mut state = self.state.lock().unwrap();
        state.revision += 1;
        let object = state.objects.remove(&Object::from_value(value).unwrap().key()).unwrap();
        let mut last = object.value();
        last["metadata"]["resourceVersion"] = json!(state.revision.to_string());
        let last = Object::from_value(&last).unwrap();
        state.watchers.retain(|w| w.send(Ok(Event::Deleted(last.clone()))).is_ok());
    }

    /// A world that follows this cluster on the runtime of the caller.
    pub(crate) fn follow(self: &Arc<Self>) -> Arc<Live> {
        let (live, cluster) = (Live::guarded(Timestamp::now), Arc::clone(self));
        let following = Arc::clone(&live);
        tokio::spawn(async move {
            let queries: Vec<_> = READS.iter().map(|kind| Query::all(kind.clone())).collect();
            following.run(&*cluster, &queries).await;
        });
        live
    }
}

fn unasked<T>() -> Result<T> {
    Err(Refusal::unavailable("this cluster can only be watched"))
}

#[async_trait]
impl Cluster for Memory {
    async fn get(&self, _: &Key) -> Result<Object> {
        unasked()
    }
    async fn list(&self, _: &Query) -> Result<List> {
        unasked()
    }
    async fn create(&self, _: Object, _: &WriteHow) -> Result<Object> {
        unasked()
    }
    async fn update(&self, _: Object, _: &WriteHow) -> Result<Object> {
        unasked()
    }
    async fn patch(&self, _: &Key, _: &Patch, _: &WriteHow) -> Result<Object> {
        unasked()
    }
    async fn delete(&self, _: &Key, _: &DeleteHow) -> Result<Object> {
        unasked()
    }
    async fn subresource(&self, _: &Key, _: &str, _: Option<Value>, _: &WriteHow) -> Result<Value> {
        unasked()
    }
    async fn watch(&self, _: &[Query], _: Option<Revision>) -> Result<BoxStream<'static, Result<Event>>> {
        let mut state = self.state.lock().unwrap();
        let (sender, receiver) = mpsc::unbounded_channel();
        let known = state.objects.values().cloned().map(Event::Added);
        let end = Event::Bookmark { revision: state.revision, initial: true, cluster: "lab".into() };
        known.chain([end]).for_each(|event| sender.send(Ok(event)).unwrap());
        state.watchers.push(sender);
        let next = |mut receiver: mpsc::UnboundedReceiver<_>| async {
            receiver.recv().await.map(|event| (event, receiver))
        };
        Ok(futures::stream::unfold(receiver, next).boxed())
    }
}

pub(crate) fn node(name: &str, ip: &str, range: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": { "name": name }, "spec": { "podCIDR": range },
        "status": { "addresses": [{ "type": "InternalIP", "address": ip }] },
    })
}

/// A service on port 80 of `ip`, on `node_port` of every node, for TCP and UDP.
pub(crate) fn service(name: &str, ip: &str, node_port: u16) -> Value {
    let port = |protocol: &str| json!({ "name": protocol.to_lowercase(), "protocol": protocol, "port": 80, "nodePort": node_port });
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": name, "namespace": "lab" },
        "spec": { "type": "NodePort", "clusterIP": ip, "ports": [port("TCP"), port("UDP")] },
    })
}

/// Ready endpoints: address and node.
pub(crate) fn endpoints(service: &str, ends: &[(&str, &str)]) -> Value {
    let end = |(ip, node): &(&str, &str)| json!({ "addresses": [ip], "nodeName": node, "conditions": { "ready": true } });
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {
            "name": format!("{service}-1"), "namespace": "lab",
            "labels": { "kubernetes.io/service-name": service },
        },
        "endpoints": ends.iter().map(end).collect::<Vec<_>>(),
        "ports": [
            { "name": "tcp", "port": 8080, "protocol": "TCP" }, { "name": "udp", "port": 8080, "protocol": "UDP" },
        ],
    })
}
