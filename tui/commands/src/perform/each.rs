//! What the writing verbs share: finding the objects, writing each, saying what became of it.

use super::{Doors, Out, files, say, select};
use crate::{Error, Exit, Scope, action::Write, print};
use serde_json::Value;
use shared_api::{KindInfo, Object, Patch, PatchType, Validation, WriteHow};

const MANAGER: &str = "dhow";

/// How a write that was asked for is made.
pub(super) fn how(write: &Write, validation: Validation) -> WriteHow {
    let manager = write.field_manager.clone().unwrap_or_else(|| MANAGER.into());
    WriteHow { dry_run: write.dry_run, validation, manager: Some(manager), ..WriteHow::default() }
}

/// `deployment.apps/web`.
pub(super) fn named(kind: &KindInfo, name: &str) -> String {
    let group = if kind.group.is_empty() { String::new() } else { format!(".{}", kind.group) };
    format!("{}{group}/{name}", kind.kind.to_lowercase())
}

/// Says what became of an object, or prints it when -o asked for that.
pub(super) fn told(object: &Object, done: &str, write: &Write, out: Out<'_>) -> Result<(), Error> {
    if let Some(output) = &write.output {
        return say(out, &print::whole(std::slice::from_ref(object), false, output)?);
    }
    let note = if write.dry_run { " (dry run)" } else { "" };
    say(out, &format!("{} {done}{note}\n", print::name(object)))
}

/// The objects that words, files or a selection mean, and whether one was not there.
pub(super) async fn objects(
    words: &[String],
    files: &[String],
    scope: &Scope,
    all: bool,
    doors: &Doors,
    out: Out<'_>,
) -> Result<(Vec<Object>, Exit), Error> {
    if !files.is_empty() {
        let mut found = Vec::new();
        for manifest in files::read(files, scope.namespace.as_deref(), doors, out).await? {
            found.push(doors.cluster.get(&manifest.object.key()).await?);
        }
        return Ok((found, Exit::Done));
    }
    let named = select::named(words)?;
    let selected = all || scope.selector.is_some() || scope.field_selector.is_some();
    if let (Some(whole), false) = (named.iter().find(|n| n.name.is_none()), selected) {
        let what = whole.kind.plural;
        return Err(Error::Usage(format!("{what}: name one, or say --all, or select with -l")));
    }
    let (found, missing) = select::objects(&named, scope, doors).await?;
    let mut exit = Exit::Done;
    for refusal in missing {
        out.note(&format!("Error: {refusal}"));
        exit = Exit::NotFound;
    }
    let found: Vec<_> = found.into_iter().flat_map(|(_, objects)| objects).collect();
    if found.is_empty() && exit == Exit::Done {
        out.note("No resources found.");
    }
    Ok((found, exit))
}

/// Patches an object as decided, or says why nothing was to be done.
pub(super) async fn patch(
    object: &Object,
    decided: Option<Value>,
    language: PatchType,
    words: (&str, &str),
    write: &Write,
    doors: &Doors,
    out: Out<'_>,
) -> Result<(), Error> {
    let (done, idle) = words;
    let Some(body) = decided else { return told(object, idle, write, out) };
    let how = how(write, Validation::Strict);
    let after = doors.cluster.patch(&object.key(), &Patch { kind: language, body }, &how).await?;
    told(&after, done, write, out)
}
