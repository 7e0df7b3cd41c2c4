//! Endpoints: the addresses behind a service, in the older form that many programs read.

use crate::{Column, Invalid, Kind, cells, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::Endpoints;
use std::net::IpAddr;

impl Kind for Endpoints {
    const WARNING: Option<&'static str> =
        Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");
    const SHORT_NAMES: &'static [&'static str] = &["ep"];
    const COLUMNS: &'static [Column<Self>] = &[Column::text("Endpoints", |e, _| addresses(e)), Column::age()];

    fn set_defaults(&mut self) {
        for port in self.subsets.iter_mut().flatten().flat_map(|s| s.ports.iter_mut().flatten()) {
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        for (at, subset) in self.subsets.iter().flatten().enumerate() {
            let path = format!("subsets[{at}]");
            let empty = |list: &Option<Vec<_>>| list.as_ref().is_none_or(Vec::is_empty);
            if empty(&subset.addresses) && empty(&subset.not_ready_addresses) {
                invalid.required(&path, "must specify `addresses` or `notReadyAddresses`");
            }
            for (list, addresses) in
                [("addresses", &subset.addresses), ("notReadyAddresses", &subset.not_ready_addresses)]
            {
                for (at, address) in addresses.iter().flatten().enumerate() {
                    let path = format!("{path}.{list}[{at}]");
                    if let Some(host) = address.hostname.as_deref().filter(|h| !h.is_empty()) {
                        invalid.ruled(format!("{path}.hostname"), host, name::label);
                    }
                    if let Some(node) = &address.node_name {
                        invalid.ruled(format!("{path}.nodeName"), node, name::subdomain);
                    }
                    invalid.ruled(format!("{path}.ip"), &address.ip, reachable);
                }
            }
            for (at, port) in subset.ports.iter().flatten().enumerate() {
                let path = format!("{path}.ports[{at}]");
                match port.name.as_deref().unwrap_or_default() {
                    "" if subset.ports.as_ref().is_some_and(|p| p.len() > 1) => {
                        invalid.required(format!("{path}.name"), "");
                    }
                    "" => {}
                    called => invalid.ruled(format!("{path}.name"), called, name::label),
                }
                if let Some(why) = name::port_number(port.port) {
                    invalid.value(format!("{path}.port"), port.port, why);
                }
                invalid.one_of(format!("{path}.protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
            }
        }
    }
}

/// An address that can be anybody's: not a host's own, and not one that only its link knows.
pub(crate) fn reachable(text: &str) -> Option<String> {
    let Ok(ip) = text.parse::<IpAddr>() else {
        return Some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".into());
    };
    let (link, multicast) = match ip {
        IpAddr::V4(ip) => (ip.is_link_local(), ip.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(ip) => (ip.is_unicast_link_local(), ip.segments()[0] & 0xff0f == 0xff02),
    };
    let why = if ip.is_unspecified() {
        format!("may not be unspecified ({text})")
    } else if ip.is_loopback() {
        "may not be in the loopback range (127.0.0.0/8, ::1/128)".into()
    } else if link {
        "may not be in the link-local range (169.254.0.0/16, fe80::/10)".into()
    } else if multicast {
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".into()
    } else {
        return None;
    };
    Some(why)
}

fn addresses(endpoints: &Endpoints) -> String {
    let subsets = endpoints.subsets.as_deref().unwrap_or_default();
    if subsets.is_empty() {
        return cells::or_none(None);
    }
    let mut found = Vec::new();
    for subset in subsets {
        let ips: Vec<_> = subset.addresses.iter().flatten().map(|a| &a.ip).collect();
        let ports = subset.ports.as_deref().unwrap_or_default();
        if ports.is_empty() {
            found.extend(ips.iter().map(ToString::to_string));
        }
        for port in ports {
            found.extend(ips.iter().map(|ip| joined(ip, port.port)));
        }
    }
    cells::first_three(&found)
}

/// An address with its port; addresses with colons go in brackets.
fn joined(ip: &str, port: i32) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{findings, row};
    use serde_json::json;

    #[test]
    fn addresses_are_shown_with_their_ports() {
        let subset = json!({"addresses": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}], "ports": [{"port": 80}, {"port": 81}]});
        assert_eq!(
            row::<Endpoints>(json!({"subsets": [subset]}))[0],
            "10.0.0.1:80,[fd00::1]:80,10.0.0.1:81 + 1 more..."
        );
        assert_eq!(row::<Endpoints>(json!({}))[0], "<none>");
    }

    #[test]
    fn an_address_is_not_a_hosts_own() {
        for own in ["0.0.0.0", "127.0.0.1", "::1", "169.254.1.1", "fe80::1", "224.0.0.1", "ff02::1"] {
            assert!(reachable(own).is_some(), "{own}");
        }
        for fine in ["10.0.0.1", "2001:db8::1", "224.1.0.1"] {
            assert_eq!(reachable(fine), None, "{fine}");
        }
    }

    #[test]
    fn each_finding_names_its_field() {
        let subset = json!({"addresses": [{"ip": "x"}], "ports": [{"port": 0}]});
        assert_eq!(
            findings::<Endpoints>(json!({"subsets": [subset]})),
            [
                "subsets[0].addresses[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or \
                 2001:db8::ffff)",
                "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"
            ]
        );
    }
}
