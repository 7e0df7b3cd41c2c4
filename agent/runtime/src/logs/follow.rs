//! Waiting for a log to grow: the kernel tells of changes in its directory, nothing is asked twice.

use nix::{
    fcntl::{Flock, FlockArg},
    sys::inotify::{AddWatchFlags, InitFlags, Inotify},
};
use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, RawFd},
        unix::fs::MetadataExt,
    },
    path::Path,
};
use tokio::io::unix::AsyncFd;

/// Tells of changes to the files of one directory.
pub(super) struct Watch(AsyncFd<Changes>);

struct Changes(Inotify);

impl AsRawFd for Changes {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Watch {
    pub(super) fn on(directory: &Path) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        let flags = AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVED_TO;
        inotify.add_watch(directory, flags)?;
        // Its successor is unsafe, for descriptors that change; ours is the same for its whole life.
        #[expect(deprecated)]
        Ok(Self(AsyncFd::new(Changes(inotify))?))
    }

    /// Returns when something changed since the last call; whether a file was closed by a writer.
    pub(super) async fn changed(&self) -> io::Result<bool> {
        loop {
            let mut ready = self.0.readable().await?;
            let read = ready.try_io(|inner| inner.get_ref().0.read_events().map_err(io::Error::from));
            match read {
                Ok(events) => {
                    let closed = AddWatchFlags::IN_CLOSE_WRITE;
                    return events.map(|events| events.iter().any(|event| event.mask.contains(closed)));
                }
                Err(_would_block) => {}
            }
        }
    }
}

/// The writer of this file is gone. The kernel tells of the closing a moment before it frees the
/// lock, which the caller bridges by asking a few times.
pub(super) fn unlocked(file: &File) -> bool {
    let Ok(own) = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())) else {
        return true;
    };
    // A lock taken on a descriptor of our own, so that letting it go frees nobody else's.
    Flock::lock(own, FlockArg::LockSharedNonblock).is_ok()
}

/// The file that was begun after the one open as `current`.
pub(super) enum Successor {
    /// There is none: `current` is the newest.
    None,
    /// This one.
    Next(File),
    /// `current` is not among the files kept any more; this is the oldest that is.
    Lost(File),
}

/// Looks from the newest to the oldest: a file only ever grows older, so the walk cannot miss one
/// that is renamed meanwhile (it may see it twice, and then its older place counts).
pub(super) fn successor(log: &Path, current: &File) -> io::Result<Successor> {
    let own = current.metadata()?.ino();
    let mut seen: Vec<(u64, File)> = Vec::new();
    for age in 0..=super::KEPT {
        match File::open(super::file(log, age)) {
            Ok(file) => {
                let inode = file.metadata()?.ino();
                seen.retain(|(other, _)| *other != inode);
                seen.push((inode, file));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let place = seen.iter().position(|(inode, _)| *inode == own);
    Ok(match place {
        Some(0) => Successor::None,
        Some(place) => Successor::Next(seen.swap_remove(place - 1).1),
        None => seen.pop().map_or(Successor::None, |(_, file)| Successor::Lost(file)),
    })
}
