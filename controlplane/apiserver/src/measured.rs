//! What nodes say they and their pods use: the last word of each, for a minute, in memory only.
//!
//! A node says it all at once; objects are made of it when somebody asks, for what still is there. Over the
//! door it can be followed; Kubernetes' REST has no such verb.

mod follow;

pub(crate) use follow::follow;

use crate::{authz, local::Local, server::Server};
use serde_json::{Value, json};
use shared_api::{
    GroupKind, Key, KindInfo, Object, Refusal, Time, Timestamp,
    core::{Node, Pod},
    meta::ObjectMeta,
    metrics::{NodeMetrics, NodeReport, PodMetrics, PodReport},
};
use shared_client::Result;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::broadcast;

/// What a node calls the part of it that these are.
pub(crate) const PART: &str = "measurements";

/// Seconds after which a node's last word is worth nothing any more.
const STALE: i64 = 60;

/// The most pods that a node may speak of.
const PODS: usize = 2000;

/// How many nodes may speak before somebody who follows has to ask for everything again.
const BEHIND: usize = 1024;

/// The last word of every node.
pub(crate) struct Measured {
    words: Mutex<BTreeMap<String, Heard>>,
    /// Who has just spoken.
    spoke: broadcast::Sender<Arc<str>>,
}

impl Default for Measured {
    fn default() -> Self {
        Self { words: Mutex::default(), spoke: broadcast::channel(BEHIND).0 }
    }
}

struct Heard {
    at: Timestamp,
    report: Arc<NodeReport>,
}

impl Measured {
    fn hear(&self, node: &str, report: NodeReport, now: Timestamp) {
        let heard = Heard { at: now, report: Arc::new(report) };
        {
            let mut all = self.words.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, heard| fresh(heard, now));
            all.insert(node.into(), heard);
        }
        // Mostly nobody follows.
        let _ = self.spoke.send(node.into());
    }

    fn of(&self, node: &str, now: Timestamp) -> Option<Arc<NodeReport>> {
        let all = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(node).filter(|heard| fresh(heard, now)).map(|heard| Arc::clone(&heard.report))
    }

    fn all(&self, now: Timestamp) -> Vec<(String, Arc<NodeReport>)> {
        let all = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = all.iter().filter(|(_, heard)| fresh(heard, now));
        fresh.map(|(node, heard)| (node.clone(), Arc::clone(&heard.report))).collect()
    }
}

/// What a pod on a node uses, by the node's last word.
pub(crate) fn uses(server: &Server, node: &str, namespace: &str, name: &str) -> Option<PodMetrics> {
    let report = server.measured.of(node, (server.options.clock)())?;
    let pod = report.pods.iter().find(|pod| pod.namespace == namespace && pod.name == name)?;
    Some(PodMetrics::of(ObjectMeta::default(), &report, pod))
}

fn fresh(heard: &Heard, now: Timestamp) -> bool {
    now.as_second() - heard.at.as_second() < STALE
}

/// Whether objects of a kind are made here.
pub(crate) fn holds(kind: &KindInfo) -> bool {
    [GroupKind::of::<NodeMetrics>(), GroupKind::of::<PodMetrics>()].contains(&kind.group_kind())
}

/// Takes a node's word; only the node itself may give it, and who may do everything.
pub(crate) fn take(caller: &Local, key: &Key, body: Option<Value>) -> Result<Value> {
    let itself = authz::node(&caller.user) == Some(key.name.as_str());
    let master = caller.user.groups.iter().any(|group| group == authz::MASTERS);
    if key.kind != GroupKind::of::<Node>() || !itself && !master {
        let why = format!("User {:?} is not this node, and cannot say what it uses", caller.user.name);
        return Err(Refusal::forbidden(key, &why));
    }
    let report = NodeReport::read(body.unwrap_or_default())?;
    if report.pods.len() > PODS {
        let why = format!("the measurements are of {} pods, {PODS} are taken", report.pods.len());
        return Err(Refusal::bad_request(why));
    }
    caller.server.measured.hear(&key.name, report, (caller.server.options.clock)());
    Ok(json!({}))
}

/// What every node or pod uses, by namespace and name.
pub(crate) fn objects(server: &Server, kind: &KindInfo) -> Result<Vec<Object>> {
    let now = (server.options.clock)();
    let mut found = Vec::new();
    for (name, report) in server.measured.all(now) {
        found.extend(said(server, kind, &name, &report, now)?);
    }
    found.sort_by(|a, b| (a.namespace(), a.name()).cmp(&(b.namespace(), b.name())));
    Ok(found)
}

/// What one node's word says of a kind.
fn said(
    server: &Server,
    kind: &KindInfo,
    name: &str,
    report: &NodeReport,
    now: Timestamp,
) -> Result<Vec<Object>> {
    if kind.group_kind() == GroupKind::of::<NodeMetrics>() {
        return Ok(node(server, name, report, now)?.into_iter().collect());
    }
    let pods = report.pods.iter().map(|one| pod(server, name, report, one, now));
    pods.filter_map(Result::transpose).collect()
}

fn node(server: &Server, name: &str, report: &NodeReport, now: Timestamp) -> Result<Option<Object>> {
    let Some(node) = server.read(known(&GroupKind::of::<Node>())?, "", name)? else { return Ok(None) };
    Ok(Some(Object::from_kind(&NodeMetrics::of(about(&node, now), report))))
}

/// What a pod uses, as long as it is there and on the node that says so.
fn pod(
    server: &Server,
    node: &str,
    report: &NodeReport,
    one: &PodReport,
    now: Timestamp,
) -> Result<Option<Object>> {
    let found = server.read(known(&GroupKind::of::<Pod>())?, &one.namespace, &one.name)?;
    let bound = |object: &Object| {
        let pod = object.to_kind::<Pod>().ok();
        pod.and_then(|pod| pod.spec.as_ref()?.node_name.clone()).as_deref() == Some(node)
    };
    let Some(object) = found.filter(bound) else { return Ok(None) };
    Ok(Some(Object::from_kind(&PodMetrics::of(about(&object, now), report, one))))
}

fn known(kind: &GroupKind) -> Result<&'static KindInfo> {
    crate::keys::known(kind)
}

/// Named and labelled as what it is about, so that it is selected in the same way.
fn about(object: &Object, now: Timestamp) -> ObjectMeta {
    let meta = object.metadata();
    ObjectMeta {
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        labels: meta.labels.clone(),
        creation_timestamp: Some(Time::from(now)),
        ..ObjectMeta::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_forgotten_after_a_minute() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let report = || {
            let report = json!({"timestamp": at(0).to_string(), "window": "15s", "usage": {}, "pods": []});
            NodeReport::read(report).unwrap()
        };
        let measured = Measured::default();
        measured.hear("n1", report(), at(0));
        measured.hear("n2", report(), at(50));
        let names = |now| measured.all(now).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(at(59)), ["n1", "n2"]);
        assert_eq!(names(at(60)), ["n2"]);
        measured.hear("n2", report(), at(61));
        assert_eq!(measured.words.lock().unwrap().len(), 1, "and takes no room");
    }
}
