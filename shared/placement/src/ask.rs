//! What a pod asks of a node, worked out once.

use shared_api::{
    Amount, Quantity,
    core::{Container, Pod, PodSpec},
};
use std::{collections::BTreeMap, sync::Arc};

/// Amounts by resource: `cpu`, `memory`, `nvidia.com/gpu`.
pub(crate) type Amounts = BTreeMap<String, Amount>;

/// What a pod without requests counts for when nodes are compared, as upstream has it.
const UNSAID: [(&str, Amount); 2] =
    [("cpu", Amount::milli(100)), ("memory", Amount::whole(200 * 1024 * 1024))];

/// What a pod asks of a node.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose ask it is.
    pub pod: Arc<Pod>,
    /// What it is promised.
    pub(crate) requests: Amounts,
    /// What it is taken to use when nodes are compared.
    pub(crate) weight: Amounts,
    /// Ports of the node it takes.
    pub(crate) ports: Vec<HostPort>,
    /// Whose pod it is: pods of one owner are spread.
    pub(crate) group: Option<String>,
}

/// A port of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) ip: String,
    pub(crate) protocol: String,
    pub(crate) port: i32,
}

impl HostPort {
    /// Whether both cannot be had on one node.
    pub(crate) fn conflicts(&self, other: &Self) -> bool {
        let any = |ip: &str| ip.is_empty() || ip == "0.0.0.0" || ip == "::";
        self.port == other.port
            && self.protocol == other.protocol
            && (any(&self.ip) || any(&other.ip) || self.ip == other.ip)
    }
}

impl Ask {
    /// What `pod` asks.
    pub fn of(pod: &Arc<Pod>) -> Self {
        let empty = PodSpec::default();
        let spec = pod.spec.as_ref().unwrap_or(&empty);
        let promised = promised(pod);
        let requests = requests(spec, |container| {
            let mut asked = of(container.resources.as_ref().and_then(|r| r.requests.as_ref()));
            if let Some(had) = promised.get(&container.name) {
                // What cannot be had here does not take room.
                if infeasible(pod) {
                    asked = Amounts::new();
                }
                raise(&mut asked, had);
            }
            asked
        });
        let mut weight = requests.clone();
        for (resource, amount) in UNSAID {
            let asked = weight.entry(resource.into()).or_default();
            *asked = if *asked == Amount::default() { amount } else { *asked };
        }
        let owners = pod.metadata.owner_references.iter().flatten();
        let group = owners.into_iter().find(|o| o.controller == Some(true)).map(|o| o.uid.clone());
        Self { pod: Arc::clone(pod), requests, weight, ports: ports(spec), group }
    }

    pub(crate) fn spec(&self) -> Option<&PodSpec> {
        self.pod.spec.as_ref()
    }
}

/// Containers run together, init containers one after the other before them; those that keep running
/// count with all that come after.
fn requests(spec: &PodSpec, of: impl Fn(&Container) -> Amounts) -> Amounts {
    let (mut together, mut most) = (Amounts::new(), Amounts::new());
    for init in spec.init_containers.iter().flatten() {
        if init.restart_policy.as_deref() == Some("Always") {
            add(&mut together, &of(init));
            raise(&mut most, &together);
        } else {
            let mut meanwhile = together.clone();
            add(&mut meanwhile, &of(init));
            raise(&mut most, &meanwhile);
        }
    }
    spec.containers.iter().for_each(|container| add(&mut together, &of(container)));
    raise(&mut most, &together);
    for (resource, amount) in spec.overhead.iter().flatten() {
        *most.entry(resource.clone()).or_default() += Amount::of(amount);
    }
    most
}

/// What its node has promised each container, while that is being changed.
fn promised(pod: &Pod) -> BTreeMap<String, Amounts> {
    let Some(status) = &pod.status else { return BTreeMap::new() };
    let all = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    all.filter_map(|s| Some((s.name.clone(), of(Some(s.allocated_resources.as_ref()?))))).collect()
}

/// Whether the node has said that it can never give what the pod now asks for.
fn infeasible(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    conditions.into_iter().any(|c| c.type_ == "PodResizePending" && c.reason.as_deref() == Some("Infeasible"))
}

fn of(requests: Option<&BTreeMap<String, Quantity>>) -> Amounts {
    requests.into_iter().flatten().map(|(resource, amount)| (resource.clone(), Amount::of(amount))).collect()
}

fn add(to: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        *to.entry(resource.clone()).or_default() += *amount;
    }
}

fn raise(to: &mut Amounts, other: &Amounts) {
    for (resource, amount) in other {
        let known = to.entry(resource.clone()).or_default();
        *known = (*known).max(*amount);
    }
}

pub(crate) fn ports(spec: &PodSpec) -> Vec<HostPort> {
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let ports = containers.flat_map(|c| c.ports.iter().flatten());
    ports
        .filter_map(|p| {
            // On the node's own network every port is one of the node's.
            let own = spec.host_network.unwrap_or(false).then_some(p.container_port);
            let port = p.host_port.or(own).filter(|port| *port > 0)?;
            let protocol = p.protocol.clone().unwrap_or_else(|| "TCP".into());
            Some(HostPort { ip: p.host_ip.clone().unwrap_or_default(), protocol, port })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::{
        Quantity,
        core::{ContainerStatus, PodCondition},
    };
    use shared_testkit::{PodWords, pod};

    fn init(cpu: &str, policy: Option<&str>) -> Container {
        let mut made = pod("x").requests("cpu", cpu).spec.unwrap_or_default().containers.remove(0);
        made.restart_policy = policy.map(Into::into);
        made
    }

    #[test]
    fn init_containers_count_while_they_run() {
        let mut asked = pod("a").requests("cpu", "500m").requests("memory", "1Gi");
        asked.spec_mut().init_containers =
            Some(vec![init("2", None), init("300m", Some("Always")), init("1", None)]);
        asked.spec_mut().overhead = Some([("cpu".to_owned(), Quantity("10m".into()))].into());
        let ask = Ask::of(&Arc::new(asked));
        assert_eq!(ask.requests["cpu"], Amount::milli(2010));
        assert_eq!(ask.requests["memory"], Amount::whole(1 << 30));
    }

    #[test]
    fn what_was_promised_takes_room_until_it_is_given_back() {
        let cpu = |reason: &str, promised: &str| {
            let mut asked = pod("a").requests("cpu", "500m");
            let name = asked.spec_mut().containers[0].name.clone();
            let status = asked.status_mut();
            status.conditions = Some(vec![PodCondition {
                type_: "PodResizePending".into(),
                reason: Some(reason.into()),
                ..PodCondition::default()
            }]);
            status.container_statuses = Some(vec![ContainerStatus {
                name,
                allocated_resources: Some([("cpu".to_owned(), Quantity(promised.into()))].into()),
                ..ContainerStatus::default()
            }]);
            Ask::of(&Arc::new(asked)).requests["cpu"].as_milli()
        };
        assert_eq!(cpu("Deferred", "100m"), 500);
        assert_eq!(cpu("Deferred", "700m"), 700);
        assert_eq!(cpu("Infeasible", "100m"), 100);
    }
}
