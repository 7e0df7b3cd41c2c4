//! The configurations as they are at the store's newest revision, compiled.

use super::{
    matching::exempt,
    policy::{Binding, Outcome, Policy},
    request::{Asked, Of, Operation},
    webhook::{self, Webhook},
};
use crate::{
    keys,
    server::{Server, trouble},
};
use controlplane_store::Range;
use futures::future;
use serde_json::Value;
use shared_api::{
    GroupKind, Object, Refusal,
    admissionregistration::{
        MutatingWebhookConfiguration, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
        ValidatingWebhookConfiguration,
    },
    core::Namespace,
};
use std::sync::{Arc, Mutex, PoisonError};

/// What the keys of all configurations start with.
const PREFIX: &str = "/admissionregistration.k8s.io/";

/// Keeps the compiled forms.
#[derive(Default)]
pub(crate) struct Extension {
    known: Mutex<Arc<Compiled>>,
}

/// Every configuration, compiled.
#[derive(Default)]
pub(crate) struct Compiled {
    /// The key and the revision of each.
    stamp: Vec<(bytes::Bytes, u64)>,
    policies: Vec<Policy>,
    bindings: Vec<Binding>,
    mutating: Vec<Webhook>,
    validating: Vec<Webhook>,
}

impl Extension {
    /// What is to be asked now; `None` when there is nobody to ask.
    pub(crate) fn current(&self, server: &Server) -> Result<Option<Arc<Compiled>>, Refusal> {
        let range = Range { prefix: PREFIX.into(), ..Range::default() };
        let entries = server.store.range(&range).map_err(|e| trouble(&e))?.entries;
        if entries.is_empty() {
            return Ok(None);
        }
        let known = Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner));
        let same = known.stamp.len() == entries.len()
            && known.stamp.iter().zip(&entries).all(|((key, at), e)| *at == e.revision && *key == e.key);
        if same {
            return Ok(Some(known));
        }
        let objects =
            entries.iter().map(|entry| server.cache.object(entry)).collect::<Result<Vec<_>, _>>()?;
        let stamp = entries.into_iter().map(|entry| (entry.key, entry.revision)).collect();
        let compiled = Arc::new(Compiled::of(stamp, &objects, &known));
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&compiled);
        Ok(Some(compiled))
    }
}

impl Compiled {
    /// What was known before lends its connections.
    fn of(stamp: Vec<(bytes::Bytes, u64)>, objects: &[Object], before: &Self) -> Self {
        let hooks = before.mutating.iter().chain(&before.validating);
        let lines: Vec<_> = hooks.map(|hook| Arc::clone(hook.line())).collect();
        let of = |kind: GroupKind| objects.iter().filter(move |object| object.group_kind() == kind);
        Self {
            stamp,
            policies: of(GroupKind::of::<ValidatingAdmissionPolicy>()).filter_map(Policy::of).collect(),
            bindings: of(GroupKind::of::<ValidatingAdmissionPolicyBinding>())
                .filter_map(Binding::of)
                .collect(),
            // Keys come in the order of their names, which is the order in which webhooks are asked.
            mutating: of(GroupKind::of::<MutatingWebhookConfiguration>())
                .flat_map(|object| webhook::mutating(object, &lines))
                .collect(),
            validating: of(GroupKind::of::<ValidatingWebhookConfiguration>())
                .flat_map(|object| webhook::validating(object, &lines))
                .collect(),
        }
    }

    /// Those that may change objects, in order.
    pub(super) fn mutating(&self) -> &[Webhook] {
        &self.mutating
    }

    /// Whether anybody wants to be asked about such a thing.
    pub(crate) fn concerns(&self, of: &Of<'_>, operation: Operation, name: &str) -> bool {
        let policies = self.policies.iter().map(Policy::matching);
        let hooks = self.mutating.iter().chain(&self.validating).map(Webhook::matching);
        !exempt(of.kind())
            && policies.chain(hooks).any(|matching| matching.version(of, operation, name, false).is_some())
    }

    /// Asks those who may only refuse.
    pub(crate) async fn validate(&self, asked: &Asked<'_>) -> Result<(), Refusal> {
        let namespace = namespace(asked)?;
        for policy in &self.policies {
            let matching = policy.matching();
            if let Some(version) = matching.version(&asked.of, asked.operation, &asked.name, false) {
                asked.learn(version).await?;
            }
        }
        self.judge(asked, namespace.as_ref()).await?;
        // All of them at once; of several that refuse the first in order is heard.
        let answers = self.validating.iter().map(|hook| hook.look(asked, namespace.as_ref()));
        future::join_all(answers).await.into_iter().collect()
    }

    async fn judge(&self, asked: &Asked<'_>, namespace: Option<&Value>) -> Result<(), Refusal> {
        let mut outcome = Outcome::default();
        for policy in &self.policies {
            let bound = |binding: &&Binding| binding.spec.policy_name.as_deref() == Some(&policy.name);
            let bindings: Vec<&Binding> = self.bindings.iter().filter(bound).collect();
            if !bindings.is_empty() {
                policy.judge(&bindings, asked, namespace, &mut outcome).await?;
            }
        }
        asked.caller.warn(std::mem::take(&mut outcome.warnings));
        outcome.refusal(asked).map_or(Ok(()), Err)
    }
}

/// The namespace that a request is about or in; `None` for what lives in none.
pub(super) fn namespace(asked: &Asked<'_>) -> Result<Option<Value>, Refusal> {
    let kind = keys::known(&GroupKind::of::<Namespace>())?;
    if asked.of.is_namespace() {
        return Ok(asked.object.clone().or_else(|| asked.old.clone()));
    }
    if asked.namespace.is_empty() {
        return Ok(None);
    }
    let found = asked.caller.server.read(kind, "", &asked.namespace)?;
    Ok(found.map(|object| object.value()))
}
