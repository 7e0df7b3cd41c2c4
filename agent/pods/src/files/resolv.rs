//! `/etc/resolv.conf`: whom a pod asks for names, and how.

use agent_network::dns::DOMAIN;
use shared_api::core::PodSpec;
use std::{collections::BTreeMap, fmt::Write as _, net::Ipv4Addr};

/// Resolvers know so many servers at most.
const SERVERS: usize = 3;

/// What a `resolv.conf` says.
#[derive(Default)]
struct Resolv {
    servers: Vec<String>,
    searches: Vec<String>,
    options: BTreeMap<String, Option<String>>,
}

/// `/etc/resolv.conf` of a pod in `namespace`; `node` is the node's own, and `server` answers the
/// cluster's names.
///
/// # Errors
/// When the pod needs a server that does not stand yet.
pub fn resolv(
    spec: &PodSpec,
    namespace: &str,
    node: &str,
    server: Option<Ipv4Addr>,
) -> Result<String, String> {
    let policy = spec.dns_policy.as_deref().unwrap_or("ClusterFirst");
    let in_cluster = match policy {
        "ClusterFirst" => spec.host_network != Some(true),
        other => other == "ClusterFirstWithHostNet",
    };
    let mut resolv = if policy == "None" { Resolv::default() } else { Resolv::read(node) };
    if in_cluster {
        let server = server.ok_or("the node has no name server yet: it comes with spec.podCIDR")?;
        let own = [format!("{namespace}.svc.{DOMAIN}"), format!("svc.{DOMAIN}"), DOMAIN.to_owned()];
        resolv.servers = vec![server.to_string()];
        let outside = std::mem::replace(&mut resolv.searches, own.into());
        add(&mut resolv.searches, &outside);
        resolv.options = [("ndots".to_owned(), Some("5".to_owned()))].into();
    }
    if let Some(own) = &spec.dns_config {
        add(&mut resolv.servers, own.nameservers.as_deref().unwrap_or_default());
        add(&mut resolv.searches, own.searches.as_deref().unwrap_or_default());
        let options = own.options.iter().flatten();
        resolv.options.extend(options.filter_map(|o| Some((o.name.clone()?, o.value.clone()))));
    }
    Ok(resolv.text())
}

/// Adds what is not there yet.
fn add(to: &mut Vec<String>, more: &[String]) {
    for item in more {
        if !to.contains(item) {
            to.push(item.clone());
        }
    }
}

impl Resolv {
    fn read(text: &str) -> Self {
        let mut resolv = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace().map(str::to_owned);
            match words.next().as_deref() {
                Some("nameserver") => resolv.servers.extend(words.next()),
                Some("search" | "domain") => resolv.searches = words.collect(),
                Some("options") => {
                    resolv.options.extend(words.map(|w| match w.split_once(':') {
                        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                        None => (w, None),
                    }));
                }
                _ => {}
            }
        }
        resolv
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if !self.searches.is_empty() {
            let _ = writeln!(text, "search {}", self.searches.join(" "));
        }
        for server in self.servers.iter().take(SERVERS) {
            let _ = writeln!(text, "nameserver {server}");
        }
        if !self.options.is_empty() {
            let word = |(name, value): (&String, &Option<String>)| match value {
                Some(value) => format!("{name}:{value}"),
                None => name.clone(),
            };
            let _ = writeln!(text, "options {}", self.options.iter().map(word).collect::<Vec<_>>().join(" "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NODE: &str = "# by hand\nnameserver 9.9.9.9\nsearch lan\noptions edns0 ndots:2\n";

    fn check(more: &Value, expected: &str) {
        let mut spec = json!({"containers": []});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        let text = resolv(&spec, "shop", NODE, Some(Ipv4Addr::new(10, 1, 0, 1))).unwrap();
        assert_eq!(text, expected, "{more}");
    }

    #[test]
    fn names_are_resolved_as_the_pod_asks() {
        let cluster = "search shop.svc.cluster.local svc.cluster.local cluster.local lan\n\
                       nameserver 10.1.0.1\noptions ndots:5\n";
        let node = "search lan\nnameserver 9.9.9.9\noptions edns0 ndots:2\n";
        check(&json!({}), cluster);
        check(&json!({"dnsPolicy": "ClusterFirst"}), cluster);
        check(&json!({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": true}), cluster);
        check(&json!({"hostNetwork": true}), node);
        check(&json!({"dnsPolicy": "Default"}), node);
        let own = json!({"nameservers": ["1.1.1.1"], "searches": ["x", "lan"],
            "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]});
        check(
            &json!({"dnsPolicy": "None", "dnsConfig": own}),
            "search x lan\nnameserver 1.1.1.1\noptions edns0 ndots:2\n",
        );
        check(
            &json!({"dnsConfig": own}),
            "search shop.svc.cluster.local svc.cluster.local cluster.local lan x\n\
             nameserver 10.1.0.1\nnameserver 1.1.1.1\noptions edns0 ndots:2\n",
        );
        check(
            &json!({"dnsPolicy": "Default", "dnsConfig": {"nameservers": ["9.9.9.9", "1.1.1.1", "2.2.2.2", "3.3.3.3"]}}),
            "search lan\nnameserver 9.9.9.9\nnameserver 1.1.1.1\nnameserver 2.2.2.2\noptions edns0 ndots:2\n",
        );
    }

    #[test]
    fn a_pod_waits_for_the_server_it_needs() {
        let spec: PodSpec = serde_json::from_value(json!({"containers": []})).unwrap();
        assert!(resolv(&spec, "shop", NODE, None).unwrap_err().contains("no name server yet"));
        let alone: PodSpec =
            serde_json::from_value(json!({"containers": [], "dnsPolicy": "Default"})).unwrap();
        assert!(resolv(&alone, "shop", NODE, None).is_ok());
    }
}
