//! The door inside the server's process: one user's view of the cluster.

use crate::{
    authz::{self, Ask, Verdict},
    computed,
    door::{Caller, Converter, User},
    fields::{Operation, Write},
    keys, list, measured, patch, pipeline, questions, registry,
    server::{Server, trouble},
    subresource, watch,
};
use async_trait::async_trait;
use controlplane_store::Range;
use futures::stream::BoxStream;
use serde_json::Value;
use shared_api::{
    Decoded, DeleteHow, Draft, Freshness, Key, KindInfo, Object, Patch, PatchType, Query, Reason, Refusal,
    Revision, Served, Validation, WriteHow, core::Pod,
};
use shared_client::{Cluster, Event, List, Question, Result};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// What the names of the control plane's own parts start with.
pub(crate) const CONTROLLER: &str = "system:controller:";

/// Nobody knows how values of a defined kind merge strategically.
const NOT_STRATEGIC: &str = "the body of the request was in an unknown format - accepted media types include: \
    application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";

/// One user's view of the cluster.
pub(crate) struct Local {
    pub(crate) server: Arc<Server>,
    pub(crate) user: User,
    /// Watchers hear of every revision at once, whether or not it concerns them.
    pub(crate) eager: bool,
    /// What is asked was allowed before.
    allowed: bool,
    warnings: Mutex<Vec<String>>,
    made: AtomicBool,
}

impl Local {
    pub(crate) fn new(server: Arc<Server>, user: User, eager: bool) -> Self {
        Self { server, user, eager, allowed: false, warnings: Mutex::default(), made: AtomicBool::new(false) }
    }

    /// The same user, who was allowed what is to be done.
    pub(crate) fn once_allowed(&self) -> Self {
        let local = Self::new(Arc::clone(&self.server), self.user.clone(), self.eager);
        Self { allowed: true, ..local }
    }

    /// Refuses what the user may not do. Returns the node a pod must be bound to for it to be allowed.
    pub(crate) fn may(&self, ask: &Ask<'_>) -> Result<Option<String>> {
        let verdict = authz::decide(&self.user, ask);
        if self.allowed || verdict == Verdict::Allow {
            return Ok(None);
        }
        let by_rules = self.server.decide(&self.user, &ask.wish())?;
        match verdict {
            _ if by_rules.allowed => Ok(None),
            Verdict::OnNode(node) => Ok(Some(node)),
            Verdict::UsedOn(node) => self.used_on(&node, ask).map(|()| None),
            Verdict::Allow | Verdict::Deny => Err(authz::refuse(&self.user, ask, &by_rules.reason)),
        }
    }

    /// Refuses when no pod bound to `node` uses the object.
    fn used_on(&self, node: &str, ask: &Ask<'_>) -> Result<()> {
        let query = Query::every::<Pod>().within(ask.namespace);
        let prefix = list::prefix(keys::known(&query.kind)?, &query);
        let range = Range { prefix, ..Range::default() };
        let pods = self.server.store.range(&range).map_err(|e| trouble(&e))?.entries;
        for entry in pods {
            let pod = self.server.cache.object(&entry)?;
            let bound = pod.to_kind::<Pod>().ok().and_then(|p| p.spec.as_ref()?.node_name.clone());
            if bound.as_deref() == Some(node) && authz::uses(&pod.value(), ask.kind.kind, ask.name) {
                return Ok(());
            }
        }
        Err(authz::refuse(&self.user, ask, &format!("no pod on node {node:?} uses it")))
    }

    /// Refuses when the object is not a pod bound to `node`.
    pub(crate) fn must_be_on(&self, node: Option<&str>, ask: &Ask<'_>, object: &Object) -> Result<()> {
        let Some(node) = node else { return Ok(()) };
        let pod = object.to_kind::<Pod>().ok();
        if pod.as_ref().and_then(|p| p.spec.as_ref()?.node_name.as_deref()) == Some(node) {
            return Ok(());
        }
        Err(authz::refuse(&self.user, ask, &format!("it is not bound to node {node:?}")))
    }

    /// Takes note that a patch made its object.
    pub(crate) fn made(&self) {
        self.made.store(true, Ordering::Relaxed);
    }

    /// A write by this user, as whoever owns fields is called.
    pub(crate) fn writes(
        &self,
        kind: &'static KindInfo,
        part: &str,
        how: &WriteHow,
        operation: Operation,
    ) -> Write {
        let name = self.user.name.strip_prefix(CONTROLLER).unwrap_or_default();
        Write::of(kind, part, how, operation, name, (self.server.options.clock)())
    }

    /// Decodes what somebody sent, and says what is to be said about fields the kind does not have.
    pub(crate) fn decode(&self, kind: &KindInfo, value: Value, how: &WriteHow) -> Result<Box<dyn Draft>> {
        let decoded = kind.decode(value, how.version.as_deref().unwrap_or(kind.api_version))?;
        self.taken(kind, decoded, how)
    }

    /// The draft that was decoded, when its fields are to be had.
    pub(crate) fn taken(&self, kind: &KindInfo, decoded: Decoded, how: &WriteHow) -> Result<Box<dyn Draft>> {
        match how.validation {
            Validation::Ignore => {}
            Validation::Warn => self.warn(unknown(&decoded.unknown)),
            Validation::Strict if decoded.unknown.is_empty() => {}
            Validation::Strict => {
                return Err(Refusal::bad_request(format!(
                    "{} in version {:?} cannot be handled as a {}: {}",
                    kind.kind,
                    kind.version,
                    kind.kind,
                    strictly(&decoded.unknown)
                )));
            }
        }
        self.warn(decoded.draft.warnings());
        Ok(decoded.draft)
    }

    pub(crate) fn warn(&self, told: impl IntoIterator<Item = String>) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in told {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
}

#[async_trait]
impl Caller for Local {
    async fn may(&self, verb: &str, kind: &'static KindInfo, part: &str, key: &Key) -> Result<()> {
        Self::may(self, &ask(verb, kind, part, key)).map(drop)
    }

    async fn reach(&self, freshness: Freshness) -> Result<()> {
        self.server.reach(freshness).await
    }

    fn allowed(&self) -> Arc<dyn Cluster> {
        Arc::new(self.once_allowed())
    }

    fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn made(&self) -> bool {
        self.made.load(Ordering::Relaxed)
    }

    fn converter(&self) -> Option<Arc<dyn Converter>> {
        Some(Arc::clone(&self.server) as _)
    }
}

#[async_trait]
impl Cluster for Local {
    async fn get(&self, key: &Key) -> Result<Object> {
        let kind = keys::kind_of(key)?;
        self.may(&ask("get", kind, "", key))?;
        if let Some(computed) = computed::objects(&self.server, kind).await {
            let found = computed?.into_iter().find(|object| object.key() == *key);
            return found.ok_or_else(|| Refusal::not_found(key));
        }
        self.server.read(kind, &key.namespace, &key.name)?.ok_or_else(|| Refusal::not_found(key))
    }

    async fn list(&self, query: &Query) -> Result<List> {
        list::list(self, query).await
    }

    async fn create(&self, object: Object, how: &WriteHow) -> Result<Object> {
        let how = sent_in(&object, how);
        pipeline::create(self, &shared_api::stored(object), &how, None).await
    }

    async fn update(&self, object: Object, how: &WriteHow) -> Result<Object> {
        let how = &sent_in(&object, how);
        let object = shared_api::stored(object);
        let mut key = object.key();
        let kind = keys::known(&key.kind)?.spoken(object.api_version());
        if kind.namespaced && key.namespace.is_empty() {
            key.namespace = "default".into();
        }
        keys::kind_of(&key)?;
        pipeline::same_version(kind, &object)?;
        let part = how.subresource.as_deref().unwrap_or_default();
        let target = pipeline::Target {
            kind,
            key: &key,
            verb: "update",
            part,
            checked: !subresource::own_rules(part),
            patch: None,
            turns: None,
        };
        pipeline::change(self, &target, how, |old| {
            if part.is_empty() {
                Ok(registry::whole(kind, object.value(), old))
            } else {
                subresource::only(kind, part, old, object.value())
            }
        })
        .await
    }

    async fn patch(&self, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object> {
        let kind = keys::kind_of(key)?;
        let part = how.subresource.as_deref().unwrap_or_default();
        if part == "scale" {
            return subresource::patch_scale(self, key, patch, how).await;
        }
        let version = how.version.as_deref().unwrap_or(kind.api_version);
        let kind = kind.spoken(version);
        let unserved = || Refusal::bad_request(format!("{} is not served in {version:?}", kind.kind));
        let stored = (version == kind.api_version).then(|| Served::stored(kind));
        let served = stored.or_else(|| shared_api::serving(version, kind.kind)).ok_or_else(unserved)?;
        if let PatchType::Apply { force } = patch.kind {
            return patch::applied(self, &patch::Applied { served, key, part, force }, &patch.body, how)
                .await;
        }
        if kind.custom.is_some() && patch.kind == PatchType::Strategic {
            return Err(Refusal::new(Reason::UnsupportedMediaType, NOT_STRATEGIC));
        }
        let of = shared_api::schema::of(served.group(), served.version(), kind.kind);
        let target = pipeline::Target {
            kind,
            key,
            verb: "patch",
            part,
            checked: !subresource::own_rules(part),
            patch: Some(patch),
            turns: None,
        };
        pipeline::change(self, &target, how, |old| {
            let after = served.upgrade(patch::apply(of, served.downgrade(old.value()), patch)?);
            if part.is_empty() {
                Ok(registry::whole(kind, after, old))
            } else {
                subresource::only(kind, part, old, after)
            }
        })
        .await
    }

    async fn delete(&self, key: &Key, how: &DeleteHow) -> Result<Object> {
        let kind = keys::kind_of(key)?;
        let ask = ask("delete", kind, "", key);
        let node = self.may(&ask)?;
        pipeline::delete(self, kind, key, how, |old| self.must_be_on(node.as_deref(), &ask, old)).await
    }

    async fn subresource(&self, key: &Key, name: &str, body: Option<Value>, how: &WriteHow) -> Result<Value> {
        if name == measured::PART {
            return measured::take(self, key, body);
        }
        subresource::ask(self, key, name, body, how).await
    }

    async fn watch(
        &self,
        queries: &[Query],
        from: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        watch::watch(self, queries, from).await
    }

    async fn ask(&self, question: &Question) -> Result<Value> {
        questions::answer(self, question).await
    }
}

/// What is said of fields that a kind does not have.
fn unknown(paths: &[String]) -> impl Iterator<Item = String> {
    paths.iter().map(|path| format!("unknown field {path:?}"))
}

/// Why somebody who wants no such fields is refused.
pub(crate) fn strictly(paths: &[String]) -> String {
    format!("strict decoding error: {}", unknown(paths).collect::<Vec<_>>().join(", "))
}

/// How an object is written that was sent in a version of its own.
fn sent_in(object: &Object, how: &WriteHow) -> WriteHow {
    WriteHow { version: Some(object.api_version().into()), ..how.clone() }
}

/// What is asked of one object.
pub(crate) fn ask<'a>(verb: &'a str, kind: &'a KindInfo, part: &'a str, key: &'a Key) -> Ask<'a> {
    Ask { verb, kind, part, namespace: &key.namespace, name: &key.name }
}
