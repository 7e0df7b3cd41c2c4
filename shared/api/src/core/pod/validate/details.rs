//! What is wrong with the smaller parts of a pod's specification.

use super::one_of;
use crate::{Invalid, name};
use k8s_openapi::api::core::v1::{PodDNSConfig, PodSpec};
use std::net::IpAddr;

const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NAMESERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;

pub(super) fn valid(spec: &PodSpec, path: &str, invalid: &mut Invalid) {
    for (at, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        if secret.name.is_empty() {
            invalid.required(format!("{path}.imagePullSecrets[{at}].name"), "");
        }
    }
    for (at, alias) in spec.host_aliases.iter().flatten().enumerate() {
        let path = format!("{path}.hostAliases[{at}]");
        if alias.ip.parse::<IpAddr>().is_err() {
            invalid.value(format!("{path}.ip"), &alias.ip, ADDRESS);
        }
        for host in alias.hostnames.iter().flatten() {
            if let Some(why) = name::subdomain(host) {
                invalid.value(format!("{path}.hostnames"), host, &why);
            }
        }
    }
    for (at, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        if let Some(why) = name::qualified(&gate.condition_type) {
            let field = format!("{path}.readinessGates[{at}].conditionType");
            invalid.value(field, &gate.condition_type, &why);
        }
    }
    if let Some(config) = &spec.dns_config {
        valid_dns(config, &format!("{path}.dnsConfig"), invalid);
    }
    let policies = ["Never", "PreemptLowerPriority"];
    one_of(spec.preemption_policy.as_deref(), &policies, format!("{path}.preemptionPolicy"), invalid);
    match spec.os.as_ref().map(|os| os.name.as_str()) {
        Some("") => invalid.required(format!("{path}.os.name"), "cannot be empty"),
        system => one_of(system, &["linux", "windows"], format!("{path}.os.name"), invalid),
    }
}

fn valid_dns(config: &PodDNSConfig, path: &str, invalid: &mut Invalid) {
    let servers = config.nameservers.as_deref().unwrap_or_default();
    if servers.len() > NAMESERVERS_MAX {
        let why = format!("must not have more than {NAMESERVERS_MAX} nameservers");
        invalid.value(format!("{path}.nameservers"), servers, &why);
    }
    for (at, server) in servers.iter().enumerate().filter(|(_, s)| s.parse::<IpAddr>().is_err()) {
        invalid.value(format!("{path}.nameservers[{at}]"), server, ADDRESS);
    }
    let searches = config.searches.as_deref().unwrap_or_default();
    if searches.len() > SEARCHES_MAX {
        let why = format!("must not have more than {SEARCHES_MAX} search paths");
        invalid.value(format!("{path}.searches"), searches, &why);
    }
    for (at, search) in searches.iter().enumerate().filter(|(_, s)| s.as_str() != ".") {
        // Names of services may have underscores, and every name may end with a dot.
        let plain = search.strip_suffix('.').unwrap_or(search).replace('_', "-");
        let plain = plain.trim_start_matches('-');
        if let Some(why) = name::subdomain(plain) {
            invalid.value(format!("{path}.searches[{at}]"), search, &why);
        }
    }
    for (at, option) in config.options.iter().flatten().enumerate() {
        if option.name.as_deref().unwrap_or_default().is_empty() {
            invalid.required(format!("{path}.options[{at}]"), "must not be empty");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::findings};
    use serde_json::{Value, json};

    fn check(field: &str, value: &Value, expected: &[&str]) {
        let spec = json!({"containers": [{"name": "a", "image": "b"}], field: value});
        let found = findings::<Pod>(json!({"spec": spec}));
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn each_finding_names_its_field() {
        check("imagePullSecrets", &json!([{"name": "a"}]), &[]);
        check("imagePullSecrets", &json!([{"name": ""}]), &["spec.imagePullSecrets[0].name: Required value"]);
        check(
            "hostAliases",
            &json!([{"ip": "x", "hostnames": ["a_b"]}]),
            &[
                "spec.hostAliases[0].ip: Invalid value: \"x\": must be a valid IP address",
                "spec.hostAliases[0].hostnames: Invalid value: \"a_b\": a lowercase RFC 1123 subdomain",
            ],
        );
        check(
            "readinessGates",
            &json!([{"conditionType": "x.io/"}]),
            &["spec.readinessGates[0].conditionType: Invalid value: \"x.io/\": name part must be non-empty"],
        );
        check(
            "preemptionPolicy",
            &json!("Always"),
            &["spec.preemptionPolicy: Unsupported value: \"Always\""],
        );
        check("os", &json!({"name": "plan9"}), &["spec.os.name: Unsupported value: \"plan9\""]);
    }

    #[test]
    fn names_are_looked_up_somewhere() {
        let good = json!({"nameservers": ["10.0.0.1"], "searches": ["a.local", "_tcp.b."], "options": [{"name": "ndots", "value": "2"}]});
        check("dnsConfig", &good, &[]);
        check(
            "dnsConfig",
            &json!({"nameservers": ["1.1.1.1", "x", "1.1.1.2", "1.1.1.3"], "searches": ["a b"], "options": [{}]}),
            &[
                "spec.dnsConfig.nameservers: Invalid value: [\"1.1.1.1\",\"x\",\"1.1.1.2\",\"1.1.1.3\"]: must not have more than 3",
                "spec.dnsConfig.nameservers[1]: Invalid value: \"x\": must be a valid IP address",
                "spec.dnsConfig.searches[0]: Invalid value: \"a b\": a lowercase RFC 1123 subdomain",
                "spec.dnsConfig.options[0]: Required value: must not be empty",
            ],
        );
    }
}
