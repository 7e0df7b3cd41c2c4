//! Why a service answers nobody.

use super::{Known, Report, name_of, pod};
use shared_api::{
    IntOrString, Object,
    core::{Pod, Service},
};

pub(super) fn why(service: &Service, known: &Known<'_>) -> Report {
    let name = name_of(&service.metadata);
    let spec = service.spec.clone().unwrap_or_default();
    if spec.type_.as_deref() == Some("ExternalName") {
        return Report::answer(format!(
            "Service {name} is another name for {}",
            spec.external_name.unwrap_or_default()
        ));
    }
    let Some(pods) = super::pods_of(&Object::from_kind(service), known.world) else {
        return Report::answer(format!(
            "Service {name} selects no pods: its endpoints are written by somebody else"
        ));
    };
    let labels =
        spec.selector.iter().flatten().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
    if pods.is_empty() {
        let mut report =
            Report::answer(format!("Service {name} reaches nobody: no pod has the labels {labels}"));
        report.try_this("compare the selector with the labels of the pods that are meant");
        return report;
    }
    let ready: Vec<_> = pods.iter().filter(|pod| pod::is_ready(pod)).collect();
    let mut report = if ready.is_empty() {
        Report::answer(format!("Service {name} reaches nobody: none of its {} pods is ready", pods.len()))
    } else if let Some(port) = spec.ports.iter().flatten().find(|port| match &port.target_port {
        Some(IntOrString::String(name)) => !ready.iter().any(|pod| has_port(pod, name)),
        _ => false,
    }) {
        let target = match &port.target_port {
            Some(IntOrString::String(name)) => name.clone(),
            _ => String::new(),
        };
        Report::answer(format!(
            "Service {name}: no ready pod has a port called {target:?}, which port {} leads to",
            port.port
        ))
    } else {
        Report::answer(format!(
            "Service {name} is well: {} of its {} pods are ready",
            ready.len(),
            pods.len()
        ))
    };
    let ill = pods.iter().filter(|pod| !pod::is_ready(pod));
    report.section("Pods that are not ready", ill.map(|pod| pod::summary(pod, known).answer).collect());
    report
}

fn has_port(pod: &Pod, name: &str) -> bool {
    let ports = pod.spec.iter().flat_map(|s| &s.containers).flat_map(|c| c.ports.iter().flatten());
    ports.into_iter().any(|port| port.name.as_deref() == Some(name))
}
