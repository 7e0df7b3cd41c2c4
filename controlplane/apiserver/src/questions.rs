//! What an operator asks that no object answers. Each question costs one look at what is known here, or one call
//! to each node; nothing is kept.

use crate::{
    admission::There,
    door::Door,
    keys,
    local::{Local, ask},
    meter::METER,
};
use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use shared_api::{
    GroupKind, Key, Refusal,
    core::{Node, Service},
    discovery::EndpointSlice,
};
use shared_client::{
    Channel, Question, Result, Session,
    question::{Backend, ControlPlane, Member, Moment, NodePath, Paths, Rule},
};
use std::{sync::Arc, time::Duration};

/// So many nodes are asked for their rules,
const NODES: usize = 200;
/// so many at a time,
const AT_ONCE: usize = 16;
/// and each may take so long: to list very many rules takes a kernel a while.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most a node may answer.
const LARGEST: usize = 4 << 20;

pub(crate) async fn answer(caller: &Local, question: &Question) -> Result<Value> {
    match question {
        Question::ControlPlane => {
            caller.server.may_visit(&caller.user, "get", "/metrics")?;
            told(&control_plane(caller).await)
        }
        Question::Moment { ago } => {
            let moment = caller.server.store.moment(Duration::from_millis(*ago));
            told(&Moment {
                revision: moment.revision,
                oldest: moment.oldest,
                newest: moment.newest,
                reach: milliseconds(moment.reach),
            })
        }
        Question::Path { namespace, name } => {
            let service = Key::of::<Service>(namespace, name);
            caller.may(&ask("get", keys::kind_of(&service)?, "", &service))?;
            let kind = keys::known(&GroupKind::of::<Node>())?;
            caller.may(&ask("get", kind, "proxy", &Key::of::<Node>("", "")))?;
            let (kind, fronts) = fronts(&*found(caller, &service)?);
            let backends = backends(caller, &service)?;
            told(&Paths { kind, fronts, backends, ..paths(caller, &service).await })
        }
    }
}

fn told(answer: &impl Serialize) -> Result<Value> {
    serde_json::to_value(answer).map_err(Refusal::internal)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

async fn control_plane(caller: &Local) -> ControlPlane {
    let server = &caller.server;
    let report = server.store.report().await;
    let now = server.now().as_second();
    let (reading, writing) = METER.now();
    let member = |peer: &controlplane_store::Peer| Member {
        id: peer.id,
        address: peer.address.clone(),
        votes: peer.votes,
        matched: peer.matched,
    };
    ControlPlane {
        member: report.member,
        leader: report.leader,
        term: report.term,
        members: report.peers.iter().map(member).collect(),
        last_index: report.last_index,
        committed: report.committed,
        applied: report.applied,
        snapshot: report.snapshot,
        log_bytes: report.log_bytes,
        revision: report.revision,
        keys: report.keys,
        bytes: report.bytes,
        oldest: report.oldest,
        reach: milliseconds(report.reach),
        history_bytes: report.history_bytes,
        waiting: report.waiting,
        watchers: report.watchers,
        slowest: report.slowest,
        reading,
        writing,
        latencies: METER.latencies(),
        nodes: server.nodes.attended(),
        certificates: server.options.certificates.iter().map(|(n, at)| (n.clone(), at - now)).collect(),
    }
}

async fn paths(caller: &Local, service: &Key) -> Paths {
    let nodes = caller.server.nodes.attended();
    let left_out = nodes.len().saturating_sub(NODES);
    let asked = nodes.into_iter().take(NODES).map(|node| async move {
        let answer = tokio::time::timeout(PATIENCE, rules(caller, &node, service)).await;
        let answer =
            answer.unwrap_or_else(|_| Err(Refusal::unavailable(format!("no answer within {PATIENCE:?}"))));
        match answer {
            Ok(rules) => NodePath { node, rules, trouble: None },
            Err(refusal) => NodePath { node, rules: Vec::new(), trouble: Some(refusal.message) },
        }
    });
    let nodes = stream::iter(asked).buffered(AT_ONCE).collect().await;
    Paths { nodes, left_out, ..Paths::default() }
}

fn found(caller: &Local, service: &Key) -> Result<Arc<Service>> {
    let object = caller.server.find::<Service>(&service.namespace, &service.name)?;
    object.ok_or_else(|| Refusal::not_found(service))?.to_kind().map_err(Refusal::internal)
}

/// What kind of service it is, and where it is reached.
fn fronts(service: &Service) -> (String, Vec<String>) {
    let Some(spec) = &service.spec else { return Default::default() };
    let ip = spec.cluster_ip.as_deref().filter(|ip| !ip.is_empty()).unwrap_or("None");
    let front = |port: &shared_api::core::ServicePort| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let on_nodes = port.node_port.map(|n| format!(", {n} on every node")).unwrap_or_default();
        let name = port.name.as_deref().unwrap_or_default();
        format!("{ip}:{}/{protocol} {name}{on_nodes}", port.port).trim_end().to_owned()
    };
    let fronts = spec.ports.iter().flatten().map(front).collect();
    (spec.type_.clone().unwrap_or_else(|| "ClusterIP".into()), fronts)
}

/// Who answers, as the cluster lists them.
fn backends(caller: &Local, service: &Key) -> Result<Vec<Backend>> {
    let kind = keys::known(&GroupKind::of::<EndpointSlice>())?;
    let mut all = Vec::new();
    for slice in There::objects(&*caller.server, kind, &service.namespace)? {
        let label =
            slice.metadata().labels.as_ref().and_then(|l| l.get("kubernetes.io/service-name").cloned());
        if label.as_ref() != Some(&service.name) {
            continue;
        }
        let slice = slice.to_kind::<EndpointSlice>().map_err(Refusal::internal)?;
        for endpoint in &slice.endpoints {
            let pod = endpoint.target_ref.as_ref().filter(|r| r.kind.as_deref() == Some("Pod"));
            for port in slice.ports.iter().flatten().filter_map(|p| p.port) {
                all.extend(endpoint.addresses.first().map(|ip| Backend {
                    address: format!("{ip}:{port}"),
                    pod: pod.and_then(|r| r.name.clone()).unwrap_or_default(),
                    node: endpoint.node_name.clone().unwrap_or_default(),
                    ready: endpoint.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true),
                }));
            }
        }
    }
    all.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(all)
}

/// What one node's kernel holds for a service.
async fn rules(caller: &Local, node: &str, service: &Key) -> Result<Vec<Rule>> {
    let session = Session::Rules { namespace: service.namespace.clone(), name: service.name.clone() };
    let mut session = caller.server.nodes.call(node, &Key::of::<Node>("", node), session).await?;
    let mut bytes = Vec::new();
    while let Some(frame) = session.receive.recv().await {
        match frame.channel {
            Channel::Outcome => {
                let status: shared_api::meta::Status =
                    serde_json::from_slice(&frame.data).map_err(Refusal::internal)?;
                if status.status.as_deref() != Some("Success") {
                    return Err(Refusal::from_status(status));
                }
            }
            _ if bytes.len() + frame.data.len() > LARGEST => {
                return Err(Refusal::internal("the node's answer is too long"));
            }
            _ => bytes.extend_from_slice(&frame.data),
        }
    }
    serde_json::from_slice(&bytes)
        .map_err(|e| Refusal::internal(format!("the answer of node {node} cannot be read: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Server, door::User};
    use controlplane_store::{Memory, Store};
    use shared_client::{Frame, question};

    fn caller(groups: &[&str]) -> (Arc<Server>, Arc<dyn crate::door::Caller>) {
        let options = Options {
            certificates: vec![("server".into(), 1_767_225_600 + 86_400)],
            ..Options::new(shared_testkit_moment)
        };
        let server = Server::new(Memory::new() as Arc<dyn Store>, options);
        let groups = groups.iter().map(|&g| g.to_owned()).collect();
        let user = User { name: "al".into(), groups, ..User::default() };
        (Arc::clone(&server), server.caller(&user))
    }

    fn shared_testkit_moment() -> shared_api::Timestamp {
        shared_api::Timestamp::from_second(1_767_225_600).unwrap()
    }

    #[tokio::test]
    async fn the_control_plane_tells_how_it_is_to_who_may_know() {
        let (_server, door) = caller(&["system:masters"]);
        let told: ControlPlane = question::answer(door.ask(&Question::ControlPlane).await.unwrap()).unwrap();
        assert_eq!(told.certificates, [("server".to_owned(), 86_400)]);
        let moment: Moment = question::answer(door.ask(&Question::Moment { ago: 0 }).await.unwrap()).unwrap();
        assert_eq!((moment.revision, moment.newest), (Some(told.revision), told.revision));
        let (_server, stranger) = caller(&["system:authenticated"]);
        let path = Question::Path { namespace: "default".into(), name: "web".into() };
        for question in [Question::ControlPlane, path] {
            let refusal = stranger.ask(&question).await.unwrap_err();
            assert_eq!(refusal.reason, shared_api::Reason::Forbidden, "{question:?}");
        }
    }

    #[tokio::test]
    async fn every_node_that_attends_is_asked_for_its_rules() {
        let (server, door) = caller(&["system:masters"]);
        let (_, mut calls) = server.nodes.attend("n1");
        let (_, left) = server.nodes.attend("n2");
        drop(left);
        let agent = Arc::clone(&server);
        tokio::spawn(async move {
            let call = calls.recv().await.unwrap();
            let wanted = Session::Rules { namespace: "default".into(), name: "web".into() };
            assert_eq!(call.session, wanted);
            let duplex = agent.nodes.serve("n1", call.number).unwrap();
            let rules = r#"[{"table":"nat","chain":"DHOW-SVC-1","packets":7,"target":"DHOW-SEP-1"}]"#;
            let _ = duplex.send.send(Frame::data(Channel::Stdout, rules)).await;
            let status = shared_api::meta::Status { status: Some("Success".into()), ..Default::default() };
            let _ = duplex.send.send(Frame::outcome(&status)).await;
        });
        let web = serde_json::json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"ports": [{"name": "http", "port": 80}], "clusterIP": "10.96.0.9"}});
        server.prepare().await.unwrap();
        let web = shared_api::Object::from_value(&web).unwrap();
        door.create(web, &shared_api::WriteHow::default()).await.unwrap();
        let path = Question::Path { namespace: "default".into(), name: "web".into() };
        let told: Paths = question::answer(door.ask(&path).await.unwrap()).unwrap();
        let seen: Vec<_> = told.nodes.iter().map(|n| (n.node.as_str(), n.rules.len())).collect();
        assert_eq!(seen, [("n1", 1)]);
        assert_eq!(told.nodes[0].rules[0].packets, 7);
        assert_eq!(
            (told.kind.as_str(), told.fronts),
            ("ClusterIP", vec!["10.96.0.9:80/TCP http".to_owned()])
        );
    }
}
