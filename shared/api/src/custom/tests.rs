//! A kind of one's own: what is kept, what is filled in, what is wrong, what is shown.

use super::*;
use crate::{Timestamp, catalogue, of, schema, serving};
use serde_json::json;

/// An established definition of a kind in a group of its own, with these versions.
fn defined(group: &str, versions: &Value) -> &'static KindInfo {
    kind_of(&definition(group, versions)).unwrap()
}

fn definition(group: &str, versions: &Value) -> Object {
    let names = json!({"plural": "crontabs", "singular": "crontab", "kind": "CronTab", "shortNames": ["ct"],
        "listKind": "CronTabList"});
    Object::from_value(&json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("crontabs.{group}"), "resourceVersion": "7"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": versions},
        "status": {"acceptedNames": names, "conditions": [{"type": "Established", "status": "True"}]},
    }))
    .unwrap()
}

fn version(name: &str, schema: &Value) -> Value {
    json!({"name": name, "served": true, "storage": name == "v1", "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.labelSelector"}},
        "selectableFields": [{"jsonPath": ".spec.cronSpec"}],
        "additionalPrinterColumns": [
            {"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec", "description": "when"},
            {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
            {"name": "Odd", "type": "boolean", "jsonPath": ".spec.odd", "priority": 1},
            {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]})
}

fn schema() -> Value {
    json!({"type": "object", "properties": {
        "spec": {"type": "object", "required": ["cronSpec"], "properties": {
            "cronSpec": {"type": "string", "pattern": "^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$", "default": "5 0 * * *"},
            "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
            "kept": {"type": "string", "nullable": true},
            "sort": {"type": "string", "enum": ["a", "b"]},
            "either": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            "when": {"type": "string", "format": "date-time"},
            "odd": {"type": "boolean"},
            "short": {"type": "string", "maxLength": 3, "minLength": 2},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true,
                "properties": {"known": {"type": "object", "properties": {"a": {"type": "string"}}}}},
            "labels": {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string"}},
            "template": {"type": "object", "x-kubernetes-embedded-resource": true,
                "x-kubernetes-preserve-unknown-fields": true},
            "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "maxItems": 2, "items": {"type": "object", "required": ["name"], "properties": {
                    "name": {"type": "string"}, "port": {"type": "integer", "default": 80}}}},
            "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            "one": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        }},
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"},
            "labelSelector": {"type": "string"}}},
    }})
}

fn crontab(group: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("{group}/v1"), "kind": "CronTab", "metadata": {"name": "a", "namespace": "n"}, "spec": spec})
}

/// What becomes of a `spec`: what is stored of it, what is unknown, and what is wrong.
fn taken(kind: &'static KindInfo, spec: &Value) -> (Value, Vec<String>, Vec<String>) {
    let Ok(decoded) = kind.decode(crontab(kind.group, spec), kind.api_version) else { panic!("decodes") };
    let mut draft = decoded.draft;
    draft.complete();
    let mut invalid = Invalid::default();
    draft.check(None, &mut invalid);
    (draft.object().value()["spec"].clone(), decoded.unknown, invalid.lines())
}

#[test]
fn what_the_schema_does_not_have_goes_and_what_is_left_out_comes() {
    let kind = defined("prune.example.com", &json!([version("v1", &schema())]));
    for (spec, kept, unknown) in [
        (json!({}), json!({"cronSpec": "5 0 * * *", "replicas": 1}), vec![]),
        (
            json!({"cronSpec": null, "odd": null, "kept": null, "x": 1}),
            json!({"cronSpec": "5 0 * * *", "replicas": 1, "kept": null}),
            vec!["spec.x"],
        ),
        (
            json!({"free": {"a": {"b": 1}, "known": {"a": "1", "b": 2}}}),
            json!({"cronSpec": "5 0 * * *", "replicas": 1, "free": {"a": {"b": 1}, "known": {"a": "1"}}}),
            vec!["spec.free.known.b"],
        ),
        (
            json!({"template": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a", "x": 1}, "y": 1}}),
            json!({"cronSpec": "5 0 * * *", "replicas": 1,
                "template": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "y": 1}}),
            vec!["spec.template.metadata.x"],
        ),
        (
            json!({"ports": [{"name": "a", "x": 1}]}),
            json!({"cronSpec": "5 0 * * *", "replicas": 1, "ports": [{"name": "a", "port": 80}]}),
            vec!["spec.ports[0].x"],
        ),
    ] {
        let (found, told, wrong) = taken(kind, &spec);
        assert_eq!((found, told), (kept, unknown.iter().map(|u| (*u).to_owned()).collect()), "{spec}");
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn what_is_wrong_is_said_in_kubernetes_words() {
    let kind = defined("check.example.com", &json!([version("v1", &schema())]));
    for (spec, lines) in [
        (
            json!({"replicas": "string"}),
            vec![
                r#"spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string""#,
            ],
        ),
        (
            json!({"replicas": 11}),
            vec![
                "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
            ],
        ),
        (
            json!({"replicas": 0}),
            vec![
                "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1",
            ],
        ),
        (
            json!({"cronSpec": "x"}),
            vec![
                r#"spec.cronSpec: Invalid value: "x": spec.cronSpec in body should match '^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$'"#,
            ],
        ),
        (json!({"sort": "c"}), vec![r#"spec.sort: Unsupported value: "c": supported values: "a", "b""#]),
        (
            json!({"either": 1.5}),
            vec![
                r#"spec.either: Invalid value: "number": spec.either in body must be of type integer,string: "number""#,
                r#"<nil>: Invalid value: "": "spec.either" must validate at least one schema (anyOf)"#,
                r#"spec.either: Invalid value: "number": spec.either in body must be of type integer: "number""#,
            ],
        ),
        (json!({"either": "10%"}), vec![]),
        (
            json!({"when": "never"}),
            vec![
                r#"spec.when: Invalid value: "never": spec.when in body must be of type date-time: "never""#,
            ],
        ),
        (json!({"short": "abcd"}), vec!["spec.short: Too long: may not be more than 3 bytes"]),
        (
            json!({"short": "a"}),
            vec![r#"spec.short: Invalid value: "a": spec.short in body should be at least 2 chars long"#],
        ),
        (
            json!({"labels": {"a": "1", "b": "2", "c": "3"}}),
            vec!["spec.labels: Too many: 3: must have at most 2 items"],
        ),
        (
            json!({"labels": {"a": 1}}),
            vec![
                r#"spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer""#,
            ],
        ),
        (
            json!({"ports": [{"port": 1}, {"name": "a"}, {"name": "a"}]}),
            vec![
                r#"spec.ports[2]: Duplicate value: {"name":"a"}"#,
                "spec.ports: Too many: 3: must have at most 2 items",
                "spec.ports[0].name: Required value",
            ],
        ),
        (json!({"tags": ["a", "a"]}), vec![r#"spec.tags[1]: Duplicate value: "a""#]),
        (
            json!({"one": {}}),
            vec![
                r#"<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid"#,
                "spec.one.a: Required value",
            ],
        ),
        (
            json!({"one": {"a": "1", "b": "2"}}),
            vec![
                r#"<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives"#,
            ],
        ),
        (
            json!({"template": {"kind": "Pod", "spec": {"any": 1}}}),
            vec!["spec.template.apiVersion: Required value: must not be empty"],
        ),
    ] {
        let mut found = taken(kind, &spec).2;
        let mut expected: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{spec}");
    }
}

#[test]
fn what_was_let_through_binds_only_when_it_changes() {
    let kind = defined("ratchet.example.com", &json!([version("v1", &schema())]));
    let old = Object::from_value(&crontab(kind.group, &json!({"replicas": 11, "sort": "z"}))).unwrap();
    let old = kind.draft(&old).unwrap();
    let new = crontab(kind.group, &json!({"replicas": 12, "sort": "z"}));
    let Ok(new) = kind.decode(new, kind.api_version) else { panic!("decodes") };
    let mut invalid = Invalid::default();
    new.draft.check(Some(&*old), &mut invalid);
    let lines = invalid.lines();
    assert!(lines.len() == 2 && lines.iter().any(|line| line.starts_with("spec.replicas")), "{lines:?}");
}

#[test]
fn columns_fields_and_scale_come_from_the_definition() {
    let kind = defined("show.example.com", &json!([version("v1", &schema())]));
    let mut value = crontab(kind.group, &json!({"cronSpec": "* * * * *", "replicas": 3}));
    value["metadata"]["creationTimestamp"] = json!("1970-01-01T00:00:00Z");
    let object = Object::from_value(&value).unwrap();
    let now = Timestamp::from_second(300).unwrap();
    assert_eq!(kind.row(&object, now), ["* * * * *", "3", "", "5m"]);
    let headings: Vec<_> = kind.headings().iter().map(|h| (h.name, h.wide, h.integer)).collect();
    assert_eq!(headings[1..3], [("Replicas", false, true), ("Odd", true, false)]);
    assert_eq!(kind.field(&object, "spec.cronSpec").as_deref(), Some("* * * * *"));
    assert_eq!(kind.field(&object, "spec.replicas"), None);
    assert_eq!(kind.subresources, ["scale", "status"]);
    let form = kind.custom.unwrap().stored();
    assert_eq!(form.scale.as_ref().unwrap().spec, ["spec", "replicas"]);
    assert_eq!((kind.singular().as_str(), kind.list_kind().as_str()), ("crontab", "CronTabList"));
}

#[test]
fn the_type_of_a_kind_says_how_its_values_merge() {
    let kind = defined("merge.example.com", &json!([version("v1", &schema())]));
    let of = kind.custom.unwrap().stored().of;
    assert_eq!((of.name, of.kind()), ("com.example.merge.v1.CronTab", "CronTab"));
    let schema::Shape::Object(spec) = of.field("spec").unwrap().shape else { panic!("an object") };
    let merge = |name: &str| match spec.field(name).unwrap().merge() {
        schema::Merge::Keys(keys) => keys.iter().collect::<Vec<_>>().join(","),
        other => format!("{other:?}"),
    };
    assert_eq!(["ports", "tags", "labels", "free"].map(merge), ["name", "Set", "Granular", "Granular"]);
    assert!(of.field("metadata").is_some() && !spec.is_open());
}

#[test]
fn stored_objects_are_shown_as_their_version_has_them() {
    let mut old = schema();
    old["properties"]["spec"]["properties"]["old"] = json!({"type": "string", "default": "yes"});
    let mut versions = json!([version("v1", &schema()), version("v1beta1", &old)]);
    versions[1]["deprecated"] = json!(true);
    let group = "versions.example.com";
    catalogue::publish("versions", 1, &[definition(group, &versions)]);
    let kind = of(group, "CronTab").unwrap();
    let Ok(decoded) =
        kind.decode(crontab(group, &json!({"old": "no", "replicas": 2})), &format!("{group}/v1beta1"))
    else {
        panic!("decodes")
    };
    assert!(decoded.unknown.is_empty());
    let stored = decoded.draft.object();
    assert_eq!(stored.api_version(), kind.api_version);
    let beta = serving(&format!("{group}/v1beta1"), "CronTab").unwrap();
    let shown = beta.shown(&stored).value();
    assert_eq!(
        (&shown["spec"]["old"], &shown["apiVersion"]),
        (&json!("no"), &json!(format!("{group}/v1beta1")))
    );
    assert_eq!(beta.warning(), Some("versions.example.com/v1beta1 CronTab is deprecated"));
    let shown = serving(kind.api_version, "CronTab").unwrap().shown(&stored).value();
    assert_eq!(shown["spec"], json!({"cronSpec": "5 0 * * *", "replicas": 2}));
    // One content makes one kind, for good; what is older than what is known says nothing.
    assert!(!catalogue::publish("versions", 2, &[definition(group, &versions)]));
    assert!(!catalogue::publish("versions", 0, &[]));
    assert!(crate::find("ct").is_some_and(|found| found.group == group));
    assert!(crate::find("crontab.versions.example.com").is_some());
    assert!(crate::kinds().any(|known| std::ptr::eq(known, kind)));
}

#[test]
fn what_is_not_established_makes_no_kind() {
    let mut value = definition("none.example.com", &json!([version("v1", &schema())])).value();
    value["status"]["conditions"] = json!([]);
    assert!(kind_of(&Object::from_value(&value).unwrap()).is_none());
}
