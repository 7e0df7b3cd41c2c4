//! Ingresses as they were written before `networking.k8s.io/v1`: a backend is a service's name and port.

use crate::Version;
use serde_json::{Map, Value};

pub(super) const VERSIONS: &[Version] = &[
    version(
        "networking.k8s.io",
        "networking.k8s.io/v1beta1",
        "networking.k8s.io/v1beta1 Ingress is deprecated in v1.19+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress",
    ),
    version(
        "extensions",
        "extensions/v1beta1",
        "extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress",
    ),
];

const fn version(group: &'static str, api_version: &'static str, warning: &'static str) -> Version {
    Version { group, version: "v1beta1", api_version, upgrade, downgrade, warning: Some(warning) }
}

fn upgrade(ingress: &mut Value) {
    rename(ingress, "backend", "defaultBackend", service);
    for path in paths(ingress) {
        if let Some(backend) = path.get_mut("backend") {
            service(backend);
        }
        if let Some(fields) = path.as_object_mut() {
            let kind = fields.entry("pathType").or_insert(Value::Null);
            if kind.is_null() || kind == "" {
                *kind = "ImplementationSpecific".into();
            }
        }
    }
}

fn downgrade(ingress: &mut Value) {
    rename(ingress, "defaultBackend", "backend", flat);
    for path in paths(ingress) {
        if let Some(backend) = path.get_mut("backend") {
            flat(backend);
        }
    }
}

/// Moves a field of the specification, changed.
fn rename(ingress: &mut Value, from: &str, to: &str, change: fn(&mut Value)) {
    let Some(fields) = ingress.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if let Some(mut value) = fields.remove(from) {
        change(&mut value);
        fields.insert(to.into(), value);
    }
}

/// Every path of every rule.
fn paths(ingress: &mut Value) -> impl Iterator<Item = &mut Value> {
    let rules = ingress.pointer_mut("/spec/rules").and_then(Value::as_array_mut);
    rules.into_iter().flatten().filter_map(|r| r.pointer_mut("/http/paths")?.as_array_mut()).flatten()
}

/// `{serviceName, servicePort}` as `{service: {name, port}}`.
fn service(backend: &mut Value) {
    let Some(fields) = backend.as_object_mut() else { return };
    let (name, port) = (fields.remove("serviceName"), fields.remove("servicePort"));
    if name.is_none() && port.is_none() {
        return;
    }
    let mut service = Map::new();
    service.insert("name".into(), name.unwrap_or_else(|| "".into()));
    let field = if port.as_ref().is_some_and(Value::is_string) { "name" } else { "number" };
    if let Some(port) = port.filter(|p| !p.is_null() && *p != 0 && *p != "") {
        service.insert("port".into(), Value::Object([(field.to_owned(), port)].into_iter().collect()));
    }
    fields.insert("service".into(), Value::Object(service));
}

/// The way back.
fn flat(backend: &mut Value) {
    let Some(fields) = backend.as_object_mut() else { return };
    let Some(mut service) = fields.remove("service") else { return };
    let port = service.pointer("/port/name").or(service.pointer("/port/number")).cloned();
    fields.insert("serviceName".into(), service.get_mut("name").map(Value::take).unwrap_or_default());
    if let Some(port) = port {
        fields.insert("servicePort".into(), port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn there_and_back_again() {
        let old = json!({"spec": {
            "backend": {"serviceName": "a", "servicePort": 80},
            "rules": [{"host": "h", "http": {"paths": [
                {"path": "/x", "pathType": "Prefix", "backend": {"serviceName": "b", "servicePort": "web"}},
                {"backend": {"resource": {"kind": "K", "name": "r"}}, "pathType": "Exact"}]}}]}});
        let new = json!({"spec": {
            "defaultBackend": {"service": {"name": "a", "port": {"number": 80}}},
            "rules": [{"host": "h", "http": {"paths": [
                {"path": "/x", "pathType": "Prefix", "backend": {"service": {"name": "b", "port": {"name": "web"}}}},
                {"backend": {"resource": {"kind": "K", "name": "r"}}, "pathType": "Exact"}]}}]}});
        let mut value = old.clone();
        upgrade(&mut value);
        assert_eq!(value, new);
        downgrade(&mut value);
        assert_eq!(value, old);
    }

    #[test]
    fn a_path_matches_as_the_controller_likes_when_nobody_says() {
        let mut value = json!({"spec": {"rules": [{"http": {"paths": [{"backend": {"serviceName": "b", "servicePort": 1}}]}}]}});
        upgrade(&mut value);
        assert_eq!(value["spec"]["rules"][0]["http"]["paths"][0]["pathType"], "ImplementationSpecific");
    }

    #[test]
    fn nonsense_is_left_to_be_refused() {
        for mut value in [json!({}), json!({"spec": 1}), json!({"spec": {"rules": {"a": 1}, "backend": [1]}})]
        {
            upgrade(&mut value);
            downgrade(&mut value);
        }
    }
}
