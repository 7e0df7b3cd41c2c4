//! Network namespaces held by bind mounts. A thread enters one and ends; nothing is forked.

use crate::{Attempt, Error, Result};
use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, setns, unshare},
    sys::statfs::{NSFS_MAGIC, statfs},
};
use std::{
    fs::{self, File},
    path::Path,
};
use tokio::sync::oneshot;

/// The namespace of the thread that opens it.
pub(crate) const OURS: &str = "/proc/thread-self/ns/net";

/// Runs `work` on a thread of its own, which starts in the caller's namespace and may leave it.
pub(crate) async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (send, receive) = oneshot::channel();
    std::thread::Builder::new()
        .name("dhow-netns".into())
        .spawn(move || {
            // The receiver is gone only when nobody waits any more.
            let _ = send.send(work());
        })
        .attempt("starting a thread for a network namespace")?;
    receive.await.unwrap_or_else(|_| {
        Err(Error::Failed {
            what: "working in a network namespace".into(),
            why: "the thread panicked".into(),
        })
    })
}

/// Puts this thread into a new namespace, held by a mount at `path`.
pub(crate) fn create(path: &Path) -> Result<()> {
    File::create(path).attempt(format_args!("creating {}", path.display()))?;
    unshare(CloneFlags::CLONE_NEWNET)
        .attempt("creating a network namespace (needs root, or CAP_SYS_ADMIN and CAP_NET_ADMIN)")?;
    mount(Some(OURS), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .attempt(format_args!("holding the network namespace at {}", path.display()))
}

/// Puts this thread into the namespace at `path`.
pub(crate) fn enter(path: &Path) -> Result<()> {
    let held = File::open(path).attempt(format_args!("opening {}", path.display()))?;
    setns(held, CloneFlags::CLONE_NEWNET)
        .attempt(format_args!("entering the network namespace {}", path.display()))
}

/// True when a namespace is held at `path`.
pub(crate) fn is_held(path: &Path) -> bool {
    statfs(path).is_ok_and(|at| at.filesystem_type() == NSFS_MAGIC)
}

/// Lets the namespace at `path` go; fine when there is none.
pub(crate) fn release(path: &Path) -> Result<()> {
    while is_held(path) {
        umount2(path, MntFlags::MNT_DETACH).attempt(format_args!("unmounting {}", path.display()))?;
    }
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
    .attempt(format_args!("removing {}", path.display()))
}
