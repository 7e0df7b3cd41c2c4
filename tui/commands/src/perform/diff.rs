//! `diff`: what applying files would change, or what has changed since a moment.

use super::{
    Doors, Out,
    plan::{self, Becomes},
    say, select,
};
use crate::{Apply, Diff, Error, Exit};
use shared_api::{Key, Object, Refusal};
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
    let namespace = asked.scope.namespace.clone();
    let apply = Apply { files: files.to_vec(), namespace, ..Apply::default() };
    let (mut differs, mut refused) = (false, None);
    for planned in plan::plan(&apply, doors, out).await? {
        let found = planned.diff()?;
        say(out, &found)?;
        differs |= !found.is_empty();
        if let Becomes::Refused(refusal) = planned.becomes
            && let Some(before) = refused.replace(Error::Manifest { file: planned.name, source: refusal })
        {
            out.note(&format!("Error: {before}"));
        }
    }
    refused.map_or(Ok(differs), Err)
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
    let found = plan::differences(before, after, sides)?;
    say(out, &found)?;
    Ok(!found.is_empty())
}
