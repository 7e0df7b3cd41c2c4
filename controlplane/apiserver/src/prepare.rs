//! What every cluster has from the beginning.

mod known;
mod policy;
mod roles;

use crate::{admission::IMMORTAL, server::Server};
use futures::StreamExt;
use serde_json::{Value, json};
use shared_api::{Key, Object, Reason, Refusal, WriteHow, core::Service, scheduling::SYSTEM};
use shared_client::{Cluster, Result};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::Ordering},
};

/// The place of the service for names among all addresses, counted from zero: programs know it as the
/// tenth, `10.96.0.10`.
const NAMES: u32 = 9;
/// How many objects are written at once.
const AT_ONCE: usize = 16;

impl Server {
    /// Creates the system's namespaces, the roles and bindings everybody relies on, and the services
    /// `kubernetes` and `kube-dns` where they are missing. Called where the store leads; calling it again changes
    /// nothing.
    pub async fn prepare(&self) -> Result<()> {
        self.prepare_with(&[]).await
    }

    /// The same, and these objects too. `/readyz` says so only when all are there.
    pub async fn prepare_with(&self, more: &[Value]) -> Result<()> {
        let cluster = self.internal("bootstrap");
        for name in IMMORTAL {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            ensure(&cluster, &namespace).await?;
        }
        for (name, value, description) in SYSTEM {
            let class = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                "metadata": {"name": name}, "value": value, "description": description});
            ensure(&cluster, &class).await?;
        }
        let restored = futures::stream::iter(policy::policy()).map(|wanted| restore(&cluster, wanted));
        restored.buffered(AT_ONCE).collect::<Vec<_>>().await.into_iter().collect::<Result<()>>()?;
        let port = self.options.advertise.map_or(6443, |(_, port)| port);
        let service = Key::of::<Service>("default", "kubernetes");
        if cluster.get(&service).await.is_err() {
            ensure(&cluster, &kubernetes(self.options.services.first(), port)).await?;
        }
        if let Some(ip) = self.options.services.nth(NAMES) {
            match ensure(&cluster, &names(ip)).await {
                // Somebody else has the address: nodes answer their pods at their own.
                Err(refusal) if refusal.reason == Reason::Invalid => {
                    tracing::warn!(%ip, %refusal, "the service kube-dns is left out");
                }
                other => other?,
            }
        }
        // Nobody else reaches a loopback address: then the service leads nowhere.
        if let Some((ip, port)) = self.options.advertise.filter(|(ip, _)| !ip.is_loopback()) {
            for endpoints in endpoints(ip, port) {
                place(&cluster, &endpoints).await?;
            }
        }
        if let Some(signer) = &self.options.signer {
            let address = self.options.advertise.map(|(ip, port)| SocketAddr::new(ip, port).to_string());
            for map in known::maps(&signer.ca(), address.as_deref())? {
                place(&cluster, &map).await?;
            }
        }
        for value in more {
            ensure(&cluster, value).await?;
        }
        self.prepared.store(true, Ordering::Release);
        Ok(())
    }
}

fn object(value: &Value) -> Result<Object> {
    Object::from_value(value).map_err(Refusal::internal)
}

/// Creates what is missing.
async fn ensure(cluster: &Arc<dyn Cluster>, value: &Value) -> Result<()> {
    match cluster.create(object(value)?, &WriteHow::default()).await {
        Err(refusal) if refusal.reason != Reason::AlreadyExists => Err(refusal),
        _ => Ok(()),
    }
}

/// Creates what is missing, and puts back what is missing of it.
async fn restore(cluster: &Arc<dyn Cluster>, wanted: Value) -> Result<()> {
    let wanted_object = object(&wanted)?;
    match cluster.get(&wanted_object.key()).await {
        Err(refusal) if refusal.reason == Reason::NotFound => ensure(cluster, &wanted).await,
        Err(refusal) => Err(refusal),
        Ok(there) => match policy::restored(&there.value(), &wanted) {
            Some(restored) => cluster.update(object(&restored)?, &WriteHow::default()).await.map(drop),
            None => Ok(()),
        },
    }
}

/// Creates what is missing and replaces what is there.
async fn place(cluster: &Arc<dyn Cluster>, value: &Value) -> Result<()> {
    match cluster.update(object(value)?, &WriteHow::default()).await {
        Err(refusal) if refusal.reason == Reason::NotFound => ensure(cluster, value).await,
        other => other.map(drop),
    }
}

fn labels() -> Value {
    json!({"component": "apiserver", "provider": "kubernetes"})
}

fn kubernetes(ip: Ipv4Addr, port: u16) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels()},
        "spec": {
            "type": "ClusterIP", "clusterIP": ip, "sessionAffinity": "None",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
        },
    })
}

/// The service that leads to the name server of each node, which nodes themselves see to.
fn names(ip: Ipv4Addr) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {
            "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS",
        }},
        "spec": {
            "type": "ClusterIP", "clusterIP": ip, "sessionAffinity": "None",
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
            ],
        },
    })
}

/// Where the service leads. It has no selector, so no controller writes these.
fn endpoints(ip: IpAddr, port: u16) -> [Value; 2] {
    let ports = json!([{"name": "https", "port": port, "protocol": "TCP"}]);
    [
        json!({
            "apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
            "subsets": [{"addresses": [{"ip": ip}], "ports": ports}],
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"kubernetes.io/service-name": "kubernetes"}},
            "addressType": if ip.is_ipv4() { "IPv4" } else { "IPv6" },
            "endpoints": [{"addresses": [ip], "conditions": {"ready": true}}],
            "ports": ports,
        }),
    ]
}
