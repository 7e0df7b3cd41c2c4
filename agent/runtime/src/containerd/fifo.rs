//! FIFOs: how a shim and we hand bytes to each other.
//!
//! The reading end is opened before the shim is told of it, without waiting for a writer; the
//! writing end is opened for reading too, because there may be no reader yet.

use nix::{errno::Errno, sys::stat::Mode, unistd::mkfifo};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tokio::net::unix::pipe::{OpenOptions, Receiver, Sender};

/// Makes a FIFO in a directory that is made too; one that exists is fine.
pub(super) fn make(directory: &Path, name: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let path = directory.join(name);
    match mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR) {
        Ok(()) | Err(Errno::EEXIST) => Ok(path),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn reader(directory: &Path, name: &str) -> io::Result<Receiver> {
    OpenOptions::new().open_receiver(make(directory, name)?)
}

pub(super) fn writer(directory: &Path, name: &str) -> io::Result<Sender> {
    OpenOptions::new().read_write(true).open_sender(make(directory, name)?)
}
