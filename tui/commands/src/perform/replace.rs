//! `replace` and `edit`: whole objects in the place of others.

use super::{Doors, Out, change::gone, each, files, say};
use crate::{
    Error, Exit,
    action::{Edit, Replace},
    decide::diff::lines,
    edit,
};
use shared_api::{DeleteHow, Object, Reason, Refusal, Validation, yaml};

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

async fn edit_one(object: &Object, asked: &Edit, doors: &Doors, out: Out<'_>) -> Result<(), Error> {
    let before = object.bare_value();
    let text = edit::text(&before)?;
    let name = format!("dhow-edit-{}-{}.yaml", object.name(), object.uid());
    let path = std::env::temp_dir().join(name);
    let failed = |source| Error::File { file: path.display().to_string(), source };
    private(&path, &text).map_err(failed)?;
    let edited = out.edit(&path).map_err(Error::Usage);
    let edited = edited.and_then(|()| std::fs::read_to_string(&path).map_err(failed));
    let edited = edited.inspect_err(|_| drop(std::fs::remove_file(&path)))?;
    let done = match edit::wanted(&before, &edited) {
        Ok(None) => {
            out.note("Edit cancelled, no changes made.");
            Ok(())
        }
        Ok(Some(after)) => {
            say(out, &lines(&yaml::to_string(&before)?, &yaml::to_string(&after)?, "before", "after"))?;
            let object = Object::from_value(&after).map_err(Refusal::internal)?;
            let how = each::how(&asked.write, Validation::Strict);
            match doors.cluster.update(object, &how).await {
                Ok(after) => each::told(&after, "edited", &asked.write, out),
                Err(refusal) => Err(Error::from(refusal)),
            }
        }
        Err(error) => Err(error),
    };
    match &done {
        Ok(()) => drop(std::fs::remove_file(&path)),
        Err(_) => out.note(&format!("What you wrote is kept in {}", path.display())),
    }
    done
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
