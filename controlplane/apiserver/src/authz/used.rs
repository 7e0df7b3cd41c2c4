//! Which Secrets and `ConfigMap`s a pod uses: what its node may read.

use serde_json::Value;

/// Whether a pod, as JSON, uses the object of this kind and name anywhere in its spec.
pub(crate) fn uses(pod: &Value, kind: &str, name: &str) -> bool {
    mentions(&pod["spec"], kind, name)
}

/// The fields that name a Secret or a `ConfigMap` are few, and stand in many places.
fn mentions(value: &Value, kind: &str, name: &str) -> bool {
    let named = |value: &Value| ["name", "secretName"].iter().any(|field| value[*field] == name);
    let fields: &[&str] = match kind {
        "Secret" => &["secret", "secretRef", "secretKeyRef", "imagePullSecrets"],
        _ => &["configMap", "configMapRef", "configMapKeyRef"],
    };
    match value {
        Value::Object(map) => map.iter().any(|(field, value)| {
            let here = fields.contains(&field.as_str())
                && (named(value) || value.as_array().is_some_and(|list| list.iter().any(named)));
            here || mentions(value, kind, name)
        }),
        Value::Array(items) => items.iter().any(|item| mentions(item, kind, name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_pod_uses_is_found_wherever_it_stands() {
        let pod = json!({"spec": {
            "imagePullSecrets": [{"name": "pull"}],
            "volumes": [{"name": "v", "secret": {"secretName": "mounted"}}, {"projected": {"sources": [{"secret": {"name": "part"}}]}},
                {"configMap": {"name": "files"}}],
            "containers": [{"name": "other", "envFrom": [{"secretRef": {"name": "env"}}],
                "env": [{"valueFrom": {"configMapKeyRef": {"name": "key", "key": "k"}}}]}],
        }});
        for name in ["pull", "mounted", "part", "env"] {
            assert!(uses(&pod, "Secret", name) && !uses(&pod, "ConfigMap", name), "{name}");
        }
        for name in ["files", "key"] {
            assert!(uses(&pod, "ConfigMap", name) && !uses(&pod, "Secret", name), "{name}");
        }
        assert!(!uses(&pod, "Secret", "other") && !uses(&pod, "Secret", "v"));
    }
}
