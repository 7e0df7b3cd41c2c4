//! Who refers to whom, by the names that fields have wherever they stand: no kind is known here but those that are
//! named.

use serde_json::{Map, Value};
use shared_api::Key;

/// Fields that hold the name of such an object.
const NAMES: &[(&str, &str)] = &[
    ("secretName", "Secret"),
    ("claimName", "PersistentVolumeClaim"),
    ("serviceAccountName", "ServiceAccount"),
    ("nodeName", "Node"),
    ("serviceName", "Service"),
    ("volumeName", "PersistentVolume"),
    ("persistentVolumeName", "PersistentVolume"),
    ("priorityClassName", "PriorityClass"),
    ("runtimeClassName", "RuntimeClass"),
    ("storageClassName", "StorageClass"),
    ("ingressClassName", "IngressClass"),
];

/// Fields that hold something with the `name` of such an object, or a list of that.
const HOLDERS: &[(&str, &str)] = &[
    ("configMap", "ConfigMap"),
    ("configMapRef", "ConfigMap"),
    ("configMapKeyRef", "ConfigMap"),
    ("secret", "Secret"),
    ("secrets", "Secret"),
    ("secretRef", "Secret"),
    ("secretKeyRef", "Secret"),
    ("imagePullSecrets", "Secret"),
    ("service", "Service"),
    ("claimRef", "PersistentVolumeClaim"),
];

/// Fields in which nobody uses anything: who wrote what, and what an event is about.
const ASIDE: &[&str] = &["managedFields", "involvedObject", "regarding", "related", "annotations", "labels"];

/// Where in an object another one is referred to: `spec.volumes[0].configMap.name`.
pub(crate) fn places(object: &Value, to: &Key) -> Vec<String> {
    let home = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let mut look = Look { to, home, path: Vec::new(), found: Vec::new() };
    look.walk(object, None);
    look.found
}

struct Look<'a> {
    to: &'a Key,
    /// The namespace of the object that is looked through.
    home: &'a str,
    path: Vec<String>,
    found: Vec<String>,
}

impl Look<'_> {
    /// `under` is the field that holds this.
    fn walk(&mut self, value: &Value, under: Option<&str>) {
        match value {
            Value::Object(map) => {
                self.named(map, under);
                for (field, value) in map.iter().filter(|(field, _)| !ASIDE.contains(&field.as_str())) {
                    self.path.push(field.clone());
                    if self.is(NAMES, field) && value.as_str() == Some(&self.to.name) && self.near(None) {
                        self.note();
                    }
                    self.walk(value, Some(field));
                    self.path.pop();
                }
            }
            Value::Array(all) => {
                for (at, value) in all.iter().enumerate() {
                    if let Some(last) = self.path.last_mut() {
                        last.push_str(&format!("[{at}]"));
                    }
                    self.walk(value, under);
                    if let Some(last) = self.path.last_mut() {
                        last.truncate(last.rfind('[').unwrap_or(last.len()));
                    }
                }
            }
            _ => {}
        }
    }

    /// Something with a name that is held by a telling field, or says its kind itself.
    fn named(&mut self, map: &Map<String, Value>, under: Option<&str>) {
        let text = |field: &str| map.get(field).and_then(Value::as_str);
        let held = under.is_some_and(|under| self.is(HOLDERS, under));
        let told = text("kind") == Some(&self.to.kind.kind) && !self.path.is_empty();
        if (held || told) && text("name") == Some(&self.to.name) && self.near(text("namespace")) {
            self.path.push("name".into());
            self.note();
            self.path.pop();
        }
    }

    fn is(&self, table: &[(&str, &str)], field: &str) -> bool {
        table.iter().any(|(known, kind)| *known == field && *kind == self.to.kind.kind)
    }

    /// Whether a name that is said there means an object of that namespace.
    fn near(&self, said: Option<&str>) -> bool {
        self.to.namespace.is_empty() || said.unwrap_or(self.home) == self.to.namespace
    }

    fn note(&mut self) {
        let place = self.path.join(".");
        if self.found.last() != Some(&place) {
            self.found.push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_api::core::{ConfigMap, PersistentVolumeClaim, Secret, Service, ServiceAccount};

    #[test]
    fn references_are_found_wherever_they_stand() {
        let pod = json!({"kind": "Pod", "metadata": {"name": "a", "namespace": "n", "labels": {"secretName": "s"}}, "spec": {
            "serviceAccountName": "sa", "imagePullSecrets": [{"name": "pull"}],
            "containers": [{"name": "c"}, {"name": "s", "env": [{"name": "s", "valueFrom": {"secretKeyRef": {"name": "s"}}}],
                "envFrom": [{"configMapRef": {"name": "cm"}}]}],
            "volumes": [{"name": "cm", "configMap": {"name": "cm"}}, {"secret": {"secretName": "s"}},
                {"persistentVolumeClaim": {"claimName": "pvc"}},
                {"projected": {"sources": [{"configMap": {"name": "cm"}}]}}]}});
        let places = |key: Key| places(&pod, &key);
        assert_eq!(
            places(Key::of::<ConfigMap>("n", "cm")),
            [
                "spec.containers[1].envFrom[0].configMapRef.name",
                "spec.volumes[0].configMap.name",
                "spec.volumes[3].projected.sources[0].configMap.name"
            ]
        );
        assert_eq!(
            places(Key::of::<Secret>("n", "s")),
            ["spec.containers[1].env[0].valueFrom.secretKeyRef.name", "spec.volumes[1].secret.secretName"]
        );
        assert_eq!(places(Key::of::<Secret>("n", "pull")), ["spec.imagePullSecrets[0].name"]);
        assert_eq!(places(Key::of::<ServiceAccount>("n", "sa")), ["spec.serviceAccountName"]);
        assert_eq!(
            places(Key::of::<PersistentVolumeClaim>("n", "pvc")),
            ["spec.volumes[2].persistentVolumeClaim.claimName"]
        );
        assert_eq!(places(Key::of::<ConfigMap>("other", "cm")), [""; 0], "another namespace");
        assert_eq!(places(Key::of::<Service>("n", "cm")), [""; 0], "another kind");
    }

    #[test]
    fn what_says_its_kind_is_found_too() {
        let binding = json!({"kind": "RoleBinding", "metadata": {"name": "b", "namespace": "n"},
            "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "other"}]});
        assert_eq!(places(&binding, &Key::of::<ServiceAccount>("other", "sa")), ["subjects[0].name"]);
        assert_eq!(places(&binding, &Key::of::<ServiceAccount>("n", "sa")), [""; 0]);
        let itself = json!({"kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, "name": "s"});
        assert_eq!(places(&itself, &Key::of::<Secret>("n", "s")), [""; 0]);
    }
}
