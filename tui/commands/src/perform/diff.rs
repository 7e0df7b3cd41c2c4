//! `diff`: what applying files would change, or what has changed since a moment.

use super::{Doors, Out, change, each, files, say, select};
use crate::{Diff, Error, Exit, action::Write, decide::diff::lines};
use serde_json::Value;
use shared_api::{Key, Object, Reason, Refusal, Validation, yaml};
use std::collections::BTreeMap;

pub(super) async fn diff(asked: &Diff, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let differs = match (&asked.files[..], asked.when.at) {
        ([], None) => {
            return Err(Error::Usage("diff: give files with -f, or objects and a moment with --at".into()));
        }
        ([], Some(_)) => since(asked, doors, out).await?,
        (_, Some(_)) => {
            return Err(Error::Usage("diff: files with -f, or a moment with --at, not both".into()));
        }
        (files, None) => with_files(files, asked, doors, out).await?,
    };
    // As kubectl has it: 1 says that something differs.
    Ok(if differs { Exit::Code(1) } else { Exit::Done })
}

/// What the cluster would make of the files, beside what it has.
async fn with_files(files: &[String], asked: &Diff, doors: &Doors, out: Out<'_>) -> Result<bool, Error> {
    let how = each::how(&Write { dry_run: true, ..Write::default() }, Validation::Strict);
    let mut differs = false;
    for manifest in files::read(files, asked.scope.namespace.as_deref(), doors, out).await? {
        let refused = |source| Error::Manifest { file: manifest.file.clone(), source };
        let before = match doors.cluster.get(&manifest.object.key()).await {
            Ok(there) => Some(there),
            Err(refusal) if refusal.reason == Reason::NotFound => None,
            Err(refusal) => return Err(refused(refusal)),
        };
        let (_, after) = change::apply_one(&manifest, &how, doors).await.map_err(refused)?;
        differs |= tell(before.as_ref(), Some(&after), ("live", "as the file has it"), out)?;
    }
    Ok(differs)
}

/// What there was beside what there is.
async fn since(asked: &Diff, doors: &Doors, out: Out<'_>) -> Result<bool, Error> {
    let then = doors.when(asked.when.at).await?;
    let named = select::named(&asked.words)?;
    let mut pairs = BTreeMap::<Key, [Option<Object>; 2]>::new();
    let mut missing = Vec::new();
    for (side, doors) in [&then, doors].into_iter().enumerate() {
        let (found, gone) = select::objects(&named, &asked.scope, doors).await?;
        for object in found.into_iter().flat_map(|(_, objects)| objects) {
            let key = object.key();
            pairs.entry(key).or_default()[side] = Some(object);
        }
        missing.push(gone);
    }
    let nowhere = |refusal: &&Refusal| missing.iter().all(|side| side.contains(refusal));
    if let Some(refusal) = missing[0].iter().find(nowhere) {
        return Err(refusal.clone().into());
    }
    let mut differs = false;
    for [before, after] in pairs.values() {
        differs |= tell(before.as_ref(), after.as_ref(), ("then", "now"), out)?;
    }
    if !differs {
        out.note("nothing has changed");
    }
    Ok(differs)
}

fn tell(
    before: Option<&Object>,
    after: Option<&Object>,
    sides: (&str, &str),
    out: Out<'_>,
) -> Result<bool, Error> {
    let Some(either) = after.or(before) else { return Ok(false) };
    let name = crate::print::name(either);
    let text =
        |object: Option<&Object>| object.map_or(Ok(String::new()), |object| yaml::to_string(&tidy(object)));
    let found =
        lines(&text(before)?, &text(after)?, &format!("{name} {}", sides.0), &format!("{name} {}", sides.1));
    say(out, &found)?;
    Ok(!found.is_empty())
}

/// Without what every write changes, and what nobody should read over a shoulder.
fn tidy(object: &Object) -> Value {
    let mut value = object.bare_value();
    if let Some(meta) = value["metadata"].as_object_mut() {
        meta.remove("resourceVersion");
        meta.remove("generation");
    }
    if object.kind() == "Secret" {
        for section in ["data", "stringData"] {
            for (_, value) in value[section].as_object_mut().into_iter().flatten() {
                *value = masked(value);
            }
        }
    }
    value
}

/// The same for the same value, and no way back.
fn masked(value: &Value) -> Value {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    value.as_str().unwrap_or_default().hash(&mut hasher);
    format!("*** ({:04x})", hasher.finish() & 0xffff).into()
}
