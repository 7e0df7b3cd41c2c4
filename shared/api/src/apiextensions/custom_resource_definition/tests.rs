//! What makes a definition, and what does not.

use super::*;
use serde_json::{Value, json};

fn definition(edit: impl FnOnce(&mut Value)) -> CustomResourceDefinition {
    let mut value = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "crontabs.stable.example.com"},
        "spec": {
            "group": "stable.example.com", "scope": "Namespaced",
            "names": {"plural": "crontabs", "kind": "CronTab"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object"}}}}}],
        },
    });
    edit(&mut value);
    let mut made: CustomResourceDefinition = serde_json::from_value(value).unwrap();
    made.set_defaults();
    made
}

fn wrong(edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut invalid = Invalid::default();
    definition(edit).validate(None, &mut invalid);
    invalid.lines()
}

/// What is wrong with the schema of a field.
fn wrong_field(schema: &Value) -> Vec<String> {
    let place = "spec.validation.openAPIV3Schema.properties[spec]";
    let lines = wrong(|d| {
        d["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = schema.clone();
    });
    lines.into_iter().map(|line| line.replace(place, "_")).collect()
}

#[test]
fn what_is_left_out_follows_from_the_kind() {
    let made = definition(|_| {});
    let names = &made.spec.names;
    assert_eq!(
        (names.singular.as_deref(), names.list_kind.as_deref()),
        (Some("crontab"), Some("CronTabList"))
    );
    assert_eq!(made.spec.conversion.map(|c| c.strategy).as_deref(), Some("None"));
    assert_eq!(wrong(|_| {}), Vec::<String>::new());
}

#[test]
fn names_and_versions_have_rules() {
    for (edit, expected) in [
        (
            (|d: &mut Value| d["metadata"]["name"] = json!("x")) as fn(&mut Value),
            r#"metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group"#,
        ),
        (
            |d| d["spec"]["scope"] = json!("Everywhere"),
            r#"spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced""#,
        ),
        (
            |d| d["spec"]["names"]["listKind"] = json!("CronTab"),
            r#"spec.names.listKind: Invalid value: "CronTab": kind and listKind may not be the same"#,
        ),
        (
            |d| d["spec"]["versions"][0]["storage"] = json!(false),
            r#"spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version"#,
        ),
        (
            |d| d["spec"]["versions"][0]["schema"] = Value::Null,
            "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
        ),
        (
            |d| {
                d["spec"]["versions"][0]["additionalPrinterColumns"] =
                    json!([{"name": "A", "type": "text", "jsonPath": ".a"}]);
            },
            r#"spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string"#,
        ),
        (
            |d| {
                d["spec"]["versions"][0]["subresources"] =
                    json!({"scale": {"specReplicasPath": ".a", "statusReplicasPath": ".status.a"}});
            },
            r#"spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".a": should be a json path under .spec"#,
        ),
        (
            |d| {
                d["spec"]["group"] = json!("x.k8s.io");
                d["metadata"]["name"] = json!("crontabs.x.k8s.io");
            },
            r#"metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#,
        ),
        (
            |d| d["spec"]["preserveUnknownFields"] = json!(true),
            "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        ),
    ] {
        assert_eq!(wrong(edit), [expected]);
    }
}

#[test]
fn a_conversion_webhook_has_an_address_and_a_review_it_understands() {
    let service = json!({"service": {"namespace": "n", "name": "s"}});
    for (strategy, client, versions, expected) in [
        ("Webhook", service.clone(), json!(["v2", "v1"]), vec![]),
        ("Webhook", service.clone(), json!(["v1beta1"]), vec![]),
        (
            "Webhook",
            Value::Null,
            json!([]),
            vec![
                "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
                "spec.conversion.conversionReviewVersions: Required value",
            ],
        ),
        (
            "Webhook",
            json!({}),
            json!(["v2"]),
            vec![
                "spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required",
                r#"spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1"#,
            ],
        ),
        (
            "None",
            service,
            json!(["v1"]),
            vec![
                "spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook",
                "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook",
            ],
        ),
    ] {
        let webhook = json!({"clientConfig": client, "conversionReviewVersions": versions});
        let conversion = json!({"strategy": strategy, "webhook": webhook});
        assert_eq!(wrong(|d| d["spec"]["conversion"] = conversion), expected);
    }
}

#[test]
fn schemas_are_structural() {
    for (schema, expected) in [
        (json!({}), vec!["_.type: Required value: must not be empty for specified object fields"]),
        (
            json!({"type": "map"}),
            vec![
                r#"_.type: Unsupported value: "map": supported values: "array", "boolean", "integer", "number", "object", "string""#,
            ],
        ),
        (json!({"x-kubernetes-preserve-unknown-fields": true}), vec![]),
        (
            json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}),
            vec![],
        ),
        (json!({"type": "array"}), vec!["_.items: Required value: must be specified"]),
        (
            json!({"type": "array", "items": {}}),
            vec!["_.items.type: Required value: must not be empty for specified array items"],
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}}),
            vec![
                "_.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
            ],
        ),
        (
            json!({"type": "object", "anyOf": [{"type": "object", "required": ["a"]}]}),
            vec!["_.anyOf[0].type: Forbidden: must be empty to be structural"],
        ),
        (
            json!({"type": "string", "pattern": "("}),
            vec![r#"_.pattern: Invalid value: "(": must be a valid regular expression, but isn't"#],
        ),
        (
            json!({"type": "integer", "default": "x"}),
            vec![
                r#"_.default: Invalid value: "string": _.default in body must be of type integer: "string""#,
            ],
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "map", "items": {"type": "object"}}),
            vec![
                "_.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
            ],
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"],
                "items": {"type": "object", "properties": {"a": {"type": "string"}}}}),
            vec![
                "_.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            ],
        ),
    ] {
        assert_eq!(wrong_field(&schema), expected, "{schema}");
    }
    let deep = (0..100).fold(json!({"type": "string"}), |inner, _| json!({"type": "array", "items": inner}));
    assert!(wrong_field(&deep).iter().any(|line| line.contains("cannot stand so deep")));
}

#[test]
fn what_exists_keeps_its_names() {
    let mut old = definition(|_| {});
    old.status = Some(established(&old, &Names::default(), crate::Timestamp::UNIX_EPOCH));
    let mut new = old.clone();
    new.spec.scope = "Cluster".into();
    new.spec.versions[0].name = "v2".into();
    let mut invalid = Invalid::default();
    new.validate(Some(&old), &mut invalid);
    let lines = invalid.lines();
    assert_eq!(lines[0], r#"spec.scope: Invalid value: "Cluster": field is immutable"#);
    assert!(
        lines[1].starts_with("status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions;")
    );
    assert!(
        lines[2]
            .starts_with("status.storedVersions: Invalid value: [\"v1\"]: must have the storage version v2")
    );
}
