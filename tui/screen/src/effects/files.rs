//! What is kept for the next time: the lines of the palette, and layouts in the configuration. The configuration is
//! written beside the one it takes the place of, so that it is there whole or as it was.

use super::Answers;
use crate::{
    config::{Layout, with_layouts},
    msg::{Generation, Msg, Outcome},
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Puts a line at the end of the history, beside those of other terminals. Whether that works changes nothing now.
pub(super) fn keep(path: PathBuf, line: String) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = append(&path, &line) {
            tracing::debug!(%error, path = %path.display(), "the history is not kept");
        }
    });
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt};
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    // At once, so that lines of several terminals do not mix.
    file.write_all(format!("{line}\n").as_bytes())
}

/// Writes a file that only its owner reads, and says where it is.
pub(super) async fn save(path: PathBuf, text: String, answers: Answers) {
    let (lines, shown) = (text.lines().count(), path.clone());
    let done = tokio::task::spawn_blocking(move || write(&path, &text)).await;
    let done = match done {
        Ok(Ok(())) => {
            let whole = std::path::absolute(&shown).unwrap_or(shown);
            Ok(format!("{lines} lines are in {}", whole.display()))
        }
        Ok(Err(error)) => Err(format!("{}: {error}", shown.display())),
        Err(error) => Err(error.to_string()),
    };
    let _ = answers.send(Msg::Saved(done)).await;
}

pub(super) async fn layouts(
    generation: Generation,
    path: PathBuf,
    layouts: BTreeMap<String, Layout>,
    answers: Answers,
) {
    let done = tokio::task::spawn_blocking(move || {
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let before = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other.map_err(failed)?,
        };
        let after = with_layouts(&before, &layouts).map_err(|why| format!("{}: {why}", path.display()))?;
        write(&path, &after).map_err(failed)?;
        Ok(format!("it is in {}", path.display()))
    });
    let outcome = match done.await {
        Ok(Ok(text)) => Outcome { text, ..Outcome::default() },
        Ok(Err(why)) => Outcome { error: Some(why), ..Outcome::default() },
        Err(error) => Outcome { error: Some(error.to_string()), ..Outcome::default() },
    };
    let _ = answers.send(Msg::Performed(generation, outcome)).await;
}

/// Writes the whole file or nothing, readable for its owner only.
fn write(path: &Path, text: &str) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt};
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    // Through a link, to what it leads to.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    fs::rename(&beside, &path)
}
