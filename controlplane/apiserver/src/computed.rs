//! Kinds that the server answers itself: what they say is known here, and nothing of it is stored.

use crate::{measured, server::Server};
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use shared_api::{KindInfo, Object, Query, Refusal};
use shared_client::{List, Result};

/// What every such object is now.
type Compute = for<'a> fn(&'a Server) -> BoxFuture<'a, Vec<Value>>;

/// Every kind the server answers itself: its group, its name, and how.
const COMPUTED: &[(&str, &str, Compute)] = &[("", "ComponentStatus", |server| components(server).boxed())];

/// Every object of a kind that is answered here; `None` for kinds that are stored.
pub(crate) async fn objects(server: &Server, kind: &KindInfo) -> Option<Result<Vec<Object>>> {
    if measured::holds(kind) {
        return Some(measured::objects(server, kind));
    }
    let (.., compute) =
        COMPUTED.iter().find(|(group, name, _)| (*group, *name) == (kind.group, kind.kind))?;
    let values = compute(server).await;
    Some(values.iter().map(|value| Object::from_value(value).map_err(Refusal::internal)).collect())
}

/// The list a query asks for.
pub(crate) async fn list(server: &Server, kind: &KindInfo, query: &Query) -> Option<Result<List>> {
    let objects = objects(server, kind).await?;
    let here = |o: &Object| query.namespace.as_deref().is_none_or(|n| n.is_empty() || n == o.namespace());
    let list = |all: Vec<Object>| {
        let items = all.into_iter().filter(|o| here(o) && query.selectors.matches(kind, o)).collect();
        List { items, revision: server.store.revision(), continue_from: None, remaining: None }
    };
    Some(objects.map(list))
}

/// How the parts of the control plane are. The scheduler and the controllers run where the store leads: they
/// are as well as it is.
async fn components(server: &Server) -> Vec<Value> {
    let store = server.store.barrier().await.map_err(|error| error.to_string());
    let led = store.clone().map_err(|_| "nobody leads the store".to_owned());
    [("controller-manager", &led), ("scheduler", &led), ("etcd-0", &store)]
        .map(|(name, health)| {
            let condition = match health {
                Ok(_) => json!({"type": "Healthy", "status": "True", "message": "ok"}),
                Err(error) => json!({"type": "Healthy", "status": "False", "error": error}),
            };
            json!({"apiVersion": "v1", "kind": "ComponentStatus", "metadata": {"name": name},
                "conditions": [condition]})
        })
        .into()
}
