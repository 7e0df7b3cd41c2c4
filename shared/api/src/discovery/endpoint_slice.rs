//! Endpoint slices: a part of the addresses behind a service.

mod beta;
use crate::{Column, Invalid, Kind, Version, cells, metadata::valid_name, name};
pub use k8s_openapi::api::discovery::v1::EndpointSlice;
use std::net::IpAddr;

/// What Kubernetes allows in one slice.
const ENDPOINTS_MAX: usize = 1000;

impl Kind for EndpointSlice {
    const VERSIONS: &'static [Version] = beta::VERSIONS;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("AddressType", |s, _| s.address_type.clone()),
        Column::text("Ports", |s, _| ports(s)),
        Column::text("Endpoints", |s, _| addresses(s)),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        for port in self.ports.iter_mut().flatten() {
            port.name.get_or_insert_default();
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        match self.address_type.as_str() {
            "" => invalid.required("addressType", ""),
            "IPv4" | "IPv6" | "FQDN" => {}
            other => invalid.unsupported("addressType", other, &["FQDN", "IPv4", "IPv6"]),
        }
        if old.is_some_and(|o| o.address_type != self.address_type) {
            invalid.value("addressType", &self.address_type, "field is immutable");
        }
        if self.endpoints.len() > ENDPOINTS_MAX {
            invalid.forbidden("endpoints", &format!("must have at most {ENDPOINTS_MAX} items"));
        }
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            let path = format!("endpoints[{at}].addresses");
            if endpoint.addresses.is_empty() {
                invalid.required(&path, "must contain at least 1 address");
            }
            for (at, address) in endpoint.addresses.iter().enumerate() {
                if let Some(why) = wrong(&self.address_type, address) {
                    invalid.value(format!("{path}[{at}]"), address, &why);
                }
            }
        }
        valid_ports(self, invalid);
    }
}

fn valid_ports(slice: &EndpointSlice, invalid: &mut Invalid) {
    let mut seen = std::collections::BTreeSet::new();
    for (at, port) in slice.ports.iter().flatten().enumerate() {
        let path = format!("ports[{at}]");
        let called = port.name.as_deref().unwrap_or_default();
        if !seen.insert(called) {
            invalid.duplicate(format!("{path}.name"), called);
        } else if let Some(why) = Some(called).filter(|c| !c.is_empty()).and_then(name::label) {
            invalid.value(format!("{path}.name"), called, &why);
        }
        if let Some((port, why)) = port.port.and_then(|p| name::port_number(p).map(|why| (p, why))) {
            invalid.value(format!("{path}.port"), port, why);
        }
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        if !["SCTP", "TCP", "UDP"].contains(&protocol) {
            invalid.unsupported(format!("{path}.protocol"), protocol, &["SCTP", "TCP", "UDP"]);
        }
    }
}

fn wrong(address_type: &str, address: &str) -> Option<String> {
    match (address_type, address.parse::<IpAddr>()) {
        ("IPv4", Ok(IpAddr::V4(_))) | ("IPv6", Ok(IpAddr::V6(_))) => None,
        ("IPv4", Ok(_)) => Some("must be an IPv4 address".into()),
        ("IPv6", Ok(_)) => Some("must be an IPv6 address".into()),
        ("IPv4" | "IPv6", Err(_)) => {
            Some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".into())
        }
        ("FQDN", _) => name::subdomain(address),
        _ => None,
    }
}

fn ports(slice: &EndpointSlice) -> String {
    let text = |p: &k8s_openapi::api::discovery::v1::EndpointPort| {
        p.port
            .map(|n| n.to_string())
            .or_else(|| p.name.clone())
            .filter(|t| !t.is_empty())
            .unwrap_or("*".into())
    };
    unset_if_empty(&slice.ports.iter().flatten().map(text).collect::<Vec<_>>())
}

fn addresses(slice: &EndpointSlice) -> String {
    unset_if_empty(&slice.endpoints.iter().flat_map(|e| e.addresses.clone()).collect::<Vec<_>>())
}

fn unset_if_empty(list: &[String]) -> String {
    if list.is_empty() { "<unset>".into() } else { cells::first_three(list) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn a_slice_is_shown_by_its_ports_and_addresses() {
        let slice = json!({"addressType": "IPv4", "ports": [{"port": 80}, {"name": "a"}],
            "endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"]}]});
        assert_eq!(row::<EndpointSlice>(slice)[..3], ["IPv4", "80,a", "10.0.0.1,10.0.0.2"]);
        let empty = json!({"addressType": "IPv4", "endpoints": []});
        assert_eq!(row::<EndpointSlice>(empty)[..3], ["IPv4", "<unset>", "<unset>"]);
    }

    #[test]
    fn each_finding_names_its_field() {
        let slice = json!({"addressType": "IPv4", "ports": [{"port": 0}, {"port": 1, "protocol": "X"}],
            "endpoints": [{"addresses": []}, {"addresses": ["::1"]}]});
        assert_eq!(
            findings::<EndpointSlice>(slice),
            [
                "endpoints[0].addresses: Required value: must contain at least 1 address",
                "endpoints[1].addresses[0]: Invalid value: \"::1\": must be an IPv4 address",
                "ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "ports[1].name: Duplicate value: \"\"",
                "ports[1].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ]
        );
        let (old, new) = (
            json!({"addressType": "IPv4", "endpoints": []}),
            json!({"addressType": "IPv6", "endpoints": []}),
        );
        assert_eq!(changed::<EndpointSlice>(old, new).len(), 1);
    }
}
