//! What is wrong with a network policy.

use crate::{IntOrString, Invalid, name, selector};
use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec};
use std::net::IpAddr;

const PROTOCOLS: &[&str] = &["TCP", "UDP", "SCTP"];
const TYPES: &[&str] = &["Ingress", "Egress"];
const SHAPE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

pub(super) fn valid(spec: &NetworkPolicySpec, invalid: &mut Invalid) {
    if let Some(pods) = &spec.pod_selector {
        selector::valid(pods, "spec.podSelector", invalid);
    }
    for (at, rule) in spec.ingress.iter().flatten().enumerate() {
        let (ports, peers) = (rule.ports.as_deref(), rule.from.as_deref());
        valid_rule(ports, "from", peers, &format!("spec.ingress[{at}]"), invalid);
    }
    for (at, rule) in spec.egress.iter().flatten().enumerate() {
        let (ports, peers) = (rule.ports.as_deref(), rule.to.as_deref());
        valid_rule(ports, "to", peers, &format!("spec.egress[{at}]"), invalid);
    }
    let types = spec.policy_types.as_deref().unwrap_or_default();
    if types.len() > TYPES.len() {
        return invalid.value("spec.policyTypes", types, "may not specify more than two policyTypes");
    }
    for (at, one) in types.iter().enumerate() {
        if !TYPES.contains(&one.as_str()) {
            invalid.unsupported(format!("spec.policyTypes[{at}]"), one, TYPES);
        }
    }
}

fn valid_rule(
    ports: Option<&[NetworkPolicyPort]>,
    way: &str,
    peers: Option<&[NetworkPolicyPeer]>,
    path: &str,
    invalid: &mut Invalid,
) {
    for (at, port) in ports.into_iter().flatten().enumerate() {
        valid_port(port, &format!("{path}.ports[{at}]"), invalid);
    }
    for (at, peer) in peers.into_iter().flatten().enumerate() {
        valid_peer(peer, &format!("{path}.{way}[{at}]"), invalid);
    }
}

fn valid_port(port: &NetworkPolicyPort, path: &str, invalid: &mut Invalid) {
    if let Some(protocol) = port.protocol.as_deref().filter(|p| !PROTOCOLS.contains(p)) {
        invalid.unsupported(format!("{path}.protocol"), protocol, PROTOCOLS);
    }
    let end = format!("{path}.endPort");
    match (&port.port, port.end_port) {
        (None, Some(last)) => invalid.value(end, last, "may not be specified when `port` is not specified"),
        (None, None) => {}
        (Some(IntOrString::String(called)), last) => {
            if let Some(last) = last {
                invalid.value(end, last, "may not be specified when `port` is non-numeric");
            }
            invalid.ruled(format!("{path}.port"), called, name::port);
        }
        (Some(IntOrString::Int(number)), last) => {
            if let Some(why) = name::port_number(*number) {
                invalid.value(format!("{path}.port"), number, why);
            }
            let Some(last) = last else { return };
            if last < *number {
                invalid.value(&end, last, "must be greater than or equal to `port`");
            }
            if let Some(why) = name::port_number(last) {
                invalid.value(end, last, why);
            }
        }
    }
}

fn valid_peer(peer: &NetworkPolicyPeer, path: &str, invalid: &mut Invalid) {
    let selectors = [("podSelector", &peer.pod_selector), ("namespaceSelector", &peer.namespace_selector)];
    for (field, wanted) in selectors {
        if let Some(wanted) = wanted {
            selector::valid(wanted, &format!("{path}.{field}"), invalid);
        }
    }
    if let Some(block) = &peer.ip_block {
        valid_block(block, &format!("{path}.ipBlock"), invalid);
    }
    match (&peer.ip_block, selectors.iter().any(|(_, s)| s.is_some())) {
        (None, false) => invalid.required(path, "must specify a peer"),
        (Some(_), true) => invalid.forbidden(path, "may not specify both ipBlock and another peer"),
        _ => {}
    }
}

fn valid_block(block: &IPBlock, path: &str, invalid: &mut Invalid) {
    if block.cidr.is_empty() {
        return invalid.required(format!("{path}.cidr"), "");
    }
    let Some((base, bits)) = network(&block.cidr) else {
        return invalid.value(format!("{path}.cidr"), &block.cidr, SHAPE);
    };
    for (at, except) in block.except.iter().flatten().enumerate() {
        let field = format!("{path}.except[{at}]");
        let Some((inner, longer)) = network(except) else {
            invalid.value(field, except, SHAPE);
            continue;
        };
        if base.is_ipv4() != inner.is_ipv4() || longer <= bits || masked(inner, bits) != masked(base, bits) {
            invalid.value(field, except, "must be a strict subset of `cidr`");
        }
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, bits) = text.split_once('/')?;
    let (ip, bits): (IpAddr, u8) = (ip.parse().ok()?, bits.parse().ok()?);
    (bits <= if ip.is_ipv4() { 32 } else { 128 }).then_some((ip, bits))
}

/// The first `bits` bits of an address, at the high end.
fn masked(ip: IpAddr, bits: u8) -> u128 {
    let whole = match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()) << 96,
        IpAddr::V6(ip) => ip.to_bits(),
    };
    whole.checked_shr(128 - u32::from(bits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::{core::testing::findings, networking::NetworkPolicy};
    use serde_json::{Value, json};

    fn check(spec: &Value, expected: &[&str]) {
        assert_eq!(findings::<NetworkPolicy>(json!({"spec": spec})), expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(
            &json!({"podSelector": {"matchLabels": {"a": "b"}}, "ingress": [{"from": [
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}, {"podSelector": {}}],
            "ports": [{"port": 1, "endPort": 2}, {"port": "web"}]}]}),
            &[],
        );
        check(
            &json!({"ingress": [{"from": [{}, {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16", "x"]},
                "podSelector": {}}]}]}),
            &[
                "spec.ingress[0].from[0]: Required value: must specify a peer",
                "spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`",
                "spec.ingress[0].from[1].ipBlock.except[1]: Invalid value: \"x\": must be a valid CIDR value, (e.g. \
                 10.9.8.0/24 or 2001:db8::/64)",
                "spec.ingress[0].from[1]: Forbidden: may not specify both ipBlock and another peer",
            ],
        );
        check(
            &json!({"egress": [{"ports": [{"protocol": "X"}, {"endPort": 1}, {"port": "a", "endPort": 2}, {"port": 5, "endPort": 4}]}],
                "policyTypes": ["Sideways"]}),
            &[
                "spec.egress[0].ports[0].protocol: Unsupported value: \"X\": supported values: \"TCP\", \"UDP\", \"SCTP\"",
                "spec.egress[0].ports[1].endPort: Invalid value: 1: may not be specified when `port` is not specified",
                "spec.egress[0].ports[2].endPort: Invalid value: 2: may not be specified when `port` is non-numeric",
                "spec.egress[0].ports[3].endPort: Invalid value: 4: must be greater than or equal to `port`",
                "spec.policyTypes[0]: Unsupported value: \"Sideways\": supported values: \"Ingress\", \"Egress\"",
            ],
        );
    }
}
