//! What else may be asked of an object than to be read and written.

mod eviction;
mod pod;
mod scale;

pub(crate) use pod::{only, own_rules};

use crate::{
    conversion,
    extension::{self, Operation},
    keys,
    local::{Local, ask as asked},
    patch::Applied,
    pipeline::{self, Target},
    registry, tokens,
};
pub(crate) use scale::{scale_of, with_replicas};
use serde_json::{Map, Value, json};
use shared_api::{Key, KindInfo, Object, Patch, PatchType, Reason, Refusal, Served, WriteHow, schema};
use shared_client::{Cluster, Result};

/// Reads a part of an object, or writes it.
pub(crate) async fn ask(
    caller: &Local,
    key: &Key,
    name: &str,
    body: Option<Value>,
    how: &WriteHow,
) -> Result<Value> {
    let kind = meant(key, how)?;
    if !kind.subresources.contains(&name) {
        return Err(registry::no_part(kind, name));
    }
    match (name, body) {
        ("status" | "approval", None) => read(caller, kind, key, name).await.map(|object| object.value()),
        ("status" | "finalize" | "approval", Some(body)) => {
            let object = Object::from_value(&body)
                .map_err(|e| Refusal::bad_request(format!("the body is no {}: {e}", kind.kind)))?;
            if object.key() != *key {
                let why = format!("the body is about {}, the request about {key}", object.key());
                return Err(Refusal::bad_request(why));
            }
            let how = WriteHow { subresource: Some(name.into()), ..how.clone() };
            caller.update(object, &how).await.map(|object| object.value())
        }
        ("scale", None) => read(caller, kind, key, name).await.map(|object| scale_of(kind, &object)),
        ("scale", Some(body)) => scale(caller, kind, key, &body, how).await,
        ("binding", Some(body)) => bind(caller, kind, key, &body, how).await,
        ("eviction", Some(body)) => {
            about(caller, kind, key, name, (("policy/v1", "Eviction"), &body), how).await?;
            eviction::evict(caller, kind, key, body, how).await
        }
        ("token", Some(body)) => {
            let form = ("authentication.k8s.io/v1", "TokenRequest");
            about(caller, kind, key, name, (form, &body), how).await?;
            tokens::request(caller, kind, key, &body)
        }
        ("binding" | "eviction" | "finalize" | "token", None) => {
            Err(Refusal::new(Reason::MethodNotAllowed, format!("{name} can only be written")))
        }
        _ => Err(Refusal::new(Reason::MethodNotAllowed, format!("{name} is a session; open one"))),
    }
}

/// Asks others about what is to be done with a part.
async fn about(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    part: &str,
    (form, body): ((&'static str, &'static str), &Value),
    how: &WriteHow,
) -> Result<()> {
    caller.may(&asked("create", kind, part, key))?;
    extension::does(caller, Operation::Create, key, (kind, part), (form, body.clone()), how.dry_run).await
}

/// Changes the scale of an object relative to what it is.
pub(crate) async fn patch_scale(caller: &Local, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object> {
    let kind = meant(key, how)?;
    if !kind.subresources.contains(&"scale") {
        return Err(registry::no_part(kind, "scale"));
    }
    if let PatchType::Apply { force } = patch.kind {
        return apply_scale(caller, kind, key, &patch.body, force, how).await;
    }
    let target = Target { kind, key, verb: "patch", part: "scale", checked: true, patch: None, turns: None };
    let scaled = pipeline::change(caller, &target, how, |old| {
        let of = schema::of("autoscaling", "v1", "Scale");
        with_replicas(kind, old, &crate::patch::apply(of, scale_of(kind, old), patch)?)
    });
    Object::from_value(&scale_of(kind, &scaled.await?)).map_err(Refusal::internal)
}

/// Applies a scale: the same as applying an object that says nothing but its replicas.
async fn apply_scale(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    body: &Value,
    force: bool,
    how: &WriteHow,
) -> Result<Object> {
    if body["apiVersion"] != "autoscaling/v1" || body["kind"] != "Scale" {
        return Err(Refusal::bad_request("what is applied to a scale is a Scale of autoscaling/v1"));
    }
    if !matches!(body["spec"]["replicas"], Value::Number(_)) {
        return Err(Refusal::bad_request("spec.replicas: what is applied has no number there"));
    }
    let served = Served::stored(kind);
    let mut meta = Map::new();
    for field in ["name", "namespace", "uid", "resourceVersion"] {
        meta.insert(field.into(), body["metadata"][field].clone());
    }
    meta.retain(|_, value| !value.is_null());
    let mut applied = json!({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta});
    scale::put(&mut applied, &scale::places(kind).spec, body["spec"]["replicas"].clone());
    let to = Applied { served, key, part: "scale", force };
    let scaled = crate::patch::applied(caller, &to, &applied, how).await?;
    Object::from_value(&scale_of(kind, &scaled)).map_err(Refusal::internal)
}

/// The kind of an object, in the version that is spoken.
fn meant(key: &Key, how: &WriteHow) -> Result<&'static KindInfo> {
    let kind = keys::kind_of(key)?;
    Ok(how.version.as_deref().map_or(kind, |version| kind.spoken(version)))
}

async fn read(caller: &Local, kind: &'static KindInfo, key: &Key, part: &str) -> Result<Object> {
    caller.may(&asked("get", kind, part, key))?;
    let found = caller.server.read(kind, &key.namespace, &key.name)?;
    conversion::spoken(&caller.server, kind, found.ok_or_else(|| Refusal::not_found(key))?).await
}

async fn scale(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    body: &Value,
    how: &WriteHow,
) -> Result<Value> {
    let target = Target { kind, key, verb: "update", part: "scale", checked: true, patch: None, turns: None };
    let scaled = pipeline::change(caller, &target, how, |old| with_replicas(kind, old, body)).await?;
    Ok(scale_of(kind, &scaled))
}

async fn bind(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    body: &Value,
    how: &WriteHow,
) -> Result<Value> {
    let target_kind = body.pointer("/target/kind").and_then(Value::as_str).unwrap_or("Node");
    let node = body.pointer("/target/name").and_then(Value::as_str).unwrap_or_default();
    if target_kind != "Node" || shared_api::name::subdomain(node).is_some() {
        return Err(Refusal::bad_request(format!(
            "a binding's target is a node, not {target_kind} {node:?}"
        )));
    }
    let now = (caller.server.options.clock)();
    let target =
        Target { kind, key, verb: "create", part: "binding", checked: false, patch: None, turns: None };
    pipeline::change(caller, &target, how, |old| {
        let mut pod = old.value();
        if old.metadata().deletion_timestamp.is_some() {
            let why = format!("pod {} is being deleted, cannot be assigned to a host", key.name);
            return Err(Refusal::conflict(key, &why));
        }
        if let Some(there) = pod.pointer("/spec/nodeName").and_then(Value::as_str).filter(|n| !n.is_empty()) {
            let why = format!("pod {} is already assigned to node {there:?}", key.name);
            return Err(Refusal::conflict(key, &why));
        }
        pod["spec"]["nodeName"] = node.into();
        let annotations = body.pointer("/metadata/annotations").and_then(Value::as_object);
        if let Some(annotations) = annotations.filter(|a| !a.is_empty()) {
            let there = &mut pod["metadata"]["annotations"];
            if !there.is_object() {
                *there = Value::Object(Map::new());
            }
            if let Some(there) = there.as_object_mut() {
                there.extend(annotations.clone());
            }
        }
        pod["metadata"]["uid"] = body.pointer("/metadata/uid").cloned().unwrap_or_default();
        let scheduled = json!({"type": "PodScheduled", "status": "True",
            "lastTransitionTime": shared_api::Time::from(now)});
        let conditions = &mut pod["status"]["conditions"];
        let mut list = conditions.as_array().cloned().unwrap_or_default();
        list.retain(|c| c["type"] != "PodScheduled");
        list.push(scheduled);
        *conditions = list.into();
        Ok(pod)
    })
    .await?;
    Ok(success())
}

fn success() -> Value {
    json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Success", "code": 201})
}
