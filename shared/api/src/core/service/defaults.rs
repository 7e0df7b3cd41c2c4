//! What the author of a service may leave out.

use crate::IntOrString;
use k8s_openapi::api::core::v1::{ServicePort, ServiceSpec};

/// How long a client stays with one pod: three hours.
const AFFINITY_SECONDS: i32 = 10_800;

pub(super) fn complete(spec: &mut ServiceSpec) {
    text(&mut spec.type_, "ClusterIP");
    text(&mut spec.session_affinity, "None");
    match spec.session_affinity.as_deref() {
        Some("ClientIP") => {
            let config = spec.session_affinity_config.get_or_insert_default();
            config.client_ip.get_or_insert_default().timeout_seconds.get_or_insert(AFFINITY_SECONDS);
        }
        _ => spec.session_affinity_config = None,
    }
    spec.ports.iter_mut().flatten().for_each(port);
    let type_ = spec.type_.as_deref().unwrap_or_default();
    let reached_from_outside = matches!(type_, "NodePort" | "LoadBalancer")
        || (type_ == "ClusterIP" && spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty()));
    if reached_from_outside {
        text(&mut spec.external_traffic_policy, "Cluster");
    }
    if type_ == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
    if type_ == "ExternalName" {
        return;
    }
    text(&mut spec.internal_traffic_policy, "Cluster");
    if spec.cluster_ips.as_ref().is_none_or(Vec::is_empty) {
        spec.cluster_ips = spec.cluster_ip.clone().filter(|ip| !ip.is_empty()).map(|ip| vec![ip]);
    }
    if spec.ip_families.as_ref().is_none_or(Vec::is_empty) {
        let family = |ip: &String| if ip.contains(':') { "IPv6" } else { "IPv4" }.to_owned();
        let families: Vec<_> = spec.cluster_ips.iter().flatten().map(family).collect();
        spec.ip_families = Some(if families.is_empty() { vec!["IPv4".into()] } else { families });
    }
    text(&mut spec.ip_family_policy, "SingleStack");
}

fn port(port: &mut ServicePort) {
    text(&mut port.protocol, "TCP");
    let empty = match &port.target_port {
        None | Some(IntOrString::Int(0)) => true,
        Some(IntOrString::Int(_)) => false,
        Some(IntOrString::String(name)) => name.is_empty(),
    };
    if empty {
        port.target_port = Some(IntOrString::Int(port.port));
    }
}

fn text(field: &mut Option<String>, usual: &str) {
    if field.as_deref().unwrap_or_default().is_empty() {
        *field = Some(usual.into());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Service;
    use crate::core::testing::completed;
    use serde_json::json;

    #[test]
    fn the_shortest_service_becomes_whole() {
        let service = completed::<Service>(json!({"spec": {"ports": [{"port": 80}]}}));
        assert_eq!(
            service["spec"],
            json!({"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
                "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
                "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
        );
        assert_eq!(service["status"], json!({"loadBalancer": {}}));
    }

    #[test]
    fn the_type_brings_its_own() {
        let spec = |spec| completed::<Service>(json!({"spec": spec}))["spec"].clone();
        assert_eq!(spec(json!({"type": "NodePort"}))["externalTrafficPolicy"], "Cluster");
        assert_eq!(spec(json!({"clusterIP": "fd00::1"}))["ipFamilies"], json!(["IPv6"]));
        assert!(spec(json!({"type": "ExternalName"})).get("ipFamilies").is_none());
        let balanced = completed::<Service>(json!({"spec": {"type": "LoadBalancer"},
            "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}, {"hostname": "a"}]}}}));
        let ingress = json!([{"ip": "1.2.3.4", "ipMode": "VIP"}, {"hostname": "a"}]);
        assert_eq!(balanced["status"]["loadBalancer"]["ingress"], ingress);
        let sticky = spec(json!({"sessionAffinity": "ClientIP"}));
        assert_eq!(sticky["sessionAffinityConfig"], json!({"clientIP": {"timeoutSeconds": 10800}}));
    }
}
