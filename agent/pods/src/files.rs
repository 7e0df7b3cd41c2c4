//! The few files in `/etc` that a pod gets from its node.

mod resolv;

use agent_network::dns::DOMAIN;
use shared_api::core::{Pod, PodSpec};
use std::fmt::Write as _;

pub use resolv::resolv;

/// The longest host name the kernel takes.
const LONG: usize = 64;

/// The name the kernel gives to the pod's processes: the host name, or all of it when the pod asks so.
/// What is wrong with it, in kubelet's words.
pub fn kernel_name(pod: &Pod, spec: &PodSpec, node: &str) -> Result<String, String> {
    let short = hostname(pod, spec, node);
    let full = full_name(pod, spec, &short).filter(|_| spec.set_hostname_as_fqdn == Some(true));
    let Some(full) = full else { return Ok(short) };
    if full.len() > LONG {
        return Err(format!(
            "failed to construct FQDN from pod hostname and cluster domain, FQDN {full} is too long \
             ({LONG} characters is the max, {} characters requested)",
            full.len()
        ));
    }
    Ok(full)
}

/// The name under which others find the pod, when it has a subdomain.
fn full_name(pod: &Pod, spec: &PodSpec, hostname: &str) -> Option<String> {
    if spec.hostname_override.is_some() || spec.host_network == Some(true) {
        return None;
    }
    let subdomain = spec.subdomain.as_deref().filter(|s| !s.is_empty())?;
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    Some(format!("{hostname}.{subdomain}.{namespace}.svc.{DOMAIN}"))
}

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
        let _ = match full_name(pod, spec, hostname) {
            Some(full) => writeln!(text, "{address}\t{full}\t{hostname}"),
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
    fn a_pod_may_have_its_full_name() {
        let name = |hostname: String, more: serde_json::Value| {
            let mut spec = json!({"containers": [], "hostname": hostname, "setHostnameAsFQDN": true});
            spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let (pod, spec) = pod(&spec);
            kernel_name(&pod, &spec, "n1")
        };
        assert_eq!(name("a".into(), json!({})).unwrap(), "a");
        assert_eq!(name("a".into(), json!({"subdomain": "db"})).unwrap(), "a.db.shop.svc.cluster.local");
        assert_eq!(name("a".into(), json!({"subdomain": "db", "setHostnameAsFQDN": false})).unwrap(), "a");
        let why = name("a".repeat(63), json!({"subdomain": "db"})).unwrap_err();
        assert!(why.ends_with("is too long (64 characters is the max, 89 characters requested)"), "{why}");
    }
}
