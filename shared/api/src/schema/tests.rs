//! The table agrees with the types.

use super::*;
use crate::{KINDS, served};
use serde_json::{Map, Value, json};

fn field(of: &str, name: &str) -> &'static Field {
    named(of).unwrap_or_else(|| panic!("{of} is there")).field(name).unwrap_or_else(|| panic!("{of}.{name}"))
}

#[test]
fn every_kind_has_a_type_in_every_version() {
    for served in served() {
        let found = of(served.group(), served.version(), served.kind.kind);
        let found = found.unwrap_or_else(|| panic!("{} {}", served.api_version(), served.kind.kind));
        assert_eq!(found.api_version, Some(served.api_version()));
        let head = |name: &str| found.field(name).map(|f| f.shape);
        assert_eq!(head("kind"), Some(Shape::String), "{}", found.name);
        assert!(matches!(head("metadata"), Some(Shape::Object(meta)) if meta.kind() == "ObjectMeta"));
    }
}

#[test]
fn requests_have_types_and_nothing_else_has() {
    for (group, version, kind) in [
        ("", "v1", "Binding"),
        ("", "v1", "Status"),
        ("policy", "v1", "Eviction"),
        ("policy", "v1beta1", "Eviction"),
        ("apps", "v1", "DeleteOptions"),
        ("autoscaling", "v1", "Scale"),
        ("authentication.k8s.io", "v1", "TokenRequest"),
        ("authentication.k8s.io", "v1", "TokenReview"),
        ("authentication.k8s.io", "v1", "SelfSubjectReview"),
        ("authorization.k8s.io", "v1", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "v1", "SelfSubjectRulesReview"),
        ("authorization.k8s.io", "v1", "LocalSubjectAccessReview"),
        ("authorization.k8s.io", "v1", "SubjectAccessReview"),
        ("metrics.k8s.io", "v1beta1", "NodeMetrics"),
    ] {
        assert!(of(group, version, kind).is_some(), "{group}/{version} {kind}");
    }
    for (group, version, kind) in [
        ("", "v1", "PodSpec"),
        ("", "v2", "Pod"),
        ("core", "v1", "Pod"),
        ("apps", "v1", "Pod"),
        ("x", "", ""),
    ] {
        assert!(of(group, version, kind).is_none(), "{group}/{version} {kind}");
    }
}

#[test]
fn lists_merge_by_what_tells_their_items_apart() {
    let merge = |of: &str, name: &str| match field(of, name).merge() {
        Merge::Keys(keys) => keys.iter().collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    };
    let patched = |of: &str, name: &str| {
        let patch = field(of, name).patch();
        (patch.merge, patch.retain_keys, patch.key)
    };
    assert_eq!(merge("core.v1.ServiceSpec", "ports"), "port protocol");
    assert_eq!(patched("core.v1.ServiceSpec", "ports"), (true, false, Some("port")));
    assert_eq!(merge("core.v1.Container", "ports"), "containerPort protocol");
    assert_eq!(patched("core.v1.PodSpec", "volumes"), (true, true, Some("name")));
    assert_eq!(patched("apps.v1.DeploymentSpec", "strategy"), (false, true, None));
    assert_eq!(patched("core.v1.PodSpec", "tolerations"), (false, false, None));
    assert_eq!(merge("core.v1.PodSpec", "tolerations"), "Atomic");
    assert_eq!(merge("meta.v1.ObjectMeta", "finalizers"), "Set");
    assert_eq!(merge("meta.v1.ObjectMeta", "labels"), "Granular");
    assert_eq!(merge("core.v1.ServiceSpec", "selector"), "Atomic");
    assert_eq!(merge("apps.v1.DeploymentSpec", "selector"), "Atomic");
    assert_eq!(merge("apps.v1.DeploymentSpec", "template"), "Granular");
    assert_eq!(field("core.v1.ContainerPort", "protocol").default(), Some(r#""TCP""#));
}

#[test]
fn what_protobuf_has_one_level_deeper_json_has_here() {
    let secret = field("core.v1.Volume", "secret");
    assert_eq!(secret.number, 0);
    let (number, inlined) = named("core.v1.Volume").unwrap().inlined().next().unwrap();
    assert_eq!((number, inlined.name), (2, "core.v1.VolumeSource"));
    assert_eq!(inlined.field("secret").unwrap().number, 6);
    assert!(field("core.v1.Probe", "httpGet").shape == field("core.v1.ProbeHandler", "httpGet").shape);
}

#[test]
fn names_in_the_table_are_told_apart() {
    for one in types() {
        let twice = |at: &[Field]| at.windows(2).any(|pair| pair[0].name == pair[1].name);
        assert!(!twice(one.fields()), "{} has a field twice", one.name);
        let mut numbers: Vec<u16> = one.fields().iter().map(|f| f.number).filter(|n| *n != 0).collect();
        numbers.extend(one.inlined().map(|(number, _)| number));
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]), "{} has a number twice", one.name);
    }
    assert!(types().windows(2).all(|pair| pair[0].name < pair[1].name));
}

/// A value with everything its shape can hold; a type within itself holds nothing more.
fn full(shape: &Shape) -> Value {
    full_within(shape, &[])
}

fn full_within(shape: &Shape, open: &[&str]) -> Value {
    match shape {
        Shape::String => "text".into(),
        Shape::Int32 => 7.into(),
        Shape::Int64 => (1_i64 << 40).into(),
        Shape::Number => 0.5.into(),
        Shape::Bool | Shape::Schema(Or::Bool) => true.into(),
        Shape::Bytes => "AAH/".into(),
        Shape::Time => "2026-01-02T03:04:05Z".into(),
        Shape::MicroTime => "2026-01-02T03:04:05.000006Z".into(),
        Shape::Duration => "30s".into(),
        Shape::Quantity => "1500m".into(),
        Shape::IntOrString => "25%".into(),
        Shape::Any | Shape::Fields | Shape::Schema(Or::Value) => json!({"f:a": {"b": [1]}}),
        Shape::Schema(Or::List) => json!([{"type": "text"}]),
        Shape::Schema(Or::Texts) => json!(["text"]),
        Shape::Object(inner) if open.contains(&inner.name) => json!({}),
        Shape::Object(inner) => inner
            .fields()
            .iter()
            // Some kinds stand within others, without their heads.
            .filter(|f| inner.api_version.is_none() || !matches!(f.name, "apiVersion" | "kind"))
            .map(|f| (f.name.to_owned(), full_within(&f.shape, &[open, &[inner.name]].concat())))
            .collect::<Map<_, _>>()
            .into(),
        Shape::List(item) => json!([full_within(item, open)]),
        Shape::Map(item) => json!({"a": full_within(item, open)}),
    }
}

/// What of `sample` is not in `found`.
fn lost(sample: &Value, found: &Value, path: &str, all: &mut Vec<String>) {
    match (sample, found) {
        (Value::Object(sample), Value::Object(found)) => {
            for (name, value) in sample {
                lost(value, found.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"), all);
            }
        }
        (Value::Array(sample), Value::Array(found)) if sample.len() == found.len() => {
            sample.iter().zip(found).for_each(|(sample, found)| lost(sample, found, path, all));
        }
        (sample, found) if sample == found => {}
        (sample, found) => all.push(format!("{path}: {sample} became {found}")),
    }
}

#[test]
fn every_field_of_a_kind_is_one_of_its_code() {
    for kind in KINDS {
        let of = of(kind.group, kind.version, kind.kind).unwrap();
        let mut sample: Map<String, Value> =
            of.fields().iter().map(|f| (f.name.to_owned(), full(&f.shape))).collect();
        sample.insert("apiVersion".into(), kind.api_version.into());
        sample.insert("kind".into(), kind.kind.into());
        let sample = Value::Object(sample);
        let decoded = match kind.decode(sample.clone(), kind.api_version) {
            Ok(decoded) => decoded,
            Err(refusal) => panic!("{}: {refusal}", kind.kind),
        };
        assert_eq!(decoded.unknown, [""; 0], "{}", kind.kind);
        let mut all = Vec::new();
        lost(&sample, &decoded.draft.object().value(), kind.kind, &mut all);
        assert_eq!(all, [""; 0]);
    }
}

/// Values of every sort, some of them at the edge of what a field may hold.
fn of_every_sort() -> Vec<Value> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        Value::Null,
        true.into(),
        (-1).into(),
        u64::MAX.into(),
        1.5.into(),
        "".into(),
        "\u{1b}[31m\u{0}".into(),
        json!([null]),
        json!([[]]),
        json!({"": null, "a": {}}),
        deep,
    ]
}

/// A field's name, and what makes a document of a value for it.
type Tried<'a> = &'a mut dyn FnMut(&str, &dyn Fn(Value) -> Value);

/// Documents of only one field, every field there is below `of`, and what the field is called. A type within
/// itself was seen already.
fn of_one_field(of: &'static Type, wrap: &dyn Fn(Value) -> Value, tried: Tried<'_>) {
    of_one_field_within(of, &[], wrap, tried);
}

fn of_one_field_within(of: &'static Type, open: &[&str], wrap: &dyn Fn(Value) -> Value, tried: Tried<'_>) {
    if open.contains(&of.name) {
        return;
    }
    let open = &[open, &[of.name]].concat()[..];
    for field in of.fields() {
        let wrapped = |value: Value| wrap(json!({field.name: value}));
        tried(field.name, &wrapped);
        match &field.shape {
            Shape::Object(inner) => of_one_field_within(inner.get(), open, &wrapped, tried),
            Shape::List(Shape::Object(inner)) => {
                of_one_field_within(inner.get(), open, &|value| wrapped(json!([value])), tried);
            }
            Shape::List(_) => tried(field.name, &|value| wrapped(json!([value]))),
            Shape::Map(_) => tried(field.name, &|value| wrapped(json!({"a": value}))),
            _ => {}
        }
    }
}

#[test]
fn no_value_of_any_field_does_harm() {
    let values = of_every_sort();
    for kind in KINDS {
        let of = of(kind.group, kind.version, kind.kind).unwrap();
        let with_head = |mut value: Value| {
            (value["apiVersion"], value["kind"]) = (kind.api_version.into(), kind.kind.into());
            value
        };
        of_one_field(of, &with_head, &mut |name, document| {
            for value in &values {
                let Err(refusal) = kind.decode(document(value.clone()), kind.api_version) else { continue };
                let said = &refusal.message;
                // Or another field that only now has to be there.
                let named = said.contains(name) || said.ends_with(": Required value");
                assert!(refusal.reason.code() == 400 && named, "{}.{name}: {value}: {said}", kind.kind);
            }
        });
    }
}
