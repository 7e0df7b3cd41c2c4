//! Everybody who is asked about one request, one after the other.

use super::{
    follow::Compiled,
    request::{Asked, Of, Operation},
    webhook::Rounds,
};
use crate::{admitted::Attempt, conversion::Turns, local::Local, subresource};
use serde_json::{Map, Value, json};
use shared_api::{DeleteHow, Draft, Key, KindInfo, Object, Refusal, Served};
use shared_client::Result;
use std::sync::Arc;

/// Everybody who wants to be asked about a write.
pub(crate) struct Others<'a> {
    compiled: Arc<Compiled>,
    asked: Asked<'a>,
    rounds: Rounds,
}

/// Those who want to be asked about a write; `None` when nobody does.
pub(crate) fn others<'a>(
    caller: &'a Local,
    attempt: &Attempt<'a>,
    draft: &dyn Draft,
) -> Result<Option<Others<'a>>> {
    let Some(compiled) = caller.server.extension.current(&caller.server)? else { return Ok(None) };
    let Attempt { kind, part, operation, how, old } = *attempt;
    let served = served(kind, how.version.as_deref());
    let body = match part {
        "scale" => Some(("autoscaling/v1", "Scale")),
        "binding" => Some(("v1", "Binding")),
        _ => None,
    };
    let of = Of { served, part, body };
    let meta = draft.meta();
    let name = meta.name.clone().unwrap_or_default();
    if !compiled.concerns(&of, operation, &name) {
        return Ok(None);
    }
    let mut options = Map::new();
    if let Some(manager) = &how.manager {
        options.insert("fieldManager".into(), manager.as_str().into());
    }
    let asked = Asked {
        caller,
        of,
        operation,
        namespace: meta.namespace.clone().unwrap_or_default(),
        name,
        dry_run: how.dry_run,
        options,
        object: None,
        old: old.filter(|_| part != "binding").map(|old| shown(kind, part, old)),
        turns: Turns::default(),
    };
    Ok(Some(Others { compiled, asked, rounds: Rounds::default() }))
}

impl Others<'_> {
    /// Asks those who may change the object. What it is then, when it is another.
    pub(crate) async fn change(&mut self, draft: &dyn Draft) -> Result<Option<Value>> {
        self.see(draft);
        let changed = self.rounds.first(&self.compiled, &mut self.asked).await?;
        Ok(self.asked.object.clone().filter(|_| changed))
    }

    /// Asks those again who want to see what others changed after them.
    pub(crate) async fn change_again(&mut self, draft: &dyn Draft) -> Result<Option<Value>> {
        self.see(draft);
        let changed = self.rounds.again(&self.compiled, &mut self.asked).await?;
        Ok(self.asked.object.clone().filter(|_| changed))
    }

    /// Asks those who may only refuse.
    pub(crate) async fn validate(&mut self, draft: &dyn Draft) -> Result<()> {
        self.see(draft);
        self.compiled.validate(&self.asked).await
    }

    fn see(&mut self, draft: &dyn Draft) {
        self.asked.object = Some(shown(self.asked.of.kind(), self.asked.of.part, &draft.object()));
    }
}

/// Asks about the deletion of an object.
pub(crate) async fn deletes(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    how: &DeleteHow,
    old: &Object,
) -> Result<()> {
    let of = Of { served: served(kind, None), part: "", body: None };
    let mut options = Map::new();
    if let Some(seconds) = how.grace_seconds {
        options.insert("gracePeriodSeconds".into(), seconds.into());
    }
    if let Some(propagation) = how.propagation {
        options.insert("propagationPolicy".into(), format!("{propagation:?}").into());
    }
    let (namespace, name) = (key.namespace.clone(), key.name.clone());
    let (operation, dry_run) = (Operation::Delete, how.dry_run);
    let old = || Some(old.value());
    ask(caller, of, operation, &name, || Asked {
        caller,
        of,
        operation,
        namespace,
        name: name.clone(),
        dry_run,
        options,
        object: None,
        old: old(),
        turns: Turns::default(),
    })
    .await
}

/// Asks about something that is done with a part of an object and changes nothing of it: sessions, evictions, tokens.
pub(crate) async fn does(
    caller: &Local,
    operation: Operation,
    key: &Key,
    (kind, part): (&'static KindInfo, &str),
    body: ((&'static str, &'static str), Value),
    dry_run: bool,
) -> Result<()> {
    let (form, mut object) = body;
    let of = Of { served: served(kind, None), part, body: Some(form) };
    ask(caller, of, operation, &key.name, || {
        object["apiVersion"] = form.0.into();
        object["kind"] = form.1.into();
        Asked {
            caller,
            of,
            operation,
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            dry_run,
            options: Map::new(),
            object: Some(object),
            old: None,
            turns: Turns::default(),
        }
    })
    .await
}

async fn ask<'a>(
    caller: &Local,
    of: Of<'a>,
    operation: Operation,
    name: &str,
    asked: impl FnOnce() -> Asked<'a>,
) -> Result<()> {
    let Some(compiled) = caller.server.extension.current(&caller.server)? else { return Ok(()) };
    if !compiled.concerns(&of, operation, name) {
        return Ok(());
    }
    let mut asked = asked();
    Rounds::unchanging().first(&compiled, &mut asked).await?;
    compiled.validate(&asked).await
}

/// The version somebody speaks; the one the kind is stored in, when it is not said.
fn served(kind: &'static KindInfo, version: Option<&str>) -> Served {
    let version = version.filter(|version| *version != kind.api_version);
    let asked = version.and_then(|version| shared_api::serving(version, kind.kind));
    asked.unwrap_or_else(|| Served::stored(kind))
}

/// An object as those see it who are asked about one of its parts.
fn shown(kind: &KindInfo, part: &str, object: &Object) -> Value {
    match part {
        "scale" => subresource::scale_of(kind, object),
        "binding" => {
            let value = object.value();
            json!({
                "apiVersion": "v1", "kind": "Binding",
                "metadata": {"name": object.name(), "namespace": object.namespace()},
                "target": {"kind": "Node", "name": value["spec"]["nodeName"]},
            })
        }
        _ => object.value(),
    }
}

/// Nobody can change what is only done.
pub(super) fn unchangeable(name: &str) -> Refusal {
    Refusal::internal(format!(
        "admission webhook {name:?} attempted to modify the object, which is not supported for this operation"
    ))
}
