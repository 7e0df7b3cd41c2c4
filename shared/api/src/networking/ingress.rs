//! Ingresses: which host and path leads to which service.

mod beta;
mod validate;

use crate::{Column, Invalid, Kind, Version, cells, metadata::valid_name, name};
pub use k8s_openapi::api::networking::v1::Ingress;
use std::collections::BTreeSet;

impl Kind for Ingress {
    const VERSIONS: &'static [Version] = beta::VERSIONS;
    const SHORT_NAMES: &'static [&'static str] = &["ing"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Class", |i, _| {
            cells::or_none(i.spec.as_ref().and_then(|s| s.ingress_class_name.as_deref()))
        }),
        Column::text("Hosts", |i, _| hosts(i)),
        Column::text("Address", |i, _| addresses(i)),
        Column::text("Ports", |i, _| {
            let tls = i.spec.as_ref().is_some_and(|s| s.tls.as_ref().is_some_and(|t| !t.is_empty()));
            if tls { "80, 443" } else { "80" }.into()
        }),
        Column::age(),
    ];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        validate::valid(self, old.is_none(), invalid);
    }
}

fn hosts(ingress: &Ingress) -> String {
    let rules = ingress.spec.iter().flat_map(|s| s.rules.iter().flatten());
    let hosts: Vec<_> = rules.filter_map(|r| r.host.clone()).filter(|h| !h.is_empty()).collect();
    if hosts.is_empty() { "*".into() } else { cells::first_three(&hosts) }
}

fn addresses(ingress: &Ingress) -> String {
    let points =
        ingress.status.iter().flat_map(|s| s.load_balancer.iter().flat_map(|l| l.ingress.iter().flatten()));
    let named = |ip: &Option<String>, host: &Option<String>| {
        [ip, host].into_iter().flatten().find(|t| !t.is_empty()).cloned()
    };
    let found: BTreeSet<_> = points.filter_map(|p| named(&p.ip, &p.hostname)).collect();
    found.into_iter().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn an_ingress_is_shown_by_its_hosts() {
        let ingress = json!({
            "spec": {"ingressClassName": "c", "rules": [{"host": "a.b"}, {"host": "c.d"}], "tls": [{"hosts": ["a.b"]}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.2"}, {"hostname": "x.y"}]}}
        });
        assert_eq!(row::<Ingress>(ingress), ["c", "a.b,c.d", "10.0.0.2,x.y", "80, 443", "<unknown>"]);
        assert_eq!(row::<Ingress>(json!({}))[..4], ["<none>", "*", "", "80"]);
    }
}
