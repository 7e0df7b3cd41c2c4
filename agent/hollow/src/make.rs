//! Making objects that may be there already.

use futures::StreamExt;
use serde_json::Value;
use shared_api::{Key, Object, Query, Reason, Refusal, WriteHow, core::ServiceAccount};
use shared_client::{Cluster, Result};
use std::sync::Arc;

/// Makes an object; what is there already stays as it is.
pub(crate) async fn make(cluster: &Arc<dyn Cluster>, object: Object) -> Result<()> {
    match cluster.create(object, &WriteHow::default()).await {
        Err(refusal) if refusal.reason != Reason::AlreadyExists => Err(refusal),
        _ => Ok(()),
    }
}

/// The object that a JSON value holds.
pub(crate) fn object(value: &Value) -> Result<Object> {
    Object::from_value(value).map_err(Refusal::internal)
}

/// Waits until a namespace has its account: pods are refused before.
pub(crate) async fn account(cluster: &Arc<dyn Cluster>, namespace: &str) -> Result<()> {
    let query = Query::every::<ServiceAccount>().within(namespace);
    let wanted = Key::of::<ServiceAccount>(namespace, "default");
    let mut events = cluster.watch(&[query], None).await?;
    while let Some(event) = events.next().await {
        if event?.object().is_some_and(|object| object.key() == wanted) {
            return Ok(());
        }
    }
    Err(Refusal::unavailable(format!("namespace {namespace} got no account: do controllers run?")))
}
