//! Messages are written here by the same table, so that they can be cut and bent.

use super::*;
use serde_json::json;
use shared_api::{Object, Served, served};

/// A field of a message: its tag, and its length where it has one.
fn tagged(number: u16, wire: Wire<'_>) -> Vec<u8> {
    let tag = u64::from(number) << 3;
    match wire {
        Wire::Varint(value) => [varint(tag), varint(value)].concat(),
        Wire::Fixed64(bytes) => [varint(tag | 1), bytes.to_vec()].concat(),
        Wire::Fixed32(bytes) => [varint(tag | 5), bytes.to_vec()].concat(),
        Wire::Bytes(bytes) => [varint(tag | 2), varint(bytes.len() as u64), bytes.to_vec()].concat(),
    }
}

fn varint(value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(value, &mut bytes);
    bytes
}

fn int(value: &Value) -> u64 {
    u64::from_le_bytes(value.as_i64().unwrap().to_le_bytes())
}

/// The value of a field, with the field's tag.
fn written(number: u16, shape: &Shape, value: &Value) -> Vec<u8> {
    let text = |value: &Value| value.as_str().unwrap_or_default().as_bytes().to_vec();
    let bytes = match shape {
        Shape::Int32 | Shape::Int64 => return tagged(number, Wire::Varint(int(value))),
        Shape::Bool => return tagged(number, Wire::Varint(value.as_bool().unwrap().into())),
        Shape::Number => return tagged(number, Wire::Fixed64(value.as_f64().unwrap().to_le_bytes())),
        Shape::List(item) => {
            let items = value.as_array().unwrap().iter();
            return items.flat_map(|v| written(number, item, v)).collect();
        }
        Shape::Map(item) => {
            let entry = |(key, value): (&String, &Value)| {
                let key = tagged(1, Wire::Bytes(key.as_bytes()));
                let value = match **item {
                    // A list within is a message of its own.
                    Shape::List(_) => tagged(2, Wire::Bytes(&written(1, item, value))),
                    _ => written(2, item, value),
                };
                tagged(number, Wire::Bytes(&[key, value].concat()))
            };
            return value.as_object().unwrap().iter().flat_map(entry).collect();
        }
        Shape::String => text(value),
        Shape::Bytes => BASE64_STANDARD.decode(text(value)).unwrap(),
        Shape::Quantity => tagged(1, Wire::Bytes(&text(value))),
        Shape::Schema(Or::Bool) if value.is_object() => {
            tagged(2, Wire::Bytes(&message_of(Or::of().unwrap(), value)))
        }
        Shape::Schema(Or::Bool) => tagged(1, Wire::Varint(value.as_bool().unwrap().into())),
        Shape::Schema(Or::List) if value.is_object() => {
            tagged(1, Wire::Bytes(&message_of(Or::of().unwrap(), value)))
        }
        Shape::Schema(Or::List) => {
            let each = value.as_array().unwrap().iter();
            each.flat_map(|v| tagged(2, Wire::Bytes(&message_of(Or::of().unwrap(), v)))).collect()
        }
        Shape::Schema(Or::Texts) => {
            value.as_array().unwrap().iter().flat_map(|v| tagged(2, Wire::Bytes(&text(v)))).collect()
        }
        Shape::Any | Shape::Fields | Shape::Schema(Or::Value) => {
            tagged(1, Wire::Bytes(value.to_string().as_bytes()))
        }
        Shape::Duration => panic!("no test has a duration"),
        Shape::Time | Shape::MicroTime => {
            let moment: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
            let nanos = u64::try_from(moment.subsec_nanosecond()).unwrap();
            let seconds = tagged(1, Wire::Varint(u64::try_from(moment.as_second()).unwrap()));
            [seconds, tagged(2, Wire::Varint(nanos))].concat()
        }
        Shape::IntOrString => match value {
            Value::String(text) => {
                [tagged(1, Wire::Varint(1)), tagged(3, Wire::Bytes(text.as_bytes()))].concat()
            }
            number => [tagged(1, Wire::Varint(0)), tagged(2, Wire::Varint(int(number)))].concat(),
        },
        Shape::Object(inner) => message_of(inner.get(), value),
    };
    tagged(number, Wire::Bytes(&bytes))
}

fn message_of(of: &Type, value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in of.fields().iter().filter(|f| f.number != 0) {
        if let Some(value) = value.get(field.name) {
            bytes.extend(written(field.number, &field.shape, value));
        }
    }
    for (number, inner) in of.inlined() {
        bytes.extend(tagged(number, Wire::Bytes(&message_of(inner, value))));
    }
    bytes
}

fn enveloped(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let meta = [tagged(1, Wire::Bytes(api_version.as_bytes())), tagged(2, Wire::Bytes(kind.as_bytes()))];
    let unknown = [tagged(1, Wire::Bytes(&meta.concat())), tagged(2, Wire::Bytes(raw))];
    [MAGIC.to_vec(), unknown.concat()].concat()
}

fn body(value: &Value) -> Vec<u8> {
    let (api_version, kind) = (value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    enveloped(api_version, kind, &message_of(schema::of(group, version, kind).unwrap(), value))
}

/// A value with every field of its type, some levels deep.
fn full(shape: &Shape, depth: usize) -> Value {
    match shape {
        Shape::String => "text".into(),
        Shape::Int32 => 7.into(),
        Shape::Int64 => (1i64 << 40).into(),
        Shape::Number => 0.5.into(),
        Shape::Bool => true.into(),
        Shape::Bytes => "AAH/".into(),
        Shape::Time => "2026-01-02T03:04:05Z".into(),
        Shape::MicroTime => "2026-01-02T03:04:05.000006Z".into(),
        Shape::Duration => Value::Null,
        Shape::Quantity => "1500m".into(),
        Shape::IntOrString => "25%".into(),
        Shape::Any | Shape::Fields | Shape::Schema(Or::Value) => json!({"f:a": {"b": [1]}}),
        Shape::Schema(Or::Bool) if depth.is_multiple_of(2) => true.into(),
        Shape::Schema(Or::Bool | Or::List) => json!({"type": "text"}),
        Shape::Schema(Or::Texts) => json!(["text"]),
        Shape::Object(inner) => {
            // What stands within another object does not say in its message what it is.
            let head = |f: &Field| inner.api_version.is_some() && matches!(f.name, "apiVersion" | "kind");
            let fields = inner.fields().iter().filter(|f| f.shape != Shape::Duration && !head(f));
            let shallow = |f: &&Field| {
                depth > 0
                    || !matches!(f.shape, Shape::Object(_) | Shape::List(_) | Shape::Map(Shape::Object(_)))
            };
            let named = |f: &Field| (f.name.to_owned(), full(&f.shape, depth.saturating_sub(1)));
            fields.filter(shallow).map(named).collect::<Map<_, _>>().into()
        }
        Shape::List(item) => json!([full(item, depth), full(item, depth)]),
        Shape::Map(item) => json!({"a": full(item, depth), "b": full(item, depth)}),
    }
}

fn samples() -> impl Iterator<Item = Value> {
    schema::types().iter().filter_map(|of| {
        let api_version = of.api_version.filter(|v| !v.starts_with("settings"))?;
        let mut value: Map<String, Value> =
            of.fields().iter().map(|f| (f.name.to_owned(), full(&f.shape, 3))).collect();
        value.retain(|_, v| !v.is_null());
        value.insert("apiVersion".into(), api_version.into());
        value.insert("kind".into(), of.kind().into());
        Some(value.into())
    })
}

#[test]
fn every_field_of_every_kind_arrives() {
    for sample in samples() {
        let found = manifest(&body(&sample)).unwrap_or_else(|e| panic!("{}: {e}", sample["kind"]));
        let differ = |name: &&String| found[*name] != sample[*name];
        let lost: Vec<_> = sample.as_object().unwrap().keys().filter(differ).collect();
        assert!(found == sample, "{}: {lost:?}", sample["kind"]);
    }
}

#[test]
fn kinds_are_decoded_by_their_own_code_then() {
    for served in served().filter(Served::is_stored) {
        let of = schema::of(served.group(), served.version(), served.kind.kind).unwrap();
        let Some(mut sample) =
            samples().find(|s| s["kind"] == of.kind() && s["apiVersion"] == served.api_version())
        else {
            continue;
        };
        sample["metadata"]["name"] = "a".into();
        let found = manifest(&body(&sample)).unwrap();
        assert!(Object::from_value(&found).is_ok(), "{}", of.name);
    }
}

#[test]
fn zeros_mean_what_their_type_says() {
    let replicas = |n: i32| {
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {
            "replicas": n, "minReadySeconds": 0, "paused": false, "selector": {},
            "template": {"spec": {"nodeName": "", "hostNetwork": false, "terminationGracePeriodSeconds": 0}}}});
        manifest(&body(&deployment)).unwrap()["spec"].clone()
    };
    assert_eq!(
        replicas(0),
        json!({"replicas": 0, "selector": {}, "template": {"spec": {"terminationGracePeriodSeconds": 0}}})
    );
    let port = |target: Value| {
        let service = json!({"apiVersion": "v1", "kind": "Service", "spec": {
            "ports": [{"port": 80, "targetPort": target, "nodePort": 0}]}});
        manifest(&body(&service)).unwrap()["spec"]["ports"][0].clone()
    };
    assert_eq!(port(0.into()), json!({"port": 80}));
    assert_eq!(port("http".into()), json!({"port": 80, "targetPort": "http"}));
    let budget =
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"maxUnavailable": 0}});
    assert_eq!(manifest(&body(&budget)).unwrap(), budget);
    // An empty moment is none.
    let pod = tagged(1, Wire::Bytes(&tagged(8, Wire::Bytes(b""))));
    assert_eq!(manifest(&enveloped("v1", "Pod", &pod)).unwrap()["metadata"], json!({}));
}

#[test]
fn the_parts_of_a_message_add_up() {
    let half = |name: &str| {
        tagged(
            1,
            Wire::Bytes(&tagged(
                11,
                Wire::Bytes(
                    &[tagged(1, Wire::Bytes(name.as_bytes())), tagged(2, Wire::Bytes(b"x"))].concat(),
                ),
            )),
        )
    };
    let found = manifest(&enveloped("v1", "ConfigMap", &[half("a"), half("b")].concat())).unwrap();
    assert_eq!(found["metadata"]["labels"], json!({"a": "x", "b": "x"}));
    let group = tagged(7, Wire::Bytes(&[1, 0x80, 0x01]));
    let packed = manifest(&enveloped(
        "v1",
        "Pod",
        &tagged(2, Wire::Bytes(&tagged(14, Wire::Bytes(&tagged(4, Wire::Bytes(&[1, 0x80, 0x01])))))),
    ));
    assert_eq!(
        packed.unwrap()["spec"]["securityContext"]["supplementalGroups"],
        json!([1, 128]),
        "{group:?}"
    );
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let pod = |spec: Vec<u8>| enveloped("v1", "Pod", &tagged(2, Wire::Bytes(&spec)));
    let container = |bytes: &[u8]| pod(tagged(2, Wire::Bytes(bytes)));
    for (body, expected) in [
        (b"".to_vec(), "does not begin with"),
        (b"{}".to_vec(), "does not begin with"),
        (MAGIC.to_vec(), "no kind \"\" is registered for version \"\""),
        (enveloped("v1", "Nothing", b""), "no kind \"Nothing\" is registered for version \"v1\""),
        ([MAGIC, b"\x0a\xff"].concat(), "truncated"),
        (container(&tagged(1, Wire::Bytes(b"\xff"))), "spec.containers[0].name: the text is not UTF-8"),
        (container(&[0x0a, 9, b'a']), "spec.containers[0]: the message is truncated"),
        (container(&tagged(1, Wire::Varint(1))), "spec.containers[0].name: a number where"),
        (pod(tagged(4, Wire::Bytes(b"x"))), "spec.terminationGracePeriodSeconds: text or a message where"),
        (pod(tagged(25, Wire::Varint(1 << 40))), "spec.priority: 1099511627776 is not a number of 32 bits"),
        (pod(vec![0x0b]), "illegal wire type 3 of field 1"),
        (pod(vec![0x00, 1]), "a field has no number"),
        (pod(vec![0xff; 11]), "longer than ten bytes"),
    ] {
        let refused = manifest(&body).unwrap_err();
        assert_eq!(refused.reason.code(), 400);
        assert!(refused.message.contains(expected), "{}", refused.message);
    }
}

#[test]
fn no_cut_or_bent_body_does_harm() {
    let body = body(&samples().find(|s| s["kind"] == "CronJob").unwrap());
    let step = body.len() / 500 + 1;
    for end in (0..body.len()).step_by(step) {
        let _ = manifest(&body[..end]);
        let mut bent = body.clone();
        bent[end] ^= 0xff;
        let _ = manifest(&bent);
    }
    // A managed field that nests without end is stopped by the reader of JSON.
    let deep = tagged(1, Wire::Bytes("[".repeat(100_000).as_bytes()));
    let managed = tagged(17, Wire::Bytes(&tagged(7, Wire::Bytes(&deep))));
    let refused = manifest(&enveloped("v1", "Pod", &tagged(1, Wire::Bytes(&managed)))).unwrap_err();
    assert!(refused.message.contains("metadata.managedFields[0].fieldsV1: it is not JSON"), "{refused}");
}
