//! The write-ahead log: an append-only row of payloads, durable when an append returns.

mod frame;
mod segment;
#[cfg(test)]
mod tests;

use super::error::{OpenError, sync_dir};
use segment::Segment;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// A segment that has reached this many bytes is followed by a new one.
pub(super) const SEGMENT: u64 = 16 << 20;

/// Where a payload lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u64,
    offset: u64,
    len: usize,
}

/// The log's files.
#[derive(Debug)]
pub(super) struct Wal {
    dir: PathBuf,
    /// Oldest first; never empty.
    older: VecDeque<u64>,
    newest: Segment,
    next: u64,
    limit: u64,
}

impl Wal {
    /// Opens the log in `dir`, creating it if there is none, and shows every payload, oldest first.
    pub(super) fn open(
        dir: &Path,
        limit: u64,
        mut show: impl FnMut(Place, &[u8]) -> Result<(), String>,
    ) -> Result<Self, OpenError> {
        std::fs::create_dir_all(dir).map_err(OpenError::io("create the directory", dir))?;
        let mut firsts = list(dir)?;
        let mut buffer = Vec::new();
        let (mut next, mut newest) = (None, None);
        for (place, &first) in firsts.iter().enumerate() {
            let path = segment::path_of(dir, first);
            if next.is_some_and(|next| next != first) {
                let what =
                    format!("record {} should be in a file before {}", next.unwrap_or(0), path.display());
                return Err(OpenError::Incomplete { path: dir.to_owned(), what });
            }
            let mut seq = first;
            let last = place + 1 == firsts.len();
            newest = Segment::open(&path, last, &mut buffer, |opened| {
                if opened.seq != seq {
                    let what = format!("record {seq} is missing; {} was found", opened.seq);
                    return Err(OpenError::damaged(&path, opened.offset, what));
                }
                seq += 1;
                let place = Place { segment: first, offset: opened.offset, len: opened.payload.len() };
                show(place, opened.payload).map_err(|what| OpenError::damaged(&path, opened.offset, what))
            })?;
            next = Some(seq);
        }
        let next = next.unwrap_or(1);
        let newest = match newest {
            Some(segment) => segment,
            None => Segment::create(dir, next)?,
        };
        firsts.retain(|first| *first != newest.first());
        Ok(Self { dir: dir.to_owned(), older: firsts.into(), newest, next, limit })
    }

    /// Writes a payload and returns when it is on disk.
    pub(super) fn append(&mut self, payload: &[u8]) -> Result<Place, OpenError> {
        if self.newest.end + payload.len() as u64 > self.limit && self.newest.first() != self.next {
            let fresh = Segment::create(&self.dir, self.next)?;
            let full = std::mem::replace(&mut self.newest, fresh);
            tracing::debug!(path = %full.path().display(), "the log goes on in a new file");
            self.older.push_back(full.first());
        }
        let offset = self.newest.append(self.next, payload)?;
        self.next += 1;
        Ok(Place { segment: self.newest.first(), offset, len: payload.len() })
    }

    /// Removes whole files that only hold what lies before this segment.
    pub(super) fn forget_before(&mut self, segment: u64) -> Result<(), OpenError> {
        let mut removed = false;
        while let Some(first) = self.older.pop_front_if(|first| *first < segment) {
            let path = segment::path_of(&self.dir, first);
            std::fs::remove_file(&path).map_err(OpenError::io("remove the log file", &path))?;
            removed = true;
        }
        if removed { sync_dir(&self.dir) } else { Ok(()) }
    }

    /// The segment that is being written.
    pub(super) fn newest(&self) -> u64 {
        self.newest.first()
    }
}

/// Reads a payload again, without the log's lock.
pub(super) fn read(dir: &Path, place: Place) -> Result<Vec<u8>, OpenError> {
    segment::read(dir, place.segment, place.offset, place.len)
}

fn list(dir: &Path) -> Result<Vec<u64>, OpenError> {
    let mut firsts = Vec::new();
    let failed = || OpenError::io("list the directory", dir);
    for file in std::fs::read_dir(dir).map_err(failed())? {
        let name = file.map_err(failed())?.file_name();
        let first = name
            .to_str()
            .and_then(|name| name.strip_suffix(".log"))
            .and_then(|name| name.parse::<u64>().ok());
        firsts.extend(first);
    }
    firsts.sort_unstable();
    Ok(firsts)
}
