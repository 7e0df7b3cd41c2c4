//! What a table of services shows.

use super::Service;
use crate::{Column, cells};
use k8s_openapi::api::core::v1::{ServicePort, ServiceSpec};

pub(super) const COLUMNS: &[Column<Service>] = &[
    Column::text("Type", |s, _| spec(s, |s| s.type_.clone().unwrap_or_default())),
    Column::text("Cluster-IP", |s, _| {
        spec(s, |s| {
            let first = s.cluster_ips.iter().flatten().next().or(s.cluster_ip.as_ref());
            cells::or_none(first.map(String::as_str))
        })
    }),
    Column::text("External-IP", |s, _| outside(s)),
    Column::text("Port(s)", |s, _| {
        spec(s, |s| cells::or_none(Some(&s.ports.iter().flatten().map(port).collect::<Vec<_>>().join(","))))
    }),
    Column::age(),
    Column::text("Selector", |s: &Service, _| spec(s, |s| cells::labels(s.selector.as_ref()))).wide(),
];

fn spec(service: &Service, get: impl Fn(&ServiceSpec) -> String) -> String {
    service.spec.as_ref().map(get).unwrap_or_default()
}

fn port(port: &ServicePort) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    match port.node_port.filter(|p| *p > 0) {
        Some(on_node) => format!("{}:{on_node}/{protocol}", port.port),
        None => format!("{}/{protocol}", port.port),
    }
}

fn outside(service: &Service) -> String {
    spec(service, |spec| {
        let mut found: Vec<&str> = Vec::new();
        match spec.type_.as_deref() {
            Some("ExternalName") => return spec.external_name.clone().unwrap_or_default(),
            Some("LoadBalancer") => {
                let balancer = service.status.as_ref().and_then(|s| s.load_balancer.as_ref());
                let ways = balancer.iter().flat_map(|b| b.ingress.iter().flatten());
                found.extend(ways.filter_map(|i| i.ip.as_deref().or(i.hostname.as_deref())));
                found.extend(spec.external_ips.iter().flatten().map(String::as_str));
                if found.is_empty() {
                    return "<pending>".into();
                }
            }
            _ => found.extend(spec.external_ips.iter().flatten().map(String::as_str)),
        }
        cells::or_none(Some(&found.join(",")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn a_service_is_shown_by_its_ways_in() {
        for (spec, expected) in [
            (
                json!({"type": "NodePort", "clusterIP": "10.0.0.1", "selector": {"app": "a"},
                    "ports": [{"port": 80, "nodePort": 30000}, {"port": 53, "protocol": "UDP"}]}),
                ["NodePort", "10.0.0.1", "<none>", "80:30000/TCP,53/UDP", "<unknown>", "app=a"],
            ),
            (json!({"clusterIP": "None"}), ["ClusterIP", "None", "<none>", "<none>", "<unknown>", "<none>"]),
            (
                json!({"type": "ExternalName", "externalName": "a.b"}),
                ["ExternalName", "<none>", "a.b", "<none>", "<unknown>", "<none>"],
            ),
            (
                json!({"type": "LoadBalancer"}),
                ["LoadBalancer", "<none>", "<pending>", "<none>", "<unknown>", "<none>"],
            ),
        ] {
            assert_eq!(row::<Service>(json!({"spec": spec})), expected);
        }
    }
}
