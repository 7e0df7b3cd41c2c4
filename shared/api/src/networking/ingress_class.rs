//! Ingress classes: who serves which ingresses.

use crate::{Column, Invalid, Kind, Version, metadata::valid_name, name};
pub use k8s_openapi::api::networking::v1::IngressClass;
use k8s_openapi::api::networking::v1::IngressClassParametersReference;

/// Marks the class of ingresses that name none.
pub const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

const CONTROLLER_MAX: usize = 250;

/// Whether ingresses that name no class get this one.
pub fn is_default(class: &IngressClass) -> bool {
    class.metadata.annotations.as_ref().and_then(|a| a.get(DEFAULT_CLASS)).is_some_and(|v| v == "true")
}

impl Kind for IngressClass {
    const VERSIONS: &'static [Version] = &[Version::alike(
        "networking.k8s.io",
        "v1beta1",
        "networking.k8s.io/v1beta1",
        Some(
            "networking.k8s.io/v1beta1 IngressClass is deprecated in v1.19+, unavailable in v1.22+; use networking.k8s.io/v1 IngressClass",
        ),
    )];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Controller", |c, _| controller(c).to_owned()),
        Column::text("Parameters", |c, _| parameters(c)),
        Column::age(),
    ];

    fn set_defaults(&mut self) {
        if let Some(parameters) = self.spec.as_mut().and_then(|s| s.parameters.as_mut()) {
            parameters.scope.get_or_insert_with(|| "Cluster".into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if let Some(old) = old {
            invalid.kept("spec.controller", &controller(self), &controller(old));
        }
        valid_controller(controller(self), invalid);
        if let Some(parameters) = self.spec.as_ref().and_then(|s| s.parameters.as_ref()) {
            valid_parameters(parameters, invalid);
        }
    }
}

fn valid_controller(controller: &str, invalid: &mut Invalid) {
    let field = "spec.controller";
    if controller.is_empty() {
        return invalid.required(field, "");
    }
    if controller.len() > CONTROLLER_MAX {
        invalid.too_long(field, CONTROLLER_MAX);
    }
    match controller.split_once('/') {
        Some((host, path)) if !host.is_empty() && !path.is_empty() => {
            invalid.ruled(field, host, name::subdomain);
            let fine = |c: char| c.is_ascii_alphanumeric() || "/%?:@&=+$,_.!~*'()-;".contains(c);
            if !path.chars().all(fine) {
                let why = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
                invalid.value(field, path, why);
            }
        }
        _ => {
            let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            invalid.value(field, controller, why);
        }
    }
}

fn valid_parameters(parameters: &IngressClassParametersReference, invalid: &mut Invalid) {
    let path = "spec.parameters";
    if let Some(group) = &parameters.api_group {
        invalid.ruled(format!("{path}.apiGroup"), group, name::subdomain);
    }
    invalid.named(format!("{path}.kind"), &parameters.kind, name::path_segment);
    invalid.named(format!("{path}.name"), &parameters.name, name::path_segment);
    match (parameters.scope.as_deref(), &parameters.namespace) {
        (None, _) => invalid.required(format!("{path}.scope"), ""),
        (Some("Namespace"), None) => {
            invalid.required(format!("{path}.namespace"), "`parameters.scope` is set to 'Namespace'");
        }
        (Some("Namespace"), Some(namespace)) => {
            invalid.ruled(format!("{path}.namespace"), namespace, name::label);
        }
        (Some("Cluster"), Some(_)) => {
            invalid.forbidden(format!("{path}.namespace"), "`parameters.scope` is set to 'Cluster'");
        }
        (Some("Cluster"), None) => {}
        (Some(other), _) => invalid.unsupported(format!("{path}.scope"), other, &["Cluster", "Namespace"]),
    }
}

fn controller(class: &IngressClass) -> &str {
    class.spec.as_ref().and_then(|s| s.controller.as_deref()).unwrap_or_default()
}

fn parameters(class: &IngressClass) -> String {
    let Some(parameters) = class.spec.as_ref().and_then(|s| s.parameters.as_ref()) else {
        return "<none>".into();
    };
    let group = parameters.api_group.as_ref().map(|g| format!(".{g}")).unwrap_or_default();
    format!("{}{group}/{}", parameters.kind, parameters.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::{Value, json};

    fn class(controller: &str, parameters: &Value) -> Value {
        json!({"spec": {"controller": controller, "parameters": parameters}})
    }

    #[test]
    fn each_finding_names_its_field() {
        let none = Value::Null;
        assert_eq!(findings::<IngressClass>(class("x.io/a", &none)), [""; 0]);
        assert_eq!(findings::<IngressClass>(class("", &none)), ["spec.controller: Required value"]);
        assert_eq!(
            findings::<IngressClass>(class("a", &none)),
            [
                "spec.controller: Invalid value: \"a\": must be a domain-prefixed path (such as \"acme.io/foo\")"
            ]
        );
        assert_eq!(
            findings::<IngressClass>(class("x.io/a", &json!({"kind": "", "name": "b", "namespace": "n"}))),
            [
                "spec.parameters.kind: Required value",
                "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
            ]
        );
        assert_eq!(
            changed::<IngressClass>(class("x.io/a", &none), class("x.io/b", &none)),
            ["spec.controller: Invalid value: \"x.io/b\": field is immutable"]
        );
    }

    #[test]
    fn a_class_is_shown_by_its_controller() {
        let parameters = json!({"apiGroup": "x.io", "kind": "P", "name": "b"});
        assert_eq!(row::<IngressClass>(class("x.io/a", &parameters)), ["x.io/a", "P.x.io/b", "<unknown>"]);
    }
}
