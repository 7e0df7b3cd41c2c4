//! Writing the scale of an object.

use serde_json::{Map, Value};
pub(super) use shared_api::scale::places;
pub(crate) use shared_api::scale::scale_of;
use shared_api::{KindInfo, Object, Refusal};
use shared_client::Result;

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
