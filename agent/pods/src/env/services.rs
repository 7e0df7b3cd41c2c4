//! The variables by which a pod finds services, as Docker's links had them.

use shared_api::core::Service;
use std::sync::Arc;

/// Variables for the services of `namespace` when `links`, and for `kubernetes` in any case.
pub(super) fn env(services: &[Arc<Service>], namespace: &str, links: bool) -> Vec<(String, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut all = Vec::new();
    for service in services {
        let (home, name) = (text(&service.metadata.namespace), text(&service.metadata.name));
        let master = home == "default" && name == "kubernetes";
        if !(master || (links && home == namespace)) {
            continue;
        }
        // A service of one's own called `kubernetes` gives way to the cluster's.
        if !master && name == "kubernetes" {
            continue;
        }
        let Some(spec) = &service.spec else { continue };
        let Some(ip) = spec.cluster_ip.as_deref().filter(|ip| !ip.is_empty() && *ip != "None") else {
            continue;
        };
        let ports = spec.ports.as_deref().unwrap_or_default();
        let Some(first) = ports.first() else { continue };
        let head = name.to_uppercase().replace('-', "_");
        let host = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
        all.push((format!("{head}_SERVICE_HOST"), ip.to_owned()));
        all.push((format!("{head}_SERVICE_PORT"), first.port.to_string()));
        for port in ports {
            if let Some(name) = port.name.as_deref().filter(|n| !n.is_empty()) {
                let name = name.to_uppercase().replace('-', "_");
                all.push((format!("{head}_SERVICE_PORT_{name}"), port.port.to_string()));
            }
        }
        for (n, port) in ports.iter().enumerate() {
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            let lower = protocol.to_lowercase();
            let link = format!("{head}_PORT_{}_{}", port.port, protocol.to_uppercase());
            let url = format!("{lower}://{host}:{}", port.port);
            if n == 0 {
                all.push((format!("{head}_PORT"), url.clone()));
            }
            all.push((link.clone(), url));
            all.push((format!("{link}_PROTO"), lower));
            all.push((format!("{link}_PORT"), port.port.to_string()));
            all.push((format!("{link}_ADDR"), ip.to_owned()));
        }
    }
    all
}
