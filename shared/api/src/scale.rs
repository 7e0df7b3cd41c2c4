//! The scale of an object: where a kind keeps how many of something it is to have.

use crate::{KindInfo, LabelSelector, Object};
use serde_json::{Value, json};

/// Where a kind keeps what a scale says.
pub struct Places<'a> {
    /// How many there are to be.
    pub spec: Vec<&'a str>,
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
pub fn places(kind: &KindInfo) -> Places<'static> {
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
pub fn scale_of(kind: &KindInfo, object: &Object) -> Value {
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

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| value.get(step))
}
