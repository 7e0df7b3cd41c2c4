//! The few files in `/etc` that a pod gets from its node.

use shared_api::core::{Pod, PodSpec};
use std::{collections::BTreeMap, fmt::Write as _};

/// The pod's host name.
pub fn hostname(pod: &Pod, spec: &PodSpec, node: &str) -> String {
    if spec.host_network == Some(true) {
        return node.into();
    }
    let own = spec.hostname_override.as_deref().or(spec.hostname.as_deref()).filter(|h| !h.is_empty());
    let name = own.or(pod.metadata.name.as_deref()).unwrap_or_default();
    // The kernel takes 64 bytes, DNS 63; a cut may not end on a dash or dot.
    let cut: String = name.chars().take(63).collect();
    cut.trim_end_matches(['-', '.']).into()
}

/// `/etc/hosts`; `node` is the node's own.
pub fn hosts(pod: &Pod, spec: &PodSpec, hostname: &str, address: &str, node: &str) -> String {
    let mut text = if spec.host_network == Some(true) {
        format!("# Kubernetes-managed hosts file (host network).\n{node}")
    } else {
        let mut text = String::from(
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
             fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
        );
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let _ = match spec.subdomain.as_deref().filter(|s| !s.is_empty()) {
            Some(sub) => {
                writeln!(text, "{address}\t{hostname}.{sub}.{namespace}.svc.cluster.local\t{hostname}")
            }
            None => writeln!(text, "{address}\t{hostname}"),
        };
        text
    };
    if let Some(aliases) = spec.host_aliases.as_deref().filter(|a| !a.is_empty()) {
        text.push_str("\n# Entries added by HostAliases.\n");
        for alias in aliases {
            let _ =
                writeln!(text, "{}\t{}", alias.ip, alias.hostnames.clone().unwrap_or_default().join("\t"));
        }
    }
    text
}

/// `/etc/resolv.conf`; `node` is the node's own, which every policy but `None` begins with.
pub fn resolv(spec: &PodSpec, node: &str) -> String {
    let (mut servers, mut searches, mut options) = (Vec::new(), Vec::new(), BTreeMap::new());
    if spec.dns_policy.as_deref() != Some("None") {
        for line in node.lines() {
            let mut words = line.split_whitespace().map(str::to_owned);
            match words.next().as_deref() {
                Some("nameserver") => servers.extend(words.next()),
                Some("search" | "domain") => searches = words.collect(),
                Some("options") => {
                    options.extend(words.map(|w| match w.split_once(':') {
                        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                        None => (w, None),
                    }));
                }
                _ => {}
            }
        }
    }
    if let Some(own) = &spec.dns_config {
        let add = |to: &mut Vec<String>, more: &Option<Vec<String>>| {
            for item in more.iter().flatten() {
                if !to.contains(item) {
                    to.push(item.clone());
                }
            }
        };
        add(&mut servers, &own.nameservers);
        add(&mut searches, &own.searches);
        options.extend(own.options.iter().flatten().filter_map(|o| Some((o.name.clone()?, o.value.clone()))));
    }
    let mut text = String::new();
    if !searches.is_empty() {
        let _ = writeln!(text, "search {}", searches.join(" "));
    }
    for server in servers {
        let _ = writeln!(text, "nameserver {server}");
    }
    if !options.is_empty() {
        let words = options.into_iter().map(|(n, v)| v.map_or(n.clone(), |v| format!("{n}:{v}")));
        let _ = writeln!(text, "options {}", words.collect::<Vec<_>>().join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(spec: &serde_json::Value) -> (Pod, PodSpec) {
        let meta = json!({"name": "web-0", "namespace": "shop"});
        let pod: Pod = serde_json::from_value(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}),
        )
        .unwrap();
        let spec = pod.spec.clone().unwrap();
        (pod, spec)
    }

    #[test]
    fn host_names_are_kubernetes() {
        for (spec, expected) in [
            (json!({"containers": []}), "web-0"),
            (json!({"containers": [], "hostname": "db"}), "db"),
            (json!({"containers": [], "hostname": "a".repeat(62) + "-b"}), &*"a".repeat(62)),
            (json!({"containers": [], "hostNetwork": true}), "n1"),
        ] {
            let (pod, spec) = pod(&spec);
            assert_eq!(hostname(&pod, &spec, "n1"), expected);
        }
    }

    #[test]
    fn the_hosts_file_knows_the_pod_and_its_aliases() {
        let (pod, spec) = pod(&json!({"containers": [], "subdomain": "db",
            "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a", "b"]}]}));
        let text = hosts(&pod, &spec, "web-0", "10.1.0.2", "");
        assert!(text.contains("10.1.0.2\tweb-0.db.shop.svc.cluster.local\tweb-0\n"), "{text}");
        assert!(text.ends_with("# Entries added by HostAliases.\n1.2.3.4\ta\tb\n"), "{text}");
    }

    #[test]
    fn names_are_resolved_as_the_pod_asks() {
        let node = "# by hand\nnameserver 9.9.9.9\nsearch lan\noptions edns0 ndots:2\n";
        for (spec, expected) in [
            (json!({"containers": []}), "search lan\nnameserver 9.9.9.9\noptions edns0 ndots:2\n"),
            (
                json!({"containers": [], "dnsConfig": {"nameservers": ["1.1.1.1"], "searches": ["x"], "options": [{"name": "ndots", "value": "5"}]}}),
                "search lan x\nnameserver 9.9.9.9\nnameserver 1.1.1.1\noptions edns0 ndots:5\n",
            ),
            (
                json!({"containers": [], "dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}}),
                "nameserver 1.1.1.1\n",
            ),
        ] {
            assert_eq!(resolv(&pod(&spec).1, node), expected);
        }
    }
}
