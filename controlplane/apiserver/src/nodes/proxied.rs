//! What a proxy leads to: a port of a pod, one of a service's endpoints, or a node.

use super::PodSessions;
use crate::{
    authz::Ask,
    extension::{self, Operation},
    keys,
    local::Local,
    server::Server,
};
use shared_api::{
    GroupKind, Key, Kind, Refusal,
    core::{Endpoints, Node, Pod, Service},
};
use shared_client::{Channel, Duplex, Frame, Result, Session};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long a place that is no pod may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The port at which clients expect a node's agent.
const AGENT: &str = "10250";

/// Where a connection is to go.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Pod { name: String, port: u16 },
    Elsewhere(SocketAddr),
}

impl PodSessions {
    /// Opens the connection that a proxy passes requests on through.
    pub(super) async fn proxied(&self, key: &Key, verb: &str, port: &str) -> Result<Duplex> {
        let kind = keys::kind_of(key)?;
        let caller = Local::new(Arc::clone(&self.server), self.user.clone(), false);
        caller.may(&Ask { verb, kind, part: "proxy", namespace: &key.namespace, name: &key.name })?;
        let form = match kind.kind {
            "Pod" => "PodProxyOptions",
            "Service" => "ServiceProxyOptions",
            _ => "NodeProxyOptions",
        };
        let body = (("v1", form), serde_json::json!({}));
        extension::does(&caller, Operation::Connect, key, (kind, "proxy"), body, false).await?;
        self.reach(key, port).await
    }

    /// Opens a connection to what such a proxy leads to.
    pub(crate) async fn reach(&self, key: &Key, port: &str) -> Result<Duplex> {
        let kind = keys::kind_of(key)?;
        let is = |other: GroupKind| kind.group_kind() == other;
        if is(GroupKind::of::<Node>()) {
            let _: Arc<Node> = read(&self.server, key)?;
            let port = if matches!(port, "" | AGENT) { 0 } else { number(port)? };
            return self.server.nodes.call(&key.name, key, Session::Node { port }).await;
        }
        let place = if is(GroupKind::of::<Pod>()) {
            let port = pod_port(&*read(&self.server, key)?, port)?;
            Place::Pod { name: key.name.clone(), port }
        } else if is(GroupKind::of::<Service>()) {
            let port = service_port(&*read(&self.server, key)?, port)?;
            let endpoints = Key::of::<Endpoints>(&key.namespace, &key.name);
            let found = read::<Endpoints>(&self.server, &endpoints).ok();
            let places = found.map(|e| places(&e, &port)).unwrap_or_default();
            super::chosen(places).ok_or_else(|| {
                Refusal::unavailable(format!("no endpoints available for service {:?}", key.name))
            })?
        } else {
            return Err(Refusal::bad_request(format!("{} have no proxy", kind.plural)));
        };
        match place {
            Place::Pod { name, port } => {
                let pod = Key::of::<Pod>(&key.namespace, &name);
                let typed: Arc<Pod> = read(&self.server, &pod)?;
                let node = typed.spec.as_ref().and_then(|s| s.node_name.clone()).filter(|n| !n.is_empty());
                let node = node.ok_or_else(|| Refusal::bad_request("address not allowed"))?;
                self.server.nodes.call(&node, &pod, Session::PortForward { port }).await
            }
            Place::Elsewhere(address) => dial(address).await,
        }
    }
}

fn read<K: Kind>(server: &Server, key: &Key) -> Result<Arc<K>> {
    let object = server.read(keys::kind_of(key)?, &key.namespace, &key.name)?;
    object.ok_or_else(|| Refusal::not_found(key))?.to_kind::<K>().map_err(Refusal::internal)
}

fn number(port: &str) -> Result<u16> {
    let parsed = port.parse().ok().filter(|port| *port != 0);
    parsed.ok_or_else(|| Refusal::bad_request(format!("invalid port {port:?}")))
}

/// The port asked for, or the first that the pod names, or HTTP's.
fn pod_port(pod: &Pod, asked: &str) -> Result<u16> {
    if !asked.is_empty() {
        return number(asked);
    }
    let containers = pod.spec.iter().flat_map(|s| &s.containers);
    let first = containers.flat_map(|c| c.ports.iter().flatten()).next();
    Ok(first.and_then(|p| u16::try_from(p.container_port).ok()).unwrap_or(80))
}

/// The name of the service's port, which its endpoints' ports share.
fn service_port(service: &Service, asked: &str) -> Result<String> {
    let Ok(number) = asked.parse::<i32>() else { return Ok(asked.to_owned()) };
    let ports = service.spec.iter().flat_map(|s| s.ports.iter().flatten());
    let found = ports.into_iter().find(|p| p.port == number);
    found.map(|p| p.name.clone().unwrap_or_default()).ok_or_else(|| {
        let name = service.metadata.name.as_deref().unwrap_or_default();
        Refusal::unavailable(format!("no service port {number} found for service {name:?}"))
    })
}

/// Every place that serves the port.
fn places(endpoints: &Endpoints, port: &str) -> Vec<Place> {
    let mut all = Vec::new();
    for subset in endpoints.subsets.iter().flatten() {
        let named = |p: &&_| -> bool {
            let p: &shared_api::core::EndpointPort = p;
            p.name.as_deref().unwrap_or_default() == port
        };
        let Some(port) = subset.ports.iter().flatten().find(named) else { continue };
        let Ok(port) = u16::try_from(port.port) else { continue };
        for address in subset.addresses.iter().flatten() {
            let pod = address.target_ref.as_ref().filter(|r| r.kind.as_deref() == Some("Pod"));
            let ip = address.ip.parse::<IpAddr>().ok().filter(reachable);
            match (pod.and_then(|r| r.name.clone()), ip) {
                (Some(name), _) => all.push(Place::Pod { name, port }),
                (None, Some(ip)) => all.push(Place::Elsewhere(SocketAddr::new(ip, port))),
                (None, None) => {}
            }
        }
    }
    all
}

/// Nobody is led to what only this machine sees.
fn reachable(ip: &IpAddr) -> bool {
    let local = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !(local || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast())
}

/// A connection to a place that no agent of ours stands for.
async fn dial(address: SocketAddr) -> Result<Duplex> {
    let unreachable = |why: String| Refusal::unavailable(format!("error trying to reach service: {why}"));
    let dialled = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = dialled.map_err(|_| unreachable(format!("dial tcp {address}: i/o timeout")))?;
    let (mut from, mut to) =
        stream.map_err(|e| unreachable(format!("dial tcp {address}: {e}")))?.into_split();
    let (near, Duplex { send, mut receive }) = Duplex::pair(super::ROOM);
    tokio::spawn(async move {
        let back = async {
            let mut buffer = vec![0; 32 << 10];
            while let Ok(read @ 1..) = from.read(&mut buffer).await {
                let data = bytes::Bytes::copy_from_slice(&buffer[..read]);
                if send.send(Frame::data(Channel::Stdout, data)).await.is_err() {
                    return;
                }
            }
            let _ = send.send(Frame::outcome(&super::pods::well())).await;
        };
        let there = async {
            while let Some(frame) = receive.recv().await {
                if to.write_all(&frame.data).await.is_err() || frame.end {
                    break;
                }
            }
            let _ = to.shutdown().await;
            send.closed().await;
        };
        tokio::select! {
            () = back => {}
            () = there => {}
        }
    });
    Ok(near)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ports_are_found_by_number_and_by_name() {
        let pod = json!({"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 8080}]}]}});
        let pod: Pod = serde_json::from_value(pod).unwrap();
        assert_eq!(pod_port(&pod, ""), Ok(8080));
        assert_eq!(pod_port(&pod, "90"), Ok(90));
        assert!(pod_port(&pod, "http").is_err());
        assert_eq!(pod_port(&Pod::default(), ""), Ok(80));
        let service = json!({"metadata": {"name": "s"}, "spec": {"ports": [{"name": "web", "port": 80}]}});
        let service: Service = serde_json::from_value(service).unwrap();
        assert_eq!(service_port(&service, "80").unwrap(), "web");
        assert_eq!(service_port(&service, "web").unwrap(), "web");
        let none = service_port(&service, "81").unwrap_err();
        assert_eq!(none.message, "no service port 81 found for service \"s\"");
    }

    #[test]
    fn endpoints_lead_to_pods_and_elsewhere() {
        let endpoints = json!({"subsets": [{
            "addresses": [{"ip": "10.1.0.2", "targetRef": {"kind": "Pod", "name": "p"}}, {"ip": "192.0.2.1"},
                {"ip": "127.0.0.1"}, {"ip": "169.254.169.254"}],
            "ports": [{"name": "web", "port": 8080}]}]});
        let endpoints: Endpoints = serde_json::from_value(endpoints).unwrap();
        let elsewhere = Place::Elsewhere("192.0.2.1:8080".parse().unwrap());
        assert_eq!(places(&endpoints, "web"), [Place::Pod { name: "p".into(), port: 8080 }, elsewhere]);
        assert_eq!(places(&endpoints, "other"), []);
    }
}
