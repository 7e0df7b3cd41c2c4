//! Objects of a definition in another version, where only a webhook of its author knows what they are there.
//!
//! What is stored lies there in the version it was written in. Whoever reads it is shown it in the version they
//! speak; whoever writes works in the version they speak, and only what is stored is turned into the version that
//! is stored. Kinds whose versions need nobody's help pass by here as they are.

mod review;
mod turns;

pub(crate) use turns::Turns;

use crate::{
    dial::{Line, Question},
    door::Converter,
    keys,
    server::{Server, filled},
};
use async_trait::async_trait;
use review::Review;
use serde_json::Value;
use shared_api::{Encoded, KindInfo, Object, Reason, Refusal, Served, custom::Conversion};
use shared_client::Result;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a webhook may think.
const PATIENCE: Duration = Duration::from_secs(30);

/// The shortest limit there is for an answer, in bytes, and how many times what was sent it may be.
const LONGEST: usize = 3 << 20;
const TIMES: usize = 8;

/// Ways to webhooks that are remembered.
const LINES: usize = 64;

/// The ways to those who turn objects.
#[derive(Default)]
pub(crate) struct Conversions(Mutex<Vec<Arc<Line>>>);

impl Conversions {
    fn line(&self, conversion: &Conversion) -> Arc<Line> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = Line::to(&conversion.client, &lines);
        if !lines.iter().any(|known| Arc::ptr_eq(known, &line)) {
            if lines.len() >= LINES {
                lines.remove(0);
            }
            lines.push(Arc::clone(&line));
        }
        line
    }
}

/// These objects in a version of their kind. Those that are not in it yet are asked about together.
pub(crate) async fn values(
    server: &Server,
    kind: &KindInfo,
    mut objects: Vec<Value>,
    wanted: &str,
) -> Result<Vec<Value>> {
    let Some(conversion) = kind.custom.and_then(shared_api::custom::Definition::conversion) else {
        return Ok(objects);
    };
    let others = |object: &Value| object["apiVersion"] != wanted;
    let sent: Vec<Value> = objects.iter().filter(|object| others(object)).cloned().collect();
    if sent.is_empty() {
        return Ok(objects);
    }
    let about = review::kind_of(&sent[0]);
    let uid = uuid::Uuid::new_v4().to_string();
    let review = Review::of(&conversion.versions, &uid, wanted).map_err(failed)?;
    let body = review.question(&sent);
    let longest = LONGEST + TIMES * body.len();
    let question = Question { body, timeout: PATIENCE, telling: false, longest };
    let answer = server.conversions.line(conversion).post(server, question).await;
    let answer = answer.map_err(|why| failed(format!("conversion webhook for {about} failed: {why}")))?;
    let mut made = review.read(&answer, &sent).map_err(failed)?.into_iter();
    for object in objects.iter_mut().filter(|object| others(object)) {
        if let Some(turned) = made.next() {
            *object = turned;
        }
    }
    Ok(objects)
}

/// An object as those see it who speak the version of `kind`.
pub(crate) async fn spoken(server: &Server, kind: &'static KindInfo, object: Object) -> Result<Object> {
    if !kind.converts() {
        return Ok(object);
    }
    let mut turned = server.turned(Served::stored(kind), vec![object]).await?;
    turned.pop().ok_or_else(|| Refusal::internal("an object was lost when it was converted"))
}

/// What is to be stored, in the version that is stored.
pub(crate) async fn kept(server: &Server, kind: &KindInfo, encoded: Encoded) -> Result<Encoded> {
    if !kind.converts() {
        return Ok(encoded);
    }
    let own = keys::known(&kind.group_kind())?;
    if own.api_version == kind.api_version {
        return Ok(encoded);
    }
    let mut value: Value = serde_json::from_slice(&encoded.json).map_err(Refusal::internal)?;
    // It has none before it is stored.
    if let Some(meta) = value["metadata"].as_object_mut() {
        meta.remove("resourceVersion");
    }
    let turned = values(server, kind, vec![value], own.api_version).await?.pop();
    encode(own, &turned.unwrap_or_default())
}

/// An object as it is stored, without what its version does not have.
fn encode(kind: &'static KindInfo, value: &Value) -> Result<Encoded> {
    let object = Object::from_value(value).map_err(Refusal::internal)?;
    let shown = Served::stored(kind).shown(&object);
    let managed = value["metadata"].get("managedFields").map(ToString::to_string);
    let draft = kind.draft(&shown).map_err(Refusal::internal)?;
    Ok(draft.encode().with_managed(managed.as_deref().map(str::as_bytes)))
}

#[async_trait]
impl Converter for Server {
    async fn turned(&self, served: Served, objects: Vec<Object>) -> Result<Vec<Object>> {
        let (kind, wanted) = (served.kind.spoken(served.api_version()), served.api_version());
        if objects.iter().all(|object| object.api_version() == wanted) {
            return Ok(objects);
        }
        let sent = objects.iter().map(Object::value).collect();
        let turned = values(self, kind, sent, wanted).await?;
        let pairs = objects.into_iter().zip(turned);
        let object = |(before, turned): (Object, Value)| {
            if before.api_version() == wanted {
                return Ok(before);
            }
            let bytes = filled(&encode(kind, &turned)?, before.revision());
            Object::from_bytes(bytes).map_err(Refusal::internal)
        };
        pairs.map(object).collect()
    }
}

/// An error that has no name, as Kubernetes tells it.
fn failed(why: impl Into<String>) -> Refusal {
    Refusal { said: Some(Box::new((500, String::new()))), ..Refusal::new(Reason::InternalError, why) }
}
