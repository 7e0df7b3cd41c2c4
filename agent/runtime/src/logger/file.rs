//! The log's file: rotated when it is full; what the disk refuses is counted and owned up to.

use crate::logs::{self, KEPT, ROTATE_AT, Source, line, time};
use nix::fcntl::{Flock, FlockArg};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// The newest file of a log, held locked.
pub(super) struct LogFile {
    path: PathBuf,
    file: Flock<File>,
    size: u64,
    rotate_at: u64,
    lost: Lost,
}

#[derive(Default)]
struct Lost {
    records: u64,
    bytes: u64,
    why: String,
}

impl LogFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let (file, size) = open(path)?;
        Ok(Self { path: path.to_owned(), file, size, rotate_at: ROTATE_AT, lost: Lost::default() })
    }

    /// Appends records and empties the buffer. What cannot be written is counted: the container goes
    /// on, and the log says how much is missing as soon as it can say anything.
    pub(super) fn append(&mut self, out: &mut Vec<u8>, records: u64) {
        if out.is_empty() {
            return;
        }
        if self.size >= self.rotate_at {
            self.rotate();
        }
        if let Err(error) = self.own_up().and_then(|()| self.write(out)) {
            self.lost.records += records;
            self.lost.bytes += out.len() as u64;
            self.lost.why = error.to_string();
        }
        out.clear();
    }

    /// Says how much is missing, when something is. Called once more at the end.
    pub(super) fn own_up(&mut self) -> io::Result<()> {
        if self.lost.records == 0 {
            return Ok(());
        }
        let Lost { records, bytes, why } = &self.lost;
        let text = format!("[dhow: {records} log lines ({bytes} bytes) were lost here: {why}]");
        let mut notice = Vec::new();
        line::write(&mut notice, &time::format(time::now()), Source::Stderr, false, text.as_bytes());
        self.write(&notice)?;
        self.lost = Lost::default();
        Ok(())
    }

    /// All of it or nothing: half a record would spoil the next one.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            let _ = self.file.set_len(self.size);
            return Err(error);
        }
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Moves every file one place on and begins a new one. If that fails the old one goes on.
    fn rotate(&mut self) {
        for age in (0..KEPT - 1).rev() {
            let _ = fs::rename(logs::file(&self.path, age), logs::file(&self.path, age + 1));
        }
        match open(&self.path) {
            Ok((file, size)) => (self.file, self.size) = (file, size),
            Err(_) => drop(fs::rename(logs::file(&self.path, 1), &self.path)),
        }
    }
}

fn open(path: &Path) -> io::Result<(Flock<File>, u64)> {
    let mut file = lock(OpenOptions::new().read(true).append(true).create(true).mode(0o640).open(path)?)
        .ok_or_else(|| io::Error::other(format!("{} has a writer already", path.display())))?;
    let mut size = file.metadata()?.len();
    // A logger that was killed may have left half a record.
    if size > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" && file.write_all(b"\n").is_ok() {
            size += 1;
        }
    }
    Ok((file, size))
}

/// A reader that asks whether the log has ended holds the lock for a moment; a writer, for long.
fn lock(mut file: File) -> Option<Flock<File>> {
    for _ in 0..100 {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => return Some(locked),
            Err((unlocked, _)) => file = unlocked,
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(log: &mut LogFile, text: &str) {
        let mut out = Vec::new();
        line::write(&mut out, "2006-01-02T15:04:05.000000000Z", Source::Stdout, false, text.as_bytes());
        log.append(&mut out, 1);
    }

    #[test]
    fn rotates_and_keeps_five() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c/0.log");
        let mut log = LogFile::open(&path).unwrap();
        log.rotate_at = 1;
        for number in 0..8 {
            append(&mut log, &format!("line {number}"));
        }
        let text = |age| fs::read_to_string(logs::file(&path, age)).unwrap_or_default();
        assert!(text(0).ends_with("line 7\n"));
        assert!(text(4).ends_with("line 3\n"));
        assert_eq!(text(5), "");
    }

    #[test]
    fn a_second_writer_is_refused_and_half_a_line_is_closed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0.log");
        fs::write(&path, "half").unwrap();
        let mut log = LogFile::open(&path).unwrap();
        assert!(LogFile::open(&path).is_err());
        append(&mut log, "whole");
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "half\n2006-01-02T15:04:05.000000000Z stdout F whole\n"
        );
    }

    #[test]
    fn a_full_disk_is_owned_up_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0.log");
        let mut log = LogFile::open(&path).unwrap();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let good = std::mem::replace(&mut log.file, Flock::lock(full, FlockArg::LockShared).unwrap());
        append(&mut log, "one");
        append(&mut log, "two");
        log.file = good;
        append(&mut log, "three");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("stderr F [dhow: 2 log lines (88 bytes) were lost here: No space"), "{text}");
        assert!(text.ends_with("three\n"), "{text}");
    }
}
