//! `replace` and `edit`: whole objects in the place of others.

use super::{Doors, Out, change::gone, each, files, say};
use crate::{
    Error, Exit,
    action::{Edit, Replace},
    edit::Draft,
};
use shared_api::{DeleteHow, Object, Patch, PatchType, Reason, Refusal, Validation};

pub(super) async fn replace(asked: &Replace, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let validation = if asked.lenient { Validation::Warn } else { Validation::Strict };
    let how = each::how(&asked.write, validation);
    let namespace = asked.namespace.as_deref();
    for found in files::read_in_turn(&asked.files, namespace, doors, out).await? {
        let manifest = found.manifest(namespace, doors).await?;
        let refused = |source| Error::Manifest { file: manifest.file.clone(), source };
        if asked.force && !asked.write.dry_run {
            let key = manifest.object.key();
            match doors.cluster.delete(&key, &DeleteHow::default()).await {
                Ok(last) => gone(&key, last.uid(), doors).await?,
                Err(refusal) if refusal.reason == Reason::NotFound => {}
                Err(refusal) => return Err(refused(refusal)),
            }
            let made = doors.cluster.create(manifest.object.clone(), &how).await.map_err(refused)?;
            each::told(&made, "replaced", &asked.write, out)?;
            continue;
        }
        let made = doors.cluster.update(manifest.object.clone(), &how).await.map_err(refused)?;
        each::told(&made, "replaced", &asked.write, out)?;
    }
    Ok(Exit::Done)
}

pub(super) async fn edit(asked: &Edit, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let (found, exit) = each::objects(&asked.target.words, &[], &asked.scope, false, doors, out).await?;
    for object in found {
        edit_one(&object, asked, doors, out).await?;
    }
    Ok(exit)
}

/// So often an object is read again that others change meanwhile.
const TRIES: usize = 5;

async fn edit_one(object: &Object, asked: &Edit, doors: &Doors, out: Out<'_>) -> Result<(), Error> {
    let mut draft = Draft::of(object)?;
    let name = format!("dhow-edit-{}-{}.yaml", object.name(), object.uid());
    let path = std::env::temp_dir().join(name);
    let failed = |source| Error::File { file: path.display().to_string(), source };
    for _ in 0..TRIES {
        private(&path, &draft.text).map_err(failed)?;
        let edited = out.edit(&path).map_err(Error::Usage);
        let edited = edited.and_then(|()| std::fs::read_to_string(&path).map_err(failed));
        draft.text = edited.inspect_err(|_| drop(std::fs::remove_file(&path)))?;
        match written(&draft, asked, doors, out).await {
            Err(Error::Refused(refusal)) if refusal.reason == Reason::Conflict => {
                out.note(&format!("{}: it was changed meanwhile; edit what has become of it", draft.key));
                let newer = Draft::of(&doors.cluster.get(&draft.key).await?)?;
                draft = draft.on(&newer)?;
            }
            Ok(()) => {
                let _ = std::fs::remove_file(&path);
                return Ok(());
            }
            Err(error) => {
                out.note(&format!("What you wrote is kept in {}", path.display()));
                return Err(error);
            }
        }
    }
    out.note(&format!("What you wrote is kept in {}", path.display()));
    Err(Refusal::conflict(&draft.key, "others change it all the time").into())
}

/// Writes what was edited, if it is anything.
async fn written(draft: &Draft, asked: &Edit, doors: &Doors, out: Out<'_>) -> Result<(), Error> {
    let Some(change) = draft.change(&draft.text)? else {
        out.note("Edit cancelled, no changes made.");
        return Ok(());
    };
    say(out, &change.diff)?;
    let how = each::how(&asked.write, Validation::Strict);
    let patch = Patch { kind: PatchType::Json, body: change.steps };
    let after = doors.cluster.patch(&draft.key, &patch, &how).await?;
    each::told(&after, "edited", &asked.write, out)
}

/// Writes a file that only its owner reads: it may be a secret.
fn private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt};
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    // Another's file of that name, or a link, is not written through.
    let _ = std::fs::remove_file(path);
    options.open(path)?.write_all(text.as_bytes())
}
