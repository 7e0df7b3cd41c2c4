//! `label`, `annotate`, `taint`, `set image`, `patch`: fields of objects that are there.

use super::{Doors, Out, each, say};
use crate::{
    Error, Exit, Scope,
    action::{Language, Marks, PatchWith, SetImage, Taint},
    decide::{images, marks, taints},
};
use serde_json::Value;
use shared_api::{Patch, PatchType, Refusal, Validation, yaml};

/// `label` and `annotate`: `section` of the metadata.
pub(super) async fn mark(asked: &Marks, section: &str, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let (objects, words) = if asked.files.is_empty() {
        marks::split(&asked.words)
    } else {
        (&asked.words[..0], &asked.words[..])
    };
    let changes = marks::changes(words)?;
    if changes.is_empty() && !asked.list {
        return Err(Error::Usage(format!("at least one change of {section} is required: KEY=VALUE or KEY-")));
    }
    let (found, exit) =
        each::objects(objects, &asked.files, &asked.scope, asked.all || asked.list, doors, out).await?;
    let (done, idle) = match section {
        "labels" => (marks::labelled(&changes), "not labeled"),
        _ => ("annotated", "not annotated"),
    };
    for object in &found {
        let value = object.value();
        if asked.list {
            let pairs = value["metadata"][section].as_object().into_iter().flatten();
            let lines = pairs.map(|(k, v)| format!("{k}={}\n", v.as_str().unwrap_or_default()));
            say(out, &crate::neutral(&lines.collect::<String>()))?;
            continue;
        }
        let decided = marks::patch(&value, section, &changes, asked.overwrite)?;
        each::patch(object, decided, PatchType::Merge, (done, idle), &asked.write, doors, out).await?;
    }
    Ok(exit)
}

pub(super) async fn taint(asked: &Taint, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let (objects, words) = marks::split(&asked.words);
    let changes = taints::changes(words)?;
    if changes.is_empty() {
        return Err(Error::Usage("at least one taint update is required".into()));
    }
    let scope = Scope { selector: asked.selector.clone(), ..Scope::default() };
    let (found, exit) = each::objects(objects, &[], &scope, asked.all, doors, out).await?;
    for object in &found {
        if object.kind() != "Node" {
            return Err(Error::Usage(format!("taint: only nodes have taints, not a {}", object.kind())));
        }
        let decided = taints::patch(&object.value(), &changes, asked.overwrite)?;
        let done = (taints::tainted(&changes), "not tainted");
        each::patch(object, decided, PatchType::Merge, done, &asked.write, doors, out).await?;
    }
    Ok(exit)
}

pub(super) async fn set_image(asked: &SetImage, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    // An image may have a port's colon, and a container's name comes before `=`.
    let first = asked.words.iter().position(|w| w.contains('='));
    let (objects, words) = asked.words.split_at(first.unwrap_or(asked.words.len()));
    let pairs = images::pairs(words)?;
    let (found, exit) = each::objects(objects, &[], &asked.scope, asked.all, doors, out).await?;
    for object in &found {
        let decided = images::patch(&object.value(), &pairs)?;
        let done = ("image updated", "image unchanged");
        each::patch(object, decided, PatchType::Strategic, done, &asked.write, doors, out).await?;
    }
    Ok(exit)
}

/// The patch itself, from the line or its file.
pub(super) fn given(asked: &PatchWith) -> Result<Patch, Error> {
    let text = match (&asked.patch, &asked.patch_file) {
        (Some(text), _) => text.clone(),
        (None, Some(file)) => {
            std::fs::read_to_string(file).map_err(|source| Error::File { file: file.clone(), source })?
        }
        (None, None) => return Err(Error::Usage("patch: say -p TEXT or --patch-file FILE".into())),
    };
    Ok(Patch { kind: language(asked.language), body: body(&text)? })
}

pub(super) async fn patch(asked: &PatchWith, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let patch = given(asked)?;
    let scope = Scope::within(asked.namespace.as_deref());
    let (found, exit) = each::objects(&asked.words, &asked.files, &scope, false, doors, out).await?;
    for object in &found {
        let how = each::how(&asked.write, Validation::Warn);
        let how = shared_api::WriteHow { subresource: asked.subresource.clone(), ..how };
        let after = doors.cluster.patch(&object.key(), &patch, &how).await?;
        // The answer to a patch of a part may be the part alone.
        let same = after.kind() != object.kind() || after.revision() != object.revision();
        let done = if same { "patched" } else { "patched (no change)" };
        let shown = if after.kind() == object.kind() { &after } else { object };
        each::told(shown, done, &asked.write, out)?;
    }
    Ok(exit)
}

fn language(asked: Language) -> PatchType {
    match asked {
        Language::Strategic => PatchType::Strategic,
        Language::Merge => PatchType::Merge,
        Language::Json => PatchType::Json,
    }
}

/// JSON, or YAML.
fn body(text: &str) -> Result<Value, Error> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) => yaml::from_str(text)
            .map_err(|why: Refusal| Error::Usage(format!("the patch is neither JSON nor YAML: {why}"))),
    }
}
