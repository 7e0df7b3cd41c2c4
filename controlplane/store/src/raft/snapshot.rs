//! Snapshots: the whole state in one file, durable before the log lets go of what made it.

use super::error::{OpenError, lock, sync_dir};
use super::types::SnapshotMeta;
use crate::Revision;
use crate::state::Stored;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const MAGIC: &[u8; 8] = b"DHOWSNP1";

/// What a snapshot says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) meta: SnapshotMeta,
    pub(crate) cluster: Option<String>,
    pub(crate) revision: Revision,
    keys: u64,
}

/// The state at one place of the log.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) meta: SnapshotMeta,
    pub(crate) cluster: Option<String>,
    pub(crate) revision: Revision,
    pub(crate) entries: BTreeMap<Bytes, Stored>,
}

/// Where a member's snapshots lie. One is current; others are being made or going.
#[derive(Debug, Clone)]
pub(crate) struct Snapshots {
    dir: PathBuf,
    /// Held while one is written; whether no more may be.
    closed: Arc<Mutex<bool>>,
}

impl Snapshots {
    pub(crate) fn open(dir: PathBuf) -> Result<Self, OpenError> {
        std::fs::create_dir_all(&dir).map_err(OpenError::io("create the directory", &dir))?;
        let snapshots = Self { dir, closed: Arc::default() };
        for begun in [snapshots.incoming(), snapshots.part()] {
            // Left by a process that was killed.
            let _ = std::fs::remove_file(begun);
        }
        Ok(snapshots)
    }

    fn name(&self, meta: &SnapshotMeta) -> PathBuf {
        let (index, term) = meta.last_log_id.map_or((0, 0), |id| (id.index, id.leader_id.term));
        self.dir.join(format!("{index:020}-{term:020}.snapshot"))
    }

    /// Where a snapshot from the leader is received.
    pub(crate) fn incoming(&self) -> PathBuf {
        self.dir.join("incoming.part")
    }

    fn part(&self) -> PathBuf {
        self.dir.join("written.part")
    }

    /// Waits for the one being written; no other is begun.
    pub(crate) fn close(&self) {
        *lock(&self.closed) = true;
    }

    /// Writes a snapshot; on return it is durable and the only one. Says how long it is.
    pub(crate) fn save(&self, image: &Image) -> Result<u64, OpenError> {
        let part = self.part();
        let name = self.name(&image.meta);
        let failed = || OpenError::io("write the snapshot", &part);
        let closed = lock(&self.closed);
        if *closed {
            return Err(failed()(std::io::Error::other("the store was closed")));
        }
        let file = File::create(&part).map_err(failed())?;
        let mut out =
            Summed { inner: BufWriter::with_capacity(1 << 16, file), sum: crc32fast::Hasher::new(), at: 0 };
        write(&mut out, image).map_err(failed())?;
        let (sum, len) = (out.sum.finalize(), out.at);
        out.inner.write_all(&sum.to_le_bytes()).map_err(failed())?;
        let file = out.inner.into_inner().map_err(|error| failed()(error.into_error()))?;
        file.sync_all().map_err(failed())?;
        std::fs::rename(&part, &name).map_err(failed())?;
        sync_dir(&self.dir)?;
        for old in self.list()?.into_iter().filter(|old| *old < name) {
            let _ = std::fs::remove_file(old);
        }
        Ok(len)
    }

    /// The newest snapshot's file.
    pub(crate) fn newest(&self) -> Result<Option<PathBuf>, OpenError> {
        Ok(self.list()?.pop())
    }

    fn list(&self) -> Result<Vec<PathBuf>, OpenError> {
        let failed = || OpenError::io("list the directory", &self.dir);
        let mut found = Vec::new();
        for file in std::fs::read_dir(&self.dir).map_err(failed())? {
            let path = file.map_err(failed())?.path();
            if path.extension().is_some_and(|extension| extension == "snapshot") {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// What a snapshot file says of itself, without reading it all.
pub(crate) fn header(path: &Path) -> Result<Header, OpenError> {
    let file = File::open(path).map_err(OpenError::io("open the snapshot", path))?;
    let mut from = Summed { inner: BufReader::new(file), sum: crc32fast::Hasher::new(), at: 0 };
    read_header(&mut from, path)
}

/// Reads a snapshot and checks that it is what was written.
pub(crate) fn load(file: File, path: &Path) -> Result<Image, OpenError> {
    let inner = BufReader::with_capacity(1 << 16, file);
    let mut from = Summed { inner, sum: crc32fast::Hasher::new(), at: 0 };
    let header = read_header(&mut from, path)?;
    let mut entries = BTreeMap::new();
    for _ in 0..header.keys {
        let at = from.at;
        let (key, revision, value): (Bytes, Revision, Bytes) = read_item(&mut from, path, at)?;
        entries.insert(key, Stored { revision, value });
    }
    let (at, sum) = (from.at, from.sum.clone().finalize());
    let mut written = [0; 4];
    from.inner.read_exact(&mut written).map_err(OpenError::io("read the snapshot", path))?;
    if u32::from_le_bytes(written) != sum {
        return Err(OpenError::damaged(path, at, "the snapshot's checksum does not match"));
    }
    Ok(Image { meta: header.meta, cluster: header.cluster, revision: header.revision, entries })
}

fn write(out: &mut impl Write, image: &Image) -> std::io::Result<()> {
    out.write_all(MAGIC)?;
    let keys = image.entries.len() as u64;
    let (meta, cluster) = (image.meta.clone(), image.cluster.clone());
    let mut buffer = Vec::new();
    write_item(out, &Header { meta, cluster, revision: image.revision, keys }, &mut buffer)?;
    for (key, stored) in &image.entries {
        write_item(out, &(key, stored.revision, &stored.value), &mut buffer)?;
    }
    Ok(())
}

fn write_item(out: &mut impl Write, item: &impl Serialize, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.clear();
    postcard::to_io(item, &mut *buffer).map_err(std::io::Error::other)?;
    let len = u32::try_from(buffer.len()).map_err(std::io::Error::other)?;
    out.write_all(&len.to_le_bytes())?;
    out.write_all(buffer)
}

fn read_header(from: &mut Summed<impl Read>, path: &Path) -> Result<Header, OpenError> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic).map_err(OpenError::io("read the snapshot", path))?;
    if &magic != MAGIC {
        return Err(OpenError::damaged(path, 0, "its header is not a snapshot's"));
    }
    read_item(from, path, 8)
}

fn read_item<T: serde::de::DeserializeOwned>(
    from: &mut Summed<impl Read>,
    path: &Path,
    at: u64,
) -> Result<T, OpenError> {
    let mut len = [0; 4];
    from.read_exact(&mut len).map_err(OpenError::io("read the snapshot", path))?;
    let len = u32::from_le_bytes(len);
    let mut item = Vec::new();
    // `take` rather than a buffer of the length: a damaged length must not ask for memory.
    let read = from.take(u64::from(len)).read_to_end(&mut item);
    read.map_err(OpenError::io("read the snapshot", path))?;
    postcard::from_bytes(&item)
        .map_err(|error| OpenError::damaged(path, at, format!("an item cannot be read: {error}")))
}

/// Counts and sums what passes.
struct Summed<T> {
    inner: T,
    sum: crc32fast::Hasher,
    at: u64,
}

impl<T: Write> Write for Summed<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.update(&bytes[..written]);
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Summed<T> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.sum.update(&bytes[..read]);
        self.at += read as u64;
        Ok(read)
    }
}
