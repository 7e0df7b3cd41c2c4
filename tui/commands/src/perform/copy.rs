//! `cp`: files to a container and from one, through the container's own tar.

mod archive;

use super::{Doors, Out, select, streams};
use crate::{Error, Exit, action::Copy};
use archive::{Names, Pipe, Pour};
use bytes::Bytes;
use shared_api::{Key, Refusal};
use shared_client::{Channel, Duplex, Frame, Session};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// One end of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Here(PathBuf),
    There { namespace: Option<String>, pod: String, path: String },
}

/// `PATH`, `POD:PATH` or `NAMESPACE/POD:PATH`.
fn end(word: &str) -> Result<End, Error> {
    let Some((place, path)) = word.split_once(':').filter(|(place, _)| !place.starts_with(['.', '/'])) else {
        return Ok(End::Here(word.into()));
    };
    if place.is_empty() || path.is_empty() {
        return Err(Error::Usage(format!("{word:?}: expected [NAMESPACE/]POD:PATH")));
    }
    let (namespace, pod) = match place.split_once('/') {
        Some((namespace, pod)) => (Some(namespace.to_owned()), pod),
        None => (None, place),
    };
    Ok(End::There { namespace, pod: pod.into(), path: path.into() })
}

pub(super) async fn copy(asked: &Copy, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let container = asked.place.container.clone().unwrap_or_default();
    match (end(&asked.from)?, end(&asked.to)?) {
        (End::Here(from), End::There { namespace, pod, path }) => {
            let namespace = namespace.or(asked.place.namespace.clone());
            let pod = select::pod(&pod, namespace.as_deref(), doors).await?.key();
            up(&from, &pod, container, &path, doors).await
        }
        (End::There { namespace, pod, path }, End::Here(to)) => {
            let namespace = namespace.or(asked.place.namespace.clone());
            let pod = select::pod(&pod, namespace.as_deref(), doors).await?.key();
            down(&pod, container, &path, &to, doors, out).await
        }
        (End::Here(_), End::Here(_)) => {
            Err(Error::Usage("cp: one of the two has to be in a pod: [NAMESPACE/]POD:PATH".into()))
        }
        _ => Err(Error::Usage("cp: only one of the two may be in a pod".into())),
    }
}

async fn tar(
    pod: &Key,
    container: String,
    words: &[&str],
    stdin: bool,
    doors: &Doors,
) -> Result<Duplex, Error> {
    let command = words.iter().map(|w| (*w).to_owned()).collect();
    let session = Session::Exec { container, command, stdin, tty: false };
    Ok(doors.sessions.open(pod, session).await?)
}

async fn up(from: &Path, pod: &Key, container: String, to: &str, doors: &Doors) -> Result<Exit, Error> {
    let failed = |source| Error::File { file: from.display().to_string(), source };
    from.symlink_metadata().map_err(failed)?;
    // Into a directory that is there it goes under its own name, as cp has it.
    let here = from.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let to = to.trim_end_matches('/').to_owned() + if to.len() > 1 && to.ends_with('/') { "/" } else { "" };
    let inside = to.ends_with('/') || is_directory(pod, container.clone(), &to, doors).await?;
    let (directory, name) = match to.trim_end_matches('/').rsplit_once('/') {
        _ if inside => (to.trim_end_matches('/').to_owned(), here),
        Some((directory, name)) => (directory.to_owned(), name.to_owned()),
        None => (String::new(), to.clone()),
    };
    let directory = match &directory[..] {
        "" if to.starts_with('/') => "/",
        "" => ".",
        other => other,
    };
    let words = ["tar", "-xmf", "-", "-C", directory];
    let Duplex { send, mut receive } = tar(pod, container, &words, true, doors).await?;
    let (from, pipe) = (from.to_owned(), Pour(send.clone()));
    let feed = tokio::task::spawn_blocking(move || archive::pack(&from, &name, pipe));
    let feed = async move {
        let packed = feed.await;
        // The far end may have gone first, and says why itself.
        let _ = send.send(Frame::end(Channel::Stdin)).await;
        (packed, send)
    };
    let drain = async {
        let mut said = Vec::new();
        while let Some(frame) = receive.recv().await {
            match frame.channel {
                Channel::Stderr => keep(&mut said, &frame.data),
                Channel::Outcome => return verdict(&frame.data, &said),
                _ => {}
            }
        }
        Err(broken())
    };
    let ((packed, _send), outcome) = tokio::join!(feed, drain);
    let packed = packed.map_err(|e| Error::from(Refusal::internal(e)))?;
    outcome.and(packed.map(|()| Exit::Done).map_err(|source| Error::File { file: "cp".into(), source }))
}

async fn is_directory(pod: &Key, container: String, path: &str, doors: &Doors) -> Result<bool, Error> {
    let Duplex { send, mut receive } = tar(pod, container, &["test", "-d", path], false, doors).await?;
    while let Some(frame) = receive.recv().await {
        if frame.channel == Channel::Outcome {
            drop(send);
            return match streams::outcome(&frame.data) {
                Ok(_) => Ok(true),
                Err(Error::Command(_)) => Ok(false),
                Err(error) => Err(error),
            };
        }
    }
    Err(broken())
}

async fn down(
    pod: &Key,
    container: String,
    from: &str,
    to: &Path,
    doors: &Doors,
    out: Out<'_>,
) -> Result<Exit, Error> {
    let path = from.trim_end_matches('/');
    let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
    let directory = if directory.is_empty() { "/" } else { directory };
    let name = if name.is_empty() { "." } else { name };
    let words = ["tar", "-cf", "-", "-C", directory, "--", name];
    let Duplex { send, mut receive } = tar(pod, container, &words, false, doors).await?;
    let place = if to.is_dir() && name != "." { to.join(name) } else { to.to_owned() };
    let (pour, pipe) = mpsc::channel::<Bytes>(16);
    let names = Names { base: name.to_owned(), place };
    let unpack = tokio::task::spawn_blocking(move || archive::unpack(Pipe::of(pipe), &names));
    let mut said = Vec::new();
    let outcome = loop {
        let Some(frame) = receive.recv().await else { break Err(broken()) };
        match frame.channel {
            // Unpacking failed, and says why below.
            Channel::Stdout if !frame.data.is_empty() && pour.send(frame.data.clone()).await.is_err() => {
                break Ok(Exit::Done);
            }
            Channel::Stderr => keep(&mut said, &frame.data),
            Channel::Outcome => break verdict(&frame.data, &said),
            _ => {}
        }
    };
    drop((pour, send));
    let unpacked = unpack.await.map_err(|e| Error::from(Refusal::internal(e)))?;
    let exit = outcome?;
    let skipped = unpacked.map_err(|source| Error::File { file: to.display().to_string(), source })?;
    for name in skipped {
        out.note(&format!("warning: skipping {name}: neither a file nor a directory"));
    }
    Ok(exit)
}

/// The beginning of what a command complains of.
fn keep(said: &mut Vec<u8>, data: &[u8]) {
    said.extend(&data[..data.len().min(4096_usize.saturating_sub(said.len()))]);
}

fn broken() -> Error {
    Refusal::unavailable("the connection to the pod broke before the copy ended").into()
}

/// How tar ended, with what it said.
fn verdict(data: &[u8], said: &[u8]) -> Result<Exit, Error> {
    match streams::outcome(data) {
        Err(Error::Command(code)) => {
            let said = String::from_utf8_lossy(said).trim().to_owned();
            let why = if said.is_empty() { format!("tar ended with {code}") } else { said };
            Err(Refusal::bad_request(format!("cp: {}", crate::neutral(&why))).into())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_apart() {
        let there = |namespace: Option<&str>, pod: &str, path: &str| End::There {
            namespace: namespace.map(Into::into),
            pod: pod.into(),
            path: path.into(),
        };
        for (word, wanted) in [
            ("dir", End::Here("dir".into())),
            ("./a:b", End::Here("./a:b".into())),
            ("web:/tmp/x", there(None, "web", "/tmp/x")),
            ("ns/web:x", there(Some("ns"), "web", "x")),
        ] {
            assert_eq!(end(word).unwrap(), wanted, "{word}");
        }
        assert!(end("web:").is_err());
    }
}
