//! The subresources: scale, binding, eviction and finalize.

use super::{
    registry::Mode,
    state::{State, kind_of},
};
use serde_json::{Value, json};
use shared_api::{DeleteHow, Key, LabelSelector, Object, Reason, Refusal, WriteHow};
use shared_client::Result;

impl State {
    pub(crate) fn subresource(&mut self, key: &Key, name: &str, body: Option<Value>) -> Result<Value> {
        if !kind_of(key)?.subresources.contains(&name) {
            return Err(Refusal::new(Reason::NotFound, "the server could not find the requested resource"));
        }
        match (name, body) {
            ("status", None) => Ok(self.get(key)?.value()),
            ("scale", None) => Ok(scale(self.get(key)?)),
            ("scale", Some(body)) => {
                let mut value = self.get(key)?.value();
                value["spec"]["replicas"] =
                    body.pointer("/spec/replicas").cloned().unwrap_or_else(|| json!(0));
                let object = Object::from_value(&value).map_err(Refusal::internal)?;
                Ok(scale(&self.update(&object, Mode::Main, &WriteHow::default())?))
            }
            ("binding", Some(body)) => self.bind(key, &body),
            ("eviction", Some(body)) => {
                let grace_seconds = body.pointer("/deleteOptions/gracePeriodSeconds").and_then(Value::as_i64);
                self.delete(key, &DeleteHow { grace_seconds, ..DeleteHow::default() })?;
                Ok(success())
            }
            ("finalize", Some(body)) => {
                let mut value = self.get(key)?.value();
                value["spec"]["finalizers"] =
                    body.pointer("/spec/finalizers").cloned().unwrap_or_else(|| json!([]));
                let object = Object::from_value(&value).map_err(Refusal::internal)?;
                Ok(self.store(key.clone(), &object).value())
            }
            (other, _) => Err(Refusal::new(
                Reason::MethodNotAllowed,
                format!("the in-memory cluster does not serve {other:?}"),
            )),
        }
    }

    /// A merge patch of the scale: the replicas, and whose they are to be.
    pub(crate) fn patch_scale(&mut self, key: &Key, body: &Value, how: &WriteHow) -> Result<Object> {
        let mut value = self.get(key)?.value();
        if let Some(uid) = body.pointer("/metadata/uid") {
            value["metadata"]["uid"] = uid.clone();
        }
        if let Some(replicas) = body.pointer("/spec/replicas") {
            value["spec"]["replicas"] = replicas.clone();
        }
        let object = Object::from_value(&value).map_err(Refusal::internal)?;
        let how = WriteHow { subresource: None, ..how.clone() };
        Object::from_value(&scale(&self.update(&object, Mode::Main, &how)?)).map_err(Refusal::internal)
    }

    fn bind(&mut self, key: &Key, body: &Value) -> Result<Value> {
        let pod = self.get(key)?;
        let mut value = pod.value();
        let node = body.pointer("/target/name").and_then(Value::as_str).unwrap_or_default();
        if node.is_empty() {
            return Err(Refusal::bad_request("target.name: Required value"));
        }
        if pod.metadata().deletion_timestamp.is_some() {
            return Err(Refusal::conflict(
                key,
                &format!("pod {} is being deleted, cannot be assigned to a host", key.name),
            ));
        }
        if let Some(there) = value.pointer("/spec/nodeName").and_then(Value::as_str).filter(|n| !n.is_empty())
        {
            let why = format!("pod {} is already assigned to node {there:?}", key.name);
            return Err(Refusal::conflict(key, &why));
        }
        value["spec"]["nodeName"] = node.into();
        let condition =
            json!({"type": "PodScheduled", "status": "True", "lastTransitionTime": self.now.to_string()});
        let kept = value.pointer("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut conditions: Vec<_> = kept.into_iter().filter(|c| c["type"] != "PodScheduled").collect();
        conditions.push(condition);
        value["status"]["conditions"] = conditions.into();
        let object = Object::from_value(&value).map_err(Refusal::internal)?;
        self.commit(key.clone(), Some(&object));
        Ok(success())
    }
}

fn success() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201})
}

fn scale(object: &Object) -> Value {
    let value = object.value();
    let selector = value.pointer("/spec/selector").and_then(|s| serde_json::from_value(s.clone()).ok());
    let meta = object.metadata();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": meta.name, "namespace": meta.namespace, "uid": meta.uid,
            "resourceVersion": meta.resource_version, "creationTimestamp": meta.creation_timestamp,
        },
        "spec": {"replicas": value.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0)},
        "status": {
            "replicas": value.pointer("/status/replicas").and_then(Value::as_i64).unwrap_or(0),
            "selector": selector.map(|s| LabelSelector::from_meta(&s).to_string()).unwrap_or_default(),
        },
    })
}
