//! Which pods stand behind a service, and where each is reached.

use crate::pod::{is_over, is_ready, node};
use shared_api::{
    GroupKind, IntOrString, Key, LabelSelector,
    core::{ObjectReference, Pod, Service, ServicePort},
};
use shared_reconcile::{Event, World, reference_to};
use std::sync::Arc;

/// A pod behind a service.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    pub(crate) pod: Arc<Pod>,
    pub(crate) ip: String,
    /// It may be given new connections, or the service wants it told anyway.
    pub(crate) ready: bool,
    /// It answers, even if it is on its way out.
    pub(crate) serving: bool,
    pub(crate) terminating: bool,
    /// The service's ports as this pod has them.
    pub(crate) ports: Vec<Port>,
}

/// A port of a service as a pod has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) number: i32,
    pub(crate) protocol: String,
    pub(crate) app_protocol: Option<String>,
}

impl Backend {
    pub(crate) fn node(&self) -> Option<String> {
        node(&self.pod).map(Into::into)
    }

    /// Which pod it is, without saying in which state: otherwise every change would be one here too.
    pub(crate) fn target(&self) -> ObjectReference {
        let mut reference = reference_to(&*self.pod);
        reference.api_version = None;
        reference.resource_version = None;
        reference
    }

    /// The name the pod answers to under the service's, when it asked for one.
    pub(crate) fn hostname(&self, service: &Service) -> Option<String> {
        let spec = self.pod.spec.as_ref()?;
        (spec.subdomain == service.metadata.name).then(|| spec.hostname.clone()).flatten()
    }
}

/// The labels a service selects by; `None` when its endpoints are somebody else's affair.
pub(crate) fn selector(service: &Service) -> Option<LabelSelector> {
    let spec = service.spec.as_ref()?;
    let selector = spec.selector.as_ref().filter(|s| !s.is_empty())?;
    (spec.type_.as_deref() != Some("ExternalName")).then(|| LabelSelector::from_labels(selector))
}

/// `IPv4` or `IPv6`: the service's first.
pub(crate) fn family(service: &Service) -> &'static str {
    let spec = service.spec.as_ref();
    let first = spec.and_then(|s| s.ip_families.as_ref()).and_then(|f| f.first()).map(String::as_str);
    let by_address = spec.and_then(|s| s.cluster_ip.as_deref()).is_some_and(|ip| ip.contains(':'));
    if first == Some("IPv6") || (first.is_none() && by_address) { "IPv6" } else { "IPv4" }
}

pub(crate) fn is_headless(service: &Service) -> bool {
    service.spec.as_ref().and_then(|s| s.cluster_ip.as_deref()) == Some("None")
}

/// The pods behind a service that have an address, by name.
pub(crate) fn backends(service: &Service, selector: &LabelSelector, world: &World) -> Vec<Backend> {
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let publish = service.spec.as_ref().and_then(|s| s.publish_not_ready_addresses).unwrap_or(false);
    let family = family(service);
    let of = |pod: Arc<Pod>| {
        if is_over(&pod) || !selector.matches(pod.metadata.labels.as_ref()) {
            return None;
        }
        let ip = address(&pod, family)?;
        let (serving, terminating) = (is_ready(&pod), pod.metadata.deletion_timestamp.is_some());
        let ready = publish || (serving && !terminating);
        let ports = ports(service, &pod);
        Some(Backend { ip, ready, serving: publish || serving, terminating, ports, pod })
    };
    world.within::<Pod>(namespace).filter_map(of).collect()
}

fn address(pod: &Pod, family: &str) -> Option<String> {
    let status = pod.status.as_ref()?;
    let all = status.pod_ips.iter().flatten().map(|ip| &ip.ip).chain(&status.pod_ip);
    all.into_iter().find(|ip| !ip.is_empty() && ip.contains(':') == (family == "IPv6")).cloned()
}

/// A service's ports as a pod has them; a named port that the pod lacks is left out.
fn ports(service: &Service, pod: &Pod) -> Vec<Port> {
    let ports = service.spec.iter().flat_map(|s| s.ports.iter().flatten());
    ports.filter_map(|port| Some(Port { number: target(port, pod)?, ..named(port) })).collect()
}

fn named(port: &ServicePort) -> Port {
    Port {
        name: port.name.clone().unwrap_or_default(),
        number: port.port,
        protocol: port.protocol.clone().unwrap_or_else(|| "TCP".into()),
        app_protocol: port.app_protocol.clone(),
    }
}

fn target(port: &ServicePort, pod: &Pod) -> Option<i32> {
    let name = match port.target_port.as_ref() {
        None | Some(IntOrString::Int(0)) => return Some(port.port),
        Some(IntOrString::Int(number)) => return Some(*number),
        Some(IntOrString::String(name)) if name.is_empty() => return Some(port.port),
        Some(IntOrString::String(name)) => name,
    };
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    let spec = pod.spec.as_ref()?;
    let mut ports = spec.containers.iter().flat_map(|c| c.ports.iter().flatten());
    let found =
        ports.find(|p| p.name.as_ref() == Some(name) && p.protocol.as_deref().unwrap_or("TCP") == protocol);
    found.map(|p| p.container_port)
}

/// The services an event is about: those that select the pod, and those whose endpoints name it.
pub(crate) fn concerned(
    event: &Event,
    world: &World,
    names: impl Fn(&str, &str) -> Option<String>,
) -> Vec<Key> {
    let Some(object) = event.object() else { return Vec::new() };
    let namespace = object.namespace();
    if object.group_kind() != GroupKind::of::<Pod>() {
        let service = names(object.kind(), object.name()).or_else(|| {
            let labels = object.metadata().labels.as_ref()?;
            labels.get(SERVICE_NAME).cloned()
        });
        return service.into_iter().map(|name| Key::of::<Service>(namespace, &name)).collect();
    }
    let selects =
        |s: &Arc<Service>| selector(s).is_some_and(|sel| sel.matches(object.metadata().labels.as_ref()));
    world.within::<Service>(namespace).filter(selects).map(|s| Key::from_kind(&*s)).collect()
}

/// Names the service a slice belongs to.
pub(crate) const SERVICE_NAME: &str = "kubernetes.io/service-name";
