//! One file of the log.

use super::frame::{self, FRAME_HEADER, Found, Head, SEGMENT_HEADER};
use crate::raft::error::{OpenError, sync_dir};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Zeros are written this far ahead, so that most appends overwrite and `fdatasync` has no new file
/// size or blocks to write.
const AHEAD: usize = 1 << 20;

/// A segment: frames with sequence numbers from `head.first` on.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    head: Head,
    file: File,
    /// Where the next frame goes.
    pub(super) end: u64,
    zeroed: u64,
}

/// A whole frame found while opening.
pub(super) struct Opened<'a> {
    pub(super) seq: u64,
    pub(super) offset: u64,
    pub(super) payload: &'a [u8],
}

/// The file that holds frames from `first` on.
pub(super) fn path_of(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.log"))
}

impl Segment {
    /// A new file, its header and its name durable.
    pub(super) fn create(dir: &Path, first: u64) -> Result<Self, OpenError> {
        let path = path_of(dir, first);
        let salt = uuid::Uuid::new_v4().as_fields().0;
        let head = Head { first, salt };
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(OpenError::io("create the log file", &path))?;
        file.write_all_at(&head.encode(), 0)
            .and_then(|()| file.sync_data())
            .map_err(OpenError::io("write the log file", &path))?;
        sync_dir(dir)?;
        let end = SEGMENT_HEADER as u64;
        Ok(Self { path, head, file, end, zeroed: end })
    }

    /// Reads a file and shows every frame. `last`: it is the newest, whose end may be torn. `None`: the
    /// machine stopped before anything was written into it.
    pub(super) fn open(
        path: &Path,
        last: bool,
        buffer: &mut Vec<u8>,
        mut show: impl FnMut(Opened<'_>) -> Result<(), OpenError>,
    ) -> Result<Option<Self>, OpenError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(OpenError::io("open the log file", path))?;
        buffer.clear();
        file.read_to_end(buffer).map_err(OpenError::io("read the log file", path))?;
        let Some(head) = Head::decode(buffer) else {
            let empty = buffer.iter().skip(SEGMENT_HEADER).all(|byte| *byte == 0);
            if last && empty {
                return Ok(None);
            }
            return Err(OpenError::damaged(path, 0, "its header is not a log's"));
        };
        let mut offset = SEGMENT_HEADER;
        loop {
            match frame::at(head.salt, buffer, offset) {
                Found::Frame { seq, payload } => {
                    show(Opened { seq, offset: offset as u64, payload })?;
                    offset += FRAME_HEADER + payload.len();
                }
                Found::End => break,
                Found::Torn if last => {
                    tracing::warn!(
                        path = %path.display(), offset,
                        "the last record was not completely written when the machine stopped; it was never acknowledged and is dropped"
                    );
                    break;
                }
                Found::Torn => {
                    return Err(OpenError::damaged(
                        path,
                        offset as u64,
                        "a record's checksum does not match",
                    ));
                }
                Found::Damaged { next } => {
                    let what =
                        format!("a record's checksum does not match, yet a sound one follows at byte {next}");
                    return Err(OpenError::damaged(path, offset as u64, what));
                }
            }
        }
        let end = offset as u64;
        if last {
            // What was read may have been in memory only, and a torn record must not stay behind the end.
            file.set_len(end)
                .and_then(|()| file.sync_data())
                .map_err(OpenError::io("write the log file", path))?;
        }
        Ok(Some(Self { path: path.to_owned(), head, file, end, zeroed: end }))
    }

    pub(super) fn first(&self) -> u64 {
        self.head.first
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one frame and waits until it is on disk. Says where it is.
    pub(super) fn append(&mut self, seq: u64, payload: &[u8]) -> Result<u64, OpenError> {
        let mut bytes = frame::encode(self.head.salt, seq, payload);
        let offset = self.end;
        self.end += bytes.len() as u64;
        if self.end > self.zeroed {
            bytes.resize(bytes.len() + AHEAD, 0);
            self.zeroed = offset + bytes.len() as u64;
        }
        self.file
            .write_all_at(&bytes, offset)
            .and_then(|()| self.file.sync_data())
            .map_err(OpenError::io("write the log file", &self.path))?;
        Ok(offset)
    }
}

/// Reads one frame again.
pub(super) fn read(dir: &Path, first: u64, offset: u64, len: usize) -> Result<Vec<u8>, OpenError> {
    let path = path_of(dir, first);
    let file = File::open(&path).map_err(OpenError::io("open the log file", &path))?;
    let mut head = [0; SEGMENT_HEADER];
    let mut bytes = vec![0; FRAME_HEADER + len];
    file.read_exact_at(&mut head, 0)
        .and_then(|()| file.read_exact_at(&mut bytes, offset))
        .map_err(OpenError::io("read the log file", &path))?;
    let head =
        Head::decode(&head).ok_or_else(|| OpenError::damaged(&path, 0, "its header is not a log's"))?;
    let (_, payload) = frame::whole(head.salt, &bytes, 0)
        .ok_or_else(|| OpenError::damaged(&path, offset, "a record's checksum does not match"))?;
    Ok(payload.to_vec())
}
