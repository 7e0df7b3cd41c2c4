//! What applying files would make of each object: the cluster is asked, and stores nothing.

use super::{Doors, Out, change, each, files, mark};
use crate::{
    Action, Apply, Error, PatchWith, Roll, Rollout, Scale, Scope, Target, apply::LAST_APPLIED,
    blast::Applied, decide::diff::lines, mask, print,
};
use serde_json::Value;
use shared_api::{Object, Reason, Refusal, Validation, WriteHow, yaml};

/// What becomes of one object.
#[derive(Debug)]
pub(super) struct Planned {
    /// `deployment.apps/web`.
    pub(super) name: String,
    pub(super) before: Option<Object>,
    pub(super) becomes: Becomes,
}

#[derive(Debug)]
pub(super) enum Becomes {
    /// It is made, or changed when it was there: so.
    Other(Object),
    Same,
    /// What it becomes cannot be asked before something else is there.
    Unseen {
        text: Value,
        why: String,
    },
    Refused(Refusal),
}

/// Asks for each manifest of the files what applying it would make.
pub(super) async fn plan(apply: &Apply, doors: &Doors, out: Out<'_>) -> Result<Vec<Planned>, Error> {
    let mut apply = apply.clone();
    apply.write.dry_run = true;
    let mut planned: Vec<Planned> = Vec::new();
    for found in files::read_in_turn(&apply.files, apply.namespace.as_deref(), doors, out).await? {
        let next = match found {
            files::Found::Later { value, definition, .. } => {
                unseen(value, format!("{definition} defines what it is, and is made first"))
            }
            files::Found::Now(manifest) => one(&manifest, &apply, doors, &planned).await?,
        };
        planned.push(next);
    }
    Ok(planned)
}

/// Asks for each object what a patch would make of it.
pub(super) async fn patched(asked: &PatchWith, doors: &Doors, out: Out<'_>) -> Result<Vec<Planned>, Error> {
    let patch = mark::given(asked)?;
    let scope = Scope::within(asked.namespace.as_deref());
    let (found, _) = each::objects(&asked.words, &asked.files, &scope, false, doors, out).await?;
    let how = WriteHow { dry_run: true, ..each::how(&asked.write, Validation::Warn) };
    let mut planned = Vec::new();
    for before in found {
        let becomes = match doors.cluster.patch(&before.key(), &patch, &how).await {
            Ok(after) if tidy(&before) == tidy(&after) => Becomes::Same,
            Ok(after) => Becomes::Other(after),
            Err(refusal) => Becomes::Refused(refusal),
        };
        planned.push(Planned { name: print::name(&before), before: Some(before), becomes });
    }
    Ok(planned)
}

async fn one(
    manifest: &files::Manifest,
    apply: &Apply,
    doors: &Doors,
    others: &[Planned],
) -> Result<Planned, Error> {
    let refused = |source| Error::Manifest { file: manifest.file.clone(), source };
    let before = match doors.cluster.get(&manifest.object.key()).await {
        Ok(there) => Some(there),
        Err(refusal) if refusal.reason == Reason::NotFound => None,
        // Of everybody else nothing is known either.
        Err(refusal) => return Err(refused(refusal)),
    };
    let place = format!("namespace/{}", manifest.object.namespace());
    let made = |other: &Planned| other.name == place && other.before.is_none();
    if others.iter().any(made) {
        let value = manifest.value.clone();
        return Ok(unseen(value, format!("{place} is made first")));
    }
    let becomes = match change::apply_manifest(manifest, apply, doors).await {
        Ok((_, after)) if before.as_ref().is_some_and(|before| tidy(before) == tidy(&after)) => Becomes::Same,
        Ok((_, after)) => Becomes::Other(after),
        Err(refusal) if refusal.reason == Reason::ServiceUnavailable => return Err(refused(refusal)),
        Err(refusal) => Becomes::Refused(refusal),
    };
    Ok(Planned { name: print::name(&manifest.object), before, becomes })
}

fn unseen(text: Value, why: String) -> Planned {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = format!("{}/{}", word(&text["kind"]).to_lowercase(), word(&text["metadata"]["name"]));
    Planned { name, before: None, becomes: Becomes::Unseen { text, why } }
}

impl Planned {
    /// The lines that differ.
    pub(super) fn diff(&self) -> Result<String, Error> {
        match &self.becomes {
            Becomes::Other(after) => {
                differences(self.before.as_ref(), Some(after), ("live", "as it would be"))
            }
            Becomes::Unseen { text, why } => {
                let text = yaml::to_string(&mask::shown(text.clone()))?;
                Ok(lines("", &text, &format!("{} live", self.name), &format!("{} ({why})", self.name)))
            }
            Becomes::Same | Becomes::Refused(_) => Ok(String::new()),
        }
    }

    /// In a word.
    pub(super) fn outcome(&self) -> Applied<'_> {
        match (&self.becomes, &self.before) {
            (Becomes::Refused(why), _) => Applied::Refused(&self.name, why.to_string()),
            (Becomes::Same, _) => Applied::Same,
            (Becomes::Other(_), Some(_)) => Applied::Changed(&self.name),
            (Becomes::Other(_), None) | (Becomes::Unseen { .. }, _) => Applied::Made(&self.name),
        }
    }

    /// What does the same to the pods of an object that was there.
    pub(super) fn likewise(&self) -> Vec<Action> {
        let (Some(before), Becomes::Other(after)) = (&self.before, &self.becomes) else { return Vec::new() };
        let (was, is) = (before.bare_value(), after.bare_value());
        let target = Target { words: vec![self.name.clone()] };
        let replicas = |value: &Value| value["spec"]["replicas"].as_i64().and_then(|n| i32::try_from(n).ok());
        let mut alike = Vec::new();
        if let (Some(from), Some(to)) = (replicas(&was), replicas(&is))
            && from != to
        {
            alike.push(Action::Scale(Scale { target: target.clone(), replicas: to, ..Scale::default() }));
        }
        if was["spec"]["template"] != is["spec"]["template"] {
            let (roll, selector) = (Roll::default(), None);
            alike.push(Action::Rollout(Rollout::Restart { target, roll, selector }));
        }
        alike
    }
}

/// The lines in which an object differs from what it was.
pub(super) fn differences(
    before: Option<&Object>,
    after: Option<&Object>,
    sides: (&str, &str),
) -> Result<String, Error> {
    let Some(either) = after.or(before) else { return Ok(String::new()) };
    let name = print::name(either);
    let text = |object: Option<&Object>| {
        let Some(object) = object else { return Ok(String::new()) };
        let mut value = mask::shown(tidy(object));
        if let (None, Some(fields)) = (before, value.as_object_mut()) {
            fields.remove("status");
        }
        if let (None, Some(meta)) = (before, value["metadata"].as_object_mut()) {
            // Of what is only tried these would be others the next time.
            meta.retain(|field, _| !matches!(field.as_str(), "uid" | "creationTimestamp"));
        }
        yaml::to_string(&value)
    };
    let (from, to) = (format!("{name} {}", sides.0), format!("{name} {}", sides.1));
    Ok(lines(&text(before)?, &text(after)?, &from, &to))
}

/// Without what every write changes.
fn tidy(object: &Object) -> Value {
    let mut value = object.bare_value();
    if let Some(meta) = value["metadata"].as_object_mut() {
        meta.remove("resourceVersion");
        meta.remove("generation");
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
            if annotations.is_empty() {
                meta.remove("annotations");
            }
        }
    }
    value
}
