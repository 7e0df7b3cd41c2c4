//! What is wrong with a service.

use crate::{IntOrString, Invalid, name};
use k8s_openapi::api::core::v1::{ServicePort, ServiceSpec};
use std::{collections::BTreeSet, net::IpAddr};

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const POLICIES: &[&str] = &["Cluster", "Local"];

pub(super) fn valid(spec: &ServiceSpec, old: Option<&ServiceSpec>, invalid: &mut Invalid) {
    let type_ = text(spec.type_.as_ref());
    let headless = text(spec.cluster_ip.as_ref()) == "None";
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !headless && type_ != "ExternalName" {
        invalid.required("spec.ports", "");
    }
    valid_ports(ports, type_, invalid);
    match type_ {
        "ExternalName" => match text(spec.external_name.as_ref()).trim_end_matches('.') {
            "" => invalid.required("spec.externalName", ""),
            host => {
                if let Some(why) = name::subdomain(host) {
                    invalid.value("spec.externalName", host, &why);
                }
            }
        },
        "NodePort" | "LoadBalancer" if headless => {
            let why = format!("may not be set to 'None' for {type_} services");
            invalid.value("spec.clusterIPs[0]", "None", &why);
        }
        _ => {}
    }
    for (field, value, supported) in [
        ("type", type_, TYPES),
        ("sessionAffinity", text(spec.session_affinity.as_ref()), &["ClientIP", "None"]),
        ("internalTrafficPolicy", text(spec.internal_traffic_policy.as_ref()), POLICIES),
        ("externalTrafficPolicy", text(spec.external_traffic_policy.as_ref()), POLICIES),
    ] {
        if !value.is_empty() && !supported.contains(&value) {
            invalid.unsupported(format!("spec.{field}"), value, supported);
        }
    }
    crate::metadata::labels("spec.selector", spec.selector.as_ref(), invalid);
    valid_addresses(spec, type_, old, invalid);
    let client = spec.session_affinity_config.as_ref().and_then(|c| c.client_ip.as_ref());
    if let Some(seconds) = client.and_then(|c| c.timeout_seconds).filter(|s| !(1..=86400).contains(s)) {
        let field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
        invalid.value(field, seconds, "must be greater than 0 and less than 86400");
    }
}

fn text(text: Option<&String>) -> &str {
    text.map(String::as_str).unwrap_or_default()
}

fn valid_ports(ports: &[ServicePort], type_: &str, invalid: &mut Invalid) {
    let (mut names, mut numbers, mut on_nodes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (at, port) in ports.iter().enumerate() {
        let path = format!("spec.ports[{at}]");
        let called = text(port.name.as_ref());
        if called.is_empty() {
            if ports.len() > 1 {
                invalid.required(format!("{path}.name"), "");
            }
        } else if let Some(why) = name::label(called) {
            invalid.value(format!("{path}.name"), called, &why);
        } else if !names.insert(called) {
            invalid.duplicate(format!("{path}.name"), called);
        }
        if let Some(why) = name::port_number(port.port) {
            invalid.value(format!("{path}.port"), port.port, why);
        }
        let protocol = text(port.protocol.as_ref());
        if protocol.is_empty() {
            invalid.required(format!("{path}.protocol"), "");
        } else if !PROTOCOLS.contains(&protocol) {
            invalid.unsupported(format!("{path}.protocol"), protocol, PROTOCOLS);
        }
        match &port.target_port {
            Some(IntOrString::Int(number)) => {
                if let Some(why) = name::port_number(*number) {
                    invalid.value(format!("{path}.targetPort"), number, why);
                }
            }
            Some(IntOrString::String(target)) => {
                if let Some(why) = name::port(target) {
                    invalid.value(format!("{path}.targetPort"), target, &why);
                }
            }
            None => {}
        }
        if !numbers.insert((protocol, port.port)) {
            invalid.duplicate(&path, &format!("{}/{protocol}", port.port));
        }
        // Which numbers a cluster hands out is its own setting, so admission has the range.
        let Some(number) = port.node_port.filter(|n| *n != 0) else { continue };
        if matches!(type_, "ClusterIP" | "ExternalName") {
            let why = format!("may not be used when `type` is '{type_}'");
            invalid.forbidden(format!("{path}.nodePort"), &why);
        } else if let Some(why) = name::port_number(number) {
            invalid.value(format!("{path}.nodePort"), number, why);
        } else if !on_nodes.insert((protocol, number)) {
            invalid.duplicate(format!("{path}.nodePort"), &number.to_string());
        }
    }
}

fn valid_addresses(spec: &ServiceSpec, type_: &str, old: Option<&ServiceSpec>, invalid: &mut Invalid) {
    const SHAPE: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    let is_ip = |ip: &str| ip.parse::<IpAddr>().is_ok();
    for (at, ip) in spec.external_ips.iter().flatten().enumerate() {
        if !is_ip(ip) {
            invalid.value(format!("spec.externalIPs[{at}]"), ip, SHAPE);
        }
    }
    for (at, range) in spec.load_balancer_source_ranges.iter().flatten().enumerate() {
        let field = format!("spec.loadBalancerSourceRanges[{at}]");
        if type_ != "LoadBalancer" {
            invalid.forbidden(field, "may only be used when `type` is 'LoadBalancer'");
        } else if !is_range(range.trim()) {
            invalid.value(field, range, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        }
    }
    let (given, all) = (text(spec.cluster_ip.as_ref()), spec.cluster_ips.as_deref().unwrap_or_default());
    if type_ == "ExternalName" {
        if !all.is_empty() || !given.is_empty() {
            invalid.forbidden("spec.clusterIPs", "may not be set for ExternalName services");
        }
        return;
    }
    let before =
        old.filter(|o| text(o.type_.as_ref()) != "ExternalName").map(|o| text(o.cluster_ip.as_ref()));
    if before.is_some_and(|b| !b.is_empty() && b != given) {
        let why = "may not change once set";
        invalid.value("spec.clusterIPs[0]", [given], why);
        return;
    }
    for (at, ip) in all.iter().enumerate() {
        if ip != "None" && !is_ip(ip) {
            invalid.value(format!("spec.clusterIPs[{at}]"), ip, SHAPE);
        } else if ip == "None" && all.len() > 1 {
            let why = "'None' must be the first and only value";
            invalid.value(format!("spec.clusterIPs[{at}]"), ip, why);
        }
    }
    if all.first().is_some_and(|first| first != given) {
        invalid.value("spec.clusterIPs", all, "first value must match `clusterIP`");
    }
}

/// Whether a text is an address and how many of its bits count.
fn is_range(text: &str) -> bool {
    let Some((ip, bits)) = text.split_once('/') else { return false };
    let most = match ip.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    !bits.starts_with('+') && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

#[cfg(test)]
mod tests {
    use crate::core::{Service, testing};
    use serde_json::{Value, json};

    fn check(spec: &Value, expected: &[&str]) {
        let found = testing::findings::<Service>(json!({"spec": spec}));
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn each_finding_names_its_field() {
        check(&json!({"ports": [{"port": 80}]}), &[]);
        check(&json!({"clusterIP": "None"}), &[]);
        check(&json!({}), &["spec.ports: Required value"]);
        check(
            &json!({"ports": [{"port": 80}, {"port": 80, "name": "a"}]}),
            &["spec.ports[0].name: Required value", "spec.ports[1]: Duplicate value: \"80/TCP\""],
        );
        check(
            &json!({"ports": [{"name": "a", "port": 0}, {"name": "a", "port": 1, "targetPort": "A"}]}),
            &[
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.ports[0].targetPort: Invalid value: 0",
                "spec.ports[1].name: Duplicate value: \"a\"",
                "spec.ports[1].targetPort: Invalid value: \"A\": must contain only",
            ],
        );
        check(
            &json!({"type": "Node", "ports": [{"port": 80, "protocol": "HTTP"}]}),
            &[
                "spec.ports[0].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
                "spec.type: Unsupported value: \"Node\": supported values: \"ClusterIP\", \"ExternalName\"",
            ],
        );
        check(
            &json!({"ports": [{"port": 80, "nodePort": 30000}]}),
            &["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
        );
        check(
            &json!({"type": "NodePort", "ports": [
            {"name": "a", "port": 80, "nodePort": 30000}, {"name": "b", "port": 81, "nodePort": 30000}]}),
            &["spec.ports[1].nodePort: Duplicate value: \"30000\""],
        );
        check(&json!({"type": "ExternalName"}), &["spec.externalName: Required value"]);
        let ranges = json!(["10.0.0.0/8", "2001:db8::/64", "10.0.0.0", "10.0.0.0/33"]);
        check(
            &json!({"type": "LoadBalancer", "ports": [{"port": 80}], "loadBalancerSourceRanges": ranges}),
            &[
                "spec.loadBalancerSourceRanges[2]: Invalid value: \"10.0.0.0\": must be a valid CIDR value",
                "spec.loadBalancerSourceRanges[3]: Invalid value: \"10.0.0.0/33\": must be a valid CIDR value",
            ],
        );
        check(
            &json!({"type": "NodePort", "clusterIP": "None", "ports": [{"port": 80}]}),
            &["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
        );
        check(
            &json!({"clusterIP": "10.0.0", "ports": [{"port": 80}]}),
            &["spec.clusterIPs[0]: Invalid value: \"10.0.0\": must be a valid IP address"],
        );
        check(
            &json!({"selector": {"a": "b c"}, "ports": [{"port": 80}]}),
            &["spec.selector: Invalid value: \"b c\""],
        );
    }

    #[test]
    fn an_address_lasts_as_long_as_its_service() {
        let at = |ip: &str| json!({"spec": {"clusterIP": ip, "ports": [{"port": 80}]}});
        assert_eq!(testing::changed::<Service>(at(""), at("10.0.0.1")), [""; 0]);
        assert_eq!(
            testing::changed::<Service>(at("10.0.0.1"), at("10.0.0.2")),
            ["spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set",]
        );
    }
}
