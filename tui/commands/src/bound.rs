//! A door through which only the very objects that were looked at are written: each write carries the uid it was
//! meant for, and another object that has the name by then is left alone.

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use shared_api::{DeleteHow, Key, Object, Patch, PatchType, Query, Refusal, Revision, WriteHow};
use shared_client::{Cluster, Event, List, Question, Result};
use std::{collections::BTreeMap, sync::Arc};

/// The cluster, as somebody sees it who means these objects.
pub(crate) struct Bound {
    pub(crate) cluster: Arc<dyn Cluster>,
    /// The uid of each object that is meant.
    pub(crate) meant: BTreeMap<Key, String>,
}

impl Bound {
    fn uid(&self, key: &Key) -> Option<&str> {
        self.meant.get(key).map(String::as_str)
    }

    /// What this far end cannot check by itself is looked at before.
    async fn look(&self, key: &Key) -> Result<()> {
        let Some(uid) = self.uid(key) else { return Ok(()) };
        let there = self.cluster.get(key).await?;
        if there.uid() == uid {
            return Ok(());
        }
        let why = format!("it is another one of that name: uid {}, not {uid}", there.uid());
        Err(Refusal::conflict(key, &why))
    }
}

/// The patch, for this uid only.
fn patch_for(uid: &str, patch: &Patch) -> Patch {
    let mut patch = patch.clone();
    match (patch.kind, &mut patch.body) {
        (PatchType::Json, Value::Array(steps)) => {
            steps.insert(0, json!({"op": "test", "path": "/metadata/uid", "value": uid}));
        }
        (_, body) if body.is_object() => body["metadata"]["uid"] = uid.into(),
        _ => {}
    }
    patch
}

#[async_trait]
impl Cluster for Bound {
    async fn get(&self, key: &Key) -> Result<Object> {
        self.cluster.get(key).await
    }

    async fn list(&self, query: &Query) -> Result<List> {
        self.cluster.list(query).await
    }

    async fn create(&self, object: Object, how: &WriteHow) -> Result<Object> {
        self.cluster.create(object, how).await
    }

    async fn update(&self, object: Object, how: &WriteHow) -> Result<Object> {
        self.look(&object.key()).await?;
        self.cluster.update(object, how).await
    }

    async fn patch(&self, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object> {
        match self.uid(key) {
            Some(uid) => self.cluster.patch(key, &patch_for(uid, patch), how).await,
            None => self.cluster.patch(key, patch, how).await,
        }
    }

    async fn delete(&self, key: &Key, how: &DeleteHow) -> Result<Object> {
        let mut how = how.clone();
        if let Some(uid) = self.uid(key) {
            how.preconditions.uid.get_or_insert_with(|| uid.into());
        }
        self.cluster.delete(key, &how).await
    }

    async fn subresource(&self, key: &Key, name: &str, body: Option<Value>, how: &WriteHow) -> Result<Value> {
        if body.is_some() {
            self.look(key).await?;
        }
        self.cluster.subresource(key, name, body, how).await
    }

    async fn watch(
        &self,
        queries: &[Query],
        from: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        self.cluster.watch(queries, from).await
    }

    async fn ask(&self, question: &Question) -> Result<Value> {
        self.cluster.ask(question).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::*;

    async fn refused(meant: &str) -> Vec<bool> {
        let fake = FakeCluster::holding([object(&deployment("web", 2)), object(&pod("a"))]);
        let of = |o: &Object| (o.key(), meant.to_owned());
        let meant = [of(&object(&deployment("web", 2))), of(&object(&pod("a")))].into();
        let door = Bound { cluster: fake.door(), meant };
        let web = object(&deployment("web", 2)).key();
        let how = WriteHow::default();
        let scale = WriteHow { subresource: Some("scale".into()), ..WriteHow::default() };
        let patch = |body| Patch { kind: PatchType::Merge, body };
        let more = patch(json!({"spec": {"replicas": 3}}));
        vec![
            door.patch(&web, &more, &scale).await.is_err(),
            door.patch(&web, &patch(json!({"metadata": {"labels": {"a": "b"}}})), &how).await.is_err(),
            door.subresource(&web, "scale", Some(more.body), &how).await.is_err(),
            door.update(object(&deployment("web", 4)), &how).await.is_err(),
            door.delete(&object(&pod("a")).key(), &DeleteHow::default()).await.is_err(),
        ]
    }

    #[tokio::test]
    async fn only_the_object_that_is_meant_is_written() {
        assert_eq!(refused("another").await, [true; 5]);
        assert_eq!(refused("uid-web").await, [false, false, false, false, true]);
    }

    #[test]
    fn a_patch_of_steps_tests_first() {
        let patch = Patch { kind: PatchType::Json, body: json!([{"op": "remove", "path": "/a"}]) };
        let bound = patch_for("u", &patch).body;
        assert_eq!(bound[0], json!({"op": "test", "path": "/metadata/uid", "value": "u"}));
        assert_eq!(bound[1]["op"], "remove");
    }
}
