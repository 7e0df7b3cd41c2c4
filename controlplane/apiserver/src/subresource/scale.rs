//! The scale of an object: where a kind keeps how many of something it is to have.

use serde_json::{Map, Value, json};
use shared_api::{KindInfo, LabelSelector, Object, Refusal};
use shared_client::Result;

/// Where a kind keeps what a scale says.
pub(super) struct Places<'a> {
    pub(super) spec: Vec<&'a str>,
    status: Vec<&'a str>,
    selector: Selector<'a>,
}

/// Where a kind says which pods are meant.
enum Selector<'a> {
    /// As an object in the spec: Kubernetes' own kinds have it there.
    Structured,
    /// As text.
    Text(Vec<&'a str>),
    Nowhere,
}

/// Where a kind keeps what a scale says: a defined one where its definition says so.
pub(super) fn places(kind: &KindInfo) -> Places<'static> {
    let usual = || Places {
        spec: vec!["spec", "replicas"],
        status: vec!["status", "replicas"],
        selector: Selector::Structured,
    };
    let scale = kind.custom.and_then(|custom| {
        custom.stored().scale.as_ref().or_else(|| custom.served().find_map(|form| form.scale.as_ref()))
    });
    scale.map_or_else(usual, |scale| {
        let steps = |path: &'static [String]| path.iter().map(String::as_str).collect();
        Places {
            spec: steps(&scale.spec),
            status: steps(&scale.status),
            selector: scale.selector.as_deref().map_or(Selector::Nowhere, |path| Selector::Text(steps(path))),
        }
    })
}

/// The scale of an object.
pub(crate) fn scale_of(kind: &KindInfo, object: &Object) -> Value {
    let (value, places) = (object.value(), places(kind));
    let number = |path: &[&str]| at(&value, path).and_then(Value::as_i64).unwrap_or(0);
    let selector = match &places.selector {
        Selector::Structured => value.pointer("/spec/selector").map(selector_of).unwrap_or_default(),
        Selector::Text(path) => at(&value, path).and_then(Value::as_str).unwrap_or_default().to_owned(),
        Selector::Nowhere => String::new(),
    };
    let meta = object.metadata();
    let mut status = json!({"replicas": number(&places.status)});
    if !selector.is_empty() || kind.custom.is_none() {
        status["selector"] = selector.into();
    }
    json!({
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {
            "name": meta.name,
            "namespace": meta.namespace,
            "uid": meta.uid,
            "resourceVersion": meta.resource_version,
            "creationTimestamp": meta.creation_timestamp,
        },
        "spec": {"replicas": number(&places.spec)},
        "status": status,
    })
}

/// A selector as text. What maps labels to values is a selector too: replication controllers have no other.
fn selector_of(selector: &Value) -> String {
    LabelSelector::of_spec(selector).map(|labels| labels.to_string()).unwrap_or_default()
}

/// The object with the replicas a scale asks for, and with what the scale says about which state it
/// was made for.
pub(crate) fn with_replicas(kind: &KindInfo, old: &Object, scale: &Value) -> Result<Value> {
    let replicas = match scale.pointer("/spec/replicas") {
        None | Some(Value::Null) => 0,
        Some(replicas) => replicas.as_i64().filter(|n| i32::try_from(*n).is_ok()).ok_or_else(|| {
            Refusal::bad_request(format!("spec.replicas: {replicas} is no number of replicas"))
        })?,
    };
    if replicas < 0 {
        let mut invalid = shared_api::Invalid::default();
        invalid.value("spec.replicas", replicas, "must be greater than or equal to 0");
        let scale = shared_api::GroupKind { group: "autoscaling".into(), kind: "Scale".into() };
        return Err(Refusal::invalid(&scale, old.name(), &invalid).expect("one finding was recorded"));
    }
    let mut new = old.value();
    put(&mut new, &places(kind).spec, replicas.into());
    for field in ["resourceVersion", "uid"] {
        new["metadata"][field] = scale["metadata"][field].clone();
    }
    Ok(new)
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| value.get(step))
}

/// Puts something at a path, below objects that are made when they are missing.
pub(super) fn put(value: &mut Value, path: &[&str], new: Value) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut place = value;
    for step in parents {
        let Some(fields) = place.as_object_mut() else { return };
        place = fields.entry(*step).or_insert(Value::Null);
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
    }
    if let Some(fields) = place.as_object_mut() {
        fields.insert((*last).into(), new);
    }
}
