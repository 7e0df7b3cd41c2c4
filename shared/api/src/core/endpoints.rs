//! Endpoints: the addresses behind a service, in the older form that many programs read.

use crate::{Column, Invalid, Kind, cells, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::Endpoints;

impl Kind for Endpoints {
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
            for (list, addresses) in
                [("addresses", &subset.addresses), ("notReadyAddresses", &subset.not_ready_addresses)]
            {
                for (at, address) in addresses.iter().flatten().enumerate() {
                    if address.ip.parse::<std::net::IpAddr>().is_err() {
                        let field = format!("{path}.{list}[{at}].ip");
                        invalid.value(field, &address.ip, "must be a valid IP address");
                    }
                }
            }
            for (at, port) in subset.ports.iter().flatten().enumerate() {
                if let Some(why) = name::port_number(port.port) {
                    invalid.value(format!("{path}.ports[{at}].port"), port.port, why);
                }
            }
        }
    }
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
    fn each_finding_names_its_field() {
        let subset = json!({"addresses": [{"ip": "x"}], "ports": [{"port": 0}]});
        assert_eq!(
            findings::<Endpoints>(json!({"subsets": [subset]})),
            [
                "subsets[0].addresses[0].ip: Invalid value: \"x\": must be a valid IP address",
                "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"
            ]
        );
    }
}
