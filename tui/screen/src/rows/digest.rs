use super::{
    Asks, Delta, Leads, Row,
    asks::{self, Amounts},
    fault::of_row,
    row::Parts,
};
use serde::Deserialize;
use serde_json::Value;
use shared_api::{Heading, KindInfo, LabelSelector, Object, Timestamp, ages::OPEN};
use shared_client::Event;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How many different texts are remembered, so that rows can share them.
const SHARED: usize = 4096;

/// Makes rows of the objects of one kind. Most of them have labels, containers and a namespace in common.
pub(crate) struct Digester {
    kind: &'static KindInfo,
    headings: Vec<Heading>,
    namespaces: BTreeSet<Arc<str>>,
    labels: BTreeSet<Arc<BTreeMap<String, String>>>,
    leads: BTreeSet<Arc<Leads>>,
}

#[derive(Deserialize, Default)]
struct Peek {
    #[serde(default)]
    spec: Option<Spec>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    phase: Value,
    allocatable: Option<Amounts>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    node_name: Option<String>,
    selector: Option<Value>,
    containers: Vec<Container>,
    init_containers: Vec<Container>,
    /// Of a service; other kinds may mean something else.
    ports: Value,
    overhead: Amounts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Container {
    name: String,
    ports: Vec<Port>,
    resources: Resources,
    #[serde(rename = "restartPolicy")]
    restart_policy: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources {
    requests: Amounts,
}

/// What a pod that has not ended asks of its node, or a node has to give.
fn asks(spec: &Spec, status: &Status) -> Asks {
    if let Some(has) = &status.allocatable {
        return has.asks();
    }
    if spec.containers.is_empty() || matches!(status.phase.as_str(), Some("Succeeded" | "Failed")) {
        return Asks::default();
    }
    let of = |container: &Container| container.resources.requests.asks();
    // What prepares and then stays is there with the others.
    let stays = |c: &&Container| c.restart_policy.as_deref() == Some("Always");
    let (beside, before): (Vec<_>, Vec<_>) = spec.init_containers.iter().partition(stays);
    let running: Vec<_> = spec.containers.iter().chain(beside).map(of).collect();
    asks::of_pod(&running, &before.into_iter().map(of).collect::<Vec<_>>(), spec.overhead.asks())
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Port {
    container_port: u16,
}

impl Digester {
    pub(crate) fn of(kind: &'static KindInfo) -> Self {
        let headings = kind.headings();
        Self { kind, headings, namespaces: BTreeSet::new(), labels: BTreeSet::new(), leads: BTreeSet::new() }
    }

    /// What an event changes; `now` is when it was heard.
    pub(crate) fn delta(&mut self, event: &Event, now: Timestamp) -> Option<Delta> {
        match event {
            Event::Added(object) => Some(Delta::Is(Box::new(self.row(object, now, true)))),
            Event::Modified(object) => Some(Delta::Is(Box::new(self.row(object, now, false)))),
            Event::Deleted(object) => {
                Some(Delta::Gone { namespace: object.namespace().into(), name: object.name().into() })
            }
            Event::Bookmark { .. } => None,
        }
    }

    fn row(&mut self, object: &Object, now: Timestamp, new: bool) -> Row {
        // Decoded here, looked at once and let go: others may hold the object, and only the row is kept.
        let once = Object::from_stored(object.bytes().clone());
        let cells = self.kind.row(&once, OPEN);
        let fault = of_row(&self.headings, cells.iter().map(String::as_str));
        let labels = object.metadata().labels.clone().unwrap_or_default();
        let leads = self.leads(object);
        Row::from(Parts {
            namespace: shared(&mut self.namespaces, object.namespace()),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
            revision: object.revision(),
            changed: now,
            new,
            fault,
            labels: shared(&mut self.labels, labels),
            leads,
            cells,
        })
    }

    fn leads(&mut self, object: &Object) -> Arc<Leads> {
        let peek: Peek = serde_json::from_slice(object.bytes()).unwrap_or_default();
        let spec = peek.spec.unwrap_or_default();
        let asks = asks(&spec, &peek.status.unwrap_or_default());
        let ports = spec.containers.iter().flat_map(|c| &c.ports).map(|p| p.container_port);
        let mut ports = ports.chain(spec.ports[0]["port"].as_u64().and_then(|p| u16::try_from(p).ok()));
        let owner = object
            .controller()
            .map(|owner| (shared_api::GroupKind::parse(&owner.api_version, &owner.kind), owner.name.clone()));
        let leads = Leads {
            node: spec.node_name.unwrap_or_default(),
            port: ports.find(|p| *p > 0),
            selects: spec
                .selector
                .as_ref()
                .and_then(LabelSelector::of_spec)
                .map(|labels| labels.to_string())
                .unwrap_or_default(),
            owner,
            asks,
            containers: spec.containers.into_iter().chain(spec.init_containers).map(|c| c.name).collect(),
        };
        shared(&mut self.leads, leads)
    }
}

/// The same thing as before, if it was there before.
fn shared<T: Ord + ?Sized, G>(known: &mut BTreeSet<Arc<T>>, given: G) -> Arc<T>
where
    G: Into<Arc<T>>,
{
    let given = given.into();
    if let Some(same) = known.get(&given) {
        return Arc::clone(same);
    }
    if known.len() >= SHARED {
        known.clear();
    }
    known.insert(Arc::clone(&given));
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::*;

    #[test]
    fn a_row_keeps_what_leads_on_and_shares_what_is_the_same() {
        let pods = shared_api::find("pods").unwrap();
        let mut digester = Digester::of(pods);
        let mut row = |name: &str| {
            let pod = object(&pod(name).labelled("app", "web").on("n1").ready());
            match digester.delta(&Event::Added(pod), Timestamp::UNIX_EPOCH) {
                Some(Delta::Is(row)) => *row,
                other => panic!("{other:?}"),
            }
        };
        let (a, b) = (row("a"), row("b"));
        assert_eq!((&*a.name, &*a.namespace, a.leads.node.as_str()), ("a", "default", "n1"));
        assert_eq!(a.leads.containers.len(), 1);
        assert!(Arc::ptr_eq(&a.labels, &b.labels) && Arc::ptr_eq(&a.leads, &b.leads));
        assert_eq!(a.cells().count(), pods.headings().len());
        let web = object(&deployment("web", 1));
        let mut digester = Digester::of(shared_api::find("deploy").unwrap());
        let Some(Delta::Is(row)) = digester.delta(&Event::Modified(web), Timestamp::UNIX_EPOCH) else {
            panic!()
        };
        assert_eq!(row.selects().unwrap().to_string(), "app=web");
        assert!(!row.new);
    }
}
