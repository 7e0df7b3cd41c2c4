//! Webhooks: servers of others that may change what is written, or refuse it.

mod review;
mod rounds;

pub(super) use rounds::Rounds;

use super::{
    conditions::Conditions,
    given::{Asker, Given, Seen},
    matching::{self, Matching},
    request::Asked,
};
use crate::dial::{Line, Question};
use review::Answer;
use serde_json::Value;
use shared_api::{
    Key, Object, Reason, Refusal, Served,
    admissionregistration::{Hook, MutatingWebhookConfiguration, ValidatingWebhookConfiguration},
};
use shared_cel::{Type, admission};
use std::{sync::Arc, time::Duration};

/// A webhook, ready to be asked.
pub(super) struct Webhook {
    name: String,
    /// What goes wrong on the way refuses the request.
    fails: bool,
    /// Asked again when others changed the object after it.
    again: bool,
    /// Whether it keeps its hands still when it is only a dry run.
    dry: bool,
    matching: Matching,
    conditions: Result<Conditions, String>,
    /// The version of the review it understands.
    version: Option<&'static str>,
    timeout: Duration,
    line: Arc<Line>,
}

/// The versions of a review that can be sent.
const VERSIONS: &[&str] = &["v1", "v1beta1"];

/// The webhooks of a configuration that change objects.
pub(super) fn mutating(object: &Object, known: &[Arc<Line>]) -> Vec<Webhook> {
    let Ok(configuration) = object.to_kind::<MutatingWebhookConfiguration>() else { return Vec::new() };
    configuration.webhooks.iter().flatten().map(|hook| Webhook::of(&hook.into(), known)).collect()
}

/// The webhooks of a configuration that only look at them.
pub(super) fn validating(object: &Object, known: &[Arc<Line>]) -> Vec<Webhook> {
    let Ok(configuration) = object.to_kind::<ValidatingWebhookConfiguration>() else { return Vec::new() };
    configuration.webhooks.iter().flatten().map(|hook| Webhook::of(&hook.into(), known)).collect()
}

/// Why a webhook has no answer.
struct Unanswered(String);

impl Webhook {
    fn of(hook: &Hook<'_>, known: &[Arc<Line>]) -> Self {
        let seconds = hook.timeout.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(10);
        let version = hook.versions.iter().find_map(|v| VERSIONS.iter().find(|known| *known == v));
        Self {
            name: hook.name.into(),
            fails: hook.failure_policy != Some("Ignore"),
            again: hook.again(),
            dry: matches!(hook.side_effects, "None" | "NoneOnDryRun"),
            matching: Matching::of_hook(hook),
            conditions: Conditions::of(hook.conditions, &admission::names(&Type::Dyn))
                .map_err(|e| e.to_string()),
            version: version.copied(),
            timeout: Duration::from_secs(seconds),
            line: Line::to(hook.client, known),
        }
    }

    pub(super) fn matching(&self) -> &Matching {
        &self.matching
    }

    pub(super) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// The version in which it wants to be asked about a request; `None` when it does not.
    async fn wants(&self, asked: &Asked<'_>, namespace: Option<&Value>) -> Result<Option<Served>, Refusal> {
        let version = self.matching.version(&asked.of, asked.operation, &asked.name, false);
        let labels = namespace.map(matching::labels);
        let Some(version) = version.filter(|_| self.matching.chooses(asked, labels.as_ref())) else {
            return Ok(None);
        };
        asked.learn(version).await?;
        let held = match &self.conditions {
            Ok(conditions) if conditions.is_empty() => Ok(true),
            Ok(conditions) => {
                let seen = Seen::of(asked, version, None);
                let asker = Asker::of(&asked.caller.server, &seen);
                conditions.hold(&Given::new(&seen, &asker, None, &[]))
            }
            Err(why) => Err(why.clone()),
        };
        match held {
            Ok(true) => Ok(Some(version)),
            Err(why) if self.fails => {
                let kind = asked.of.kind().group_kind();
                let key = Key { kind, namespace: asked.namespace.clone(), name: asked.name.clone() };
                Err(Refusal::forbidden(&key, &why))
            }
            Ok(false) | Err(_) => Ok(None),
        }
    }

    /// Asks one that may only refuse.
    pub(super) async fn look(&self, asked: &Asked<'_>, namespace: Option<&Value>) -> Result<(), Refusal> {
        match self.wants(asked, namespace).await? {
            Some(version) => self.ask(asked, version, false).await.map(drop),
            None => Ok(()),
        }
    }

    /// Asks it. What it says against the request is the refusal; that it cannot be asked is one where that matters.
    async fn ask(&self, asked: &Asked<'_>, as_: Served, mutating: bool) -> Result<Option<Answer>, Refusal> {
        if asked.dry_run && !self.dry {
            let why = format!("admission webhook {:?} does not support dry run", self.name);
            return Err(Refusal::bad_request(why));
        }
        match self.call(asked, as_, mutating).await {
            Ok(answer) => {
                asked.caller.warn(answer.warnings.iter().cloned());
                for (key, value) in &answer.annotations {
                    let key = format!("{}/{key}", self.name);
                    tracing::info!(key, value, "annotated a request");
                }
                answer.allowed(&self.name).map(Some)
            }
            Err(Unanswered(why)) => {
                let why = format!("failed calling webhook {:?}: {why}", self.name);
                if self.fails {
                    return Err(Refusal::new(
                        Reason::InternalError,
                        format!("Internal error occurred: {why}"),
                    ));
                }
                tracing::warn!(webhook = self.name, why, "failed open");
                Ok(None)
            }
        }
    }

    async fn call(&self, asked: &Asked<'_>, as_: Served, mutating: bool) -> Result<Answer, Unanswered> {
        let Some(version) = self.version else {
            return Err(Unanswered(
                "webhook does not accept known AdmissionReview versions (v1, v1beta1)".into(),
            ));
        };
        let uid = uuid::Uuid::new_v4().to_string();
        let body = review::question(asked, as_, version, &uid);
        let (timeout, longest) = (self.timeout, review::LONGEST);
        let question = Question { body, timeout, telling: true, longest };
        let called = self.line.post(&asked.caller.server, question);
        let text = called.await.map_err(|why| Unanswered(format!("failed to call webhook: {why}")))?;
        review::read(&text, version, &uid, mutating).map_err(Unanswered)
    }
}
