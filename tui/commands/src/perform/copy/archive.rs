//! Archives on their way: packed from files here, unpacked to files here and nowhere else.

use bytes::Bytes;
use shared_client::{Channel, Frame};
use std::{
    fs, io,
    io::{Read, Write},
    path::{Component, Path, PathBuf},
};
use tokio::sync::mpsc;

/// A writer into a session's standard input.
pub(super) struct Pour(pub(super) mpsc::Sender<Frame>);

impl Write for Pour {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let frame = Frame::data(Channel::Stdin, Bytes::copy_from_slice(bytes));
        self.0.blocking_send(frame).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader of what comes through a channel.
pub(super) struct Pipe {
    from: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

impl Pipe {
    pub(super) fn of(from: mpsc::Receiver<Bytes>) -> Self {
        Self { from, rest: Bytes::new() }
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            let Some(next) = self.from.blocking_recv() else { return Ok(0) };
            self.rest = next;
        }
        let taken = self.rest.split_to(into.len().min(self.rest.len()));
        into[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

/// Packs a file, or a directory with all that is in it, under another name.
pub(super) fn pack(from: &Path, name: &str, into: impl Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(io::BufWriter::with_capacity(64 << 10, into));
    archive.follow_symlinks(false);
    if from.is_dir() {
        archive.append_dir_all(name, from)?;
    } else {
        archive.append_path_with_name(from, name)?;
    }
    archive.into_inner()?.flush()
}

/// Where the entries of an archive go: what it calls `base` is `place` here.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) base: String,
    pub(super) place: PathBuf,
}

impl Names {
    /// Where an entry goes; `None` when it would go elsewhere: an archive comes from a container, and a
    /// container may be hostile.
    fn place(&self, entry: &Path) -> Option<PathBuf> {
        let plain = |c: &Component<'_>| !matches!(c, Component::CurDir);
        let mut parts = entry.components().filter(plain);
        if self.base != "." && parts.next() != Some(Component::Normal(self.base.as_ref())) {
            return None;
        }
        let mut place = self.place.clone();
        for part in parts {
            let Component::Normal(name) = part else { return None };
            place.push(name);
        }
        Some(place)
    }
}

/// Unpacks files and directories; what is neither is named in the answer. Nothing is written through a link.
pub(super) fn unpack(from: impl Read, names: &Names) -> io::Result<Vec<String>> {
    let mut skipped = Vec::new();
    let mut archive = tar::Archive::new(from);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let kind = entry.header().entry_type();
        let Some(place) = names.place(&path).filter(|p| no_link(p, &names.place)) else {
            return Err(io::Error::other(format!("{} leads out of the directory", path.display())));
        };
        if kind.is_dir() {
            fs::create_dir_all(&place)?;
        } else if kind.is_file() {
            if let Some(parent) = place.parent().filter(|p| !p.as_os_str().is_empty()) {
                fs::create_dir_all(parent)?;
            }
            let mut file = fs::File::create(&place)?;
            io::copy(&mut entry, &mut file)?;
            set_mode(&file, entry.header().mode().unwrap_or(0o644))?;
        } else {
            skipped.push(path.display().to_string());
        }
    }
    Ok(skipped)
}

/// Whether no link stands between `root` and `place`.
fn no_link(place: &Path, root: &Path) -> bool {
    let below = place.ancestors().take_while(|p| *p != root);
    below.into_iter().all(|p| !p.is_symlink())
}

fn set_mode(file: &fs::File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode & 0o777))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_unpacks_under_its_new_name() {
        let root = std::env::temp_dir().join(format!("dhow-archive-{}", std::process::id()));
        let from = root.join("from");
        fs::create_dir_all(from.join("sub")).unwrap();
        fs::write(from.join("sub/file"), "text").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", from.join("link")).unwrap();
        let mut bytes = Vec::new();
        pack(&from, "there", &mut bytes).unwrap();
        let names = Names { base: "there".into(), place: root.join("back") };
        assert_eq!(unpack(&bytes[..], &names).unwrap(), ["there/link"]);
        assert_eq!(fs::read_to_string(root.join("back/sub/file")).unwrap(), "text");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn an_archive_stays_in_its_place() {
        let names = Names { base: "x".into(), place: "to".into() };
        let check = |entry: &str| names.place(Path::new(entry));
        assert_eq!(check("x/a/b"), Some("to/a/b".into()));
        assert_eq!(check("./x"), Some("to".into()));
        for entry in ["x/../y", "/etc/passwd", "y", "../x", "x/a/../../b"] {
            assert_eq!(check(entry), None, "{entry}");
        }
    }
}
