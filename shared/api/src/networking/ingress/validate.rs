//! What is wrong with an ingress.

use super::Ingress;
use crate::{Invalid, name};
use k8s_openapi::api::networking::v1::{HTTPIngressPath, IngressBackend, IngressSpec};
use std::net::IpAddr;

/// How an ingress named its class before there was a field for it.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const PATH_TYPES: &[&str] = &["Exact", "ImplementationSpecific", "Prefix"];
const FORBIDDEN_PARTS: &[&str] = &["//", "/./", "/../", "%2f", "%2F"];
const FORBIDDEN_ENDS: &[&str] = &["/..", "/."];

/// Records what is wrong with an ingress.
pub(super) fn valid(ingress: &Ingress, new: bool, invalid: &mut Invalid) {
    let nothing = IngressSpec::default();
    let spec = ingress.spec.as_ref().unwrap_or(&nothing);
    let rules = spec.rules.as_deref().unwrap_or_default();
    if rules.is_empty() && spec.default_backend.is_none() {
        invalid.value("spec", &spec.rules, "either `defaultBackend` or `rules` must be specified");
    }
    if let Some(backend) = &spec.default_backend {
        valid_backend(backend, "spec.defaultBackend", invalid);
    }
    for (at, rule) in rules.iter().enumerate() {
        let path = format!("spec.rules[{at}]");
        if let Some(host) = rule.host.as_deref().filter(|h| !h.is_empty()) {
            let field = format!("{path}.host");
            if host.parse::<IpAddr>().is_ok() {
                invalid.value(&field, host, "must be a DNS name, not an IP address");
            }
            valid_host(host, field, invalid);
        }
        let Some(http) = &rule.http else { continue };
        if http.paths.is_empty() {
            invalid.required(format!("{path}.http.paths"), "");
        }
        for (at, one) in http.paths.iter().enumerate() {
            valid_path(one, &format!("{path}.http.paths[{at}]"), invalid);
        }
    }
    for (at, tls) in spec.tls.iter().flatten().enumerate() {
        for (n, host) in tls.hosts.iter().flatten().enumerate() {
            valid_host(host, format!("spec.tls[{at}].hosts[{n}]"), invalid);
        }
        if let Some(secret) = tls.secret_name.as_deref().filter(|s| !s.is_empty()) {
            invalid.ruled(format!("spec.tls[{at}].secretName"), secret, name::subdomain);
        }
    }
    if let Some(class) = &spec.ingress_class_name {
        invalid.ruled("spec.ingressClassName", class, name::subdomain);
    }
    let annotation = ingress.metadata.annotations.as_ref().and_then(|a| a.get(CLASS_ANNOTATION));
    if new
        && let (Some(said), Some(class)) = (annotation, &spec.ingress_class_name)
        && said != class
    {
        let why = "must match `ingressClassName` when both are specified";
        invalid.value(format!("annotations.{CLASS_ANNOTATION}"), said, why);
    }
    let points =
        ingress.status.iter().flat_map(|s| s.load_balancer.iter().flat_map(|l| l.ingress.iter().flatten()));
    for (at, point) in points.enumerate() {
        let path = format!("status.loadBalancer.ingress[{at}]");
        if let Some(ip) = point.ip.as_deref().filter(|ip| !ip.is_empty() && ip.parse::<IpAddr>().is_err()) {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            invalid.value(format!("{path}.ip"), ip, why);
        }
        if let Some(host) = point.hostname.as_deref().filter(|h| !h.is_empty()) {
            invalid.ruled(format!("{path}.hostname"), host, name::subdomain);
            if host.parse::<IpAddr>().is_ok() {
                invalid.value(format!("{path}.hostname"), host, "must be a DNS name, not an IP address");
            }
        }
    }
}

fn valid_host(host: &str, field: String, invalid: &mut Invalid) {
    let rule = if host.contains('*') { name::wildcard } else { name::subdomain };
    invalid.ruled(field, host, rule);
}

fn valid_path(one: &HTTPIngressPath, path: &str, invalid: &mut Invalid) {
    let text = one.path.as_deref().unwrap_or_default();
    let field = format!("{path}.path");
    match one.path_type.as_str() {
        "" => return invalid.required(format!("{path}.pathType"), "pathType must be specified"),
        "Exact" | "Prefix" => {
            if !text.starts_with('/') {
                invalid.value(&field, text, "must be an absolute path");
            }
            for part in FORBIDDEN_PARTS.iter().filter(|p| text.contains(**p)) {
                invalid.value(&field, text, &format!("must not contain '{part}'"));
            }
            for end in FORBIDDEN_ENDS.iter().filter(|e| text.ends_with(**e)) {
                invalid.value(&field, text, &format!("cannot end with '{end}'"));
            }
        }
        "ImplementationSpecific" => {
            if !text.is_empty() && !text.starts_with('/') {
                invalid.value(&field, text, "must be an absolute path");
            }
        }
        other => invalid.unsupported(format!("{path}.pathType"), other, PATH_TYPES),
    }
    valid_backend(&one.backend, &format!("{path}.backend"), invalid);
}

fn valid_backend(backend: &IngressBackend, path: &str, invalid: &mut Invalid) {
    let service = match (&backend.resource, &backend.service) {
        (Some(_), Some(_)) => {
            return invalid.value(path, "", "cannot set both resource and service backends");
        }
        (None, None) => return invalid.value(path, "", "resource or service backend is required"),
        (Some(resource), None) => {
            let path = format!("{path}.resource");
            if let Some(group) = &resource.api_group {
                invalid.ruled(format!("{path}.apiGroup"), group, name::subdomain);
            }
            invalid.named(format!("{path}.kind"), &resource.kind, name::path_segment);
            invalid.named(format!("{path}.name"), &resource.name, name::path_segment);
            return;
        }
        (None, Some(service)) => service,
    };
    invalid.named(format!("{path}.service.name"), &service.name, name::service);
    let port = service.port.as_ref();
    let called = port.and_then(|p| p.name.as_deref()).filter(|n| !n.is_empty());
    let number = port.and_then(|p| p.number).filter(|n| *n != 0);
    match (called, number) {
        (Some(_), Some(_)) => invalid.value(path, "", "cannot set both port name & port number"),
        (Some(called), None) => invalid.ruled(format!("{path}.service.port.name"), called, name::port),
        (None, Some(number)) => {
            if let Some(why) = name::port_number(number) {
                invalid.value(format!("{path}.service.port.number"), number, why);
            }
        }
        (None, None) => invalid.required(path, "port name or number is required"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::findings;
    use serde_json::{Value, json};

    fn path(path: &str, kind: &str, backend: &Value) -> Value {
        let paths = json!([{"path": path, "pathType": kind, "backend": backend}]);
        json!({"spec": {"rules": [{"http": {"paths": paths}}]}})
    }

    fn check(ingress: Value, expected: &[&str]) {
        let found = findings::<Ingress>(ingress);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        found.iter().zip(expected).for_each(|(f, e)| assert!(f.starts_with(e), "{f} is not {e}"));
    }

    #[test]
    fn each_finding_names_its_field() {
        let backend = json!({"service": {"name": "s", "port": {"number": 80}}});
        let at = "spec.rules[0].http.paths[0]";
        check(path("/a", "Prefix", &backend), &[]);
        check(path("", "ImplementationSpecific", &backend), &[]);
        check(
            json!({}),
            &["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
        );
        check(
            path("/a", "", &backend),
            &[&format!("{at}.pathType: Required value: pathType must be specified")],
        );
        check(
            path("a//b/..", "Exact", &backend),
            &[
                &format!("{at}.path: Invalid value: \"a//b/..\": must be an absolute path"),
                &format!("{at}.path: Invalid value: \"a//b/..\": must not contain '//'"),
                &format!("{at}.path: Invalid value: \"a//b/..\": cannot end with '/..'"),
            ],
        );
        check(
            path("/a", "Fuzzy", &json!({})),
            &[
                &format!(
                    "{at}.pathType: Unsupported value: \"Fuzzy\": supported values: \"Exact\", \"ImplementationSpecific\", \
                     \"Prefix\""
                ),
                &format!("{at}.backend: Invalid value: \"\": resource or service backend is required"),
            ],
        );
        check(
            path("/a", "Prefix", &json!({"service": {"name": "1", "port": {}}})),
            &[
                &format!("{at}.backend.service.name: Invalid value: \"1\": a DNS-1035 label must"),
                &format!("{at}.backend: Required value: port name or number is required"),
            ],
        );
        check(
            json!({"spec": {"defaultBackend": backend, "rules": [{"host": "10.0.0.1"}, {"host": "*.*.a"}],
                "tls": [{"hosts": ["A"], "secretName": "B"}], "ingressClassName": "C"}}),
            &[
                "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address",
                "spec.rules[1].host: Invalid value: \"*.*.a\": a wildcard DNS-1123 subdomain",
                "spec.tls[0].hosts[0]: Invalid value: \"A\"",
                "spec.tls[0].secretName: Invalid value: \"B\"",
                "spec.ingressClassName: Invalid value: \"C\"",
            ],
        );
        check(
            json!({"metadata": {"name": "a", "annotations": {"kubernetes.io/ingress.class": "x"}},
                "spec": {"defaultBackend": backend, "ingressClassName": "y"}}),
            &["annotations.kubernetes.io/ingress.class: Invalid value: \"x\": must match `ingressClassName`"],
        );
    }
}
