//! The applied state in sled: a copy that makes starting fast, and that can be rebuilt from snapshot and log.
//!
//! It is written behind, and nothing that was acknowledged rests on it: sled's `flush` is no fsync. A copy
//! whose checksum is wrong, or that sled cannot open, is thrown away and rebuilt.

use super::error::OpenError;
use super::types::{LogId, Membership};
use crate::Revision;
use crate::state::Stored;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

/// Where the state stands; written with every batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) applied: Option<LogId>,
    pub(super) membership: Membership,
    pub(super) cluster: Option<String>,
    pub(super) revision: Revision,
    /// Of every key and value.
    pub(super) sum: u64,
}

/// What changed since the last batch, and where that leads.
#[derive(Debug)]
pub(super) struct Batch {
    /// Forget what was there.
    pub(super) whole: bool,
    pub(super) keys: Vec<(Bytes, Option<Stored>)>,
    pub(super) standing: Standing,
}

/// The copy.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    db: sled::Db,
    /// A second descriptor of sled's file: fsync is per file, whoever opened it.
    file: File,
}

/// What a copy holds.
pub(super) struct Loaded {
    pub(super) standing: Standing,
    pub(super) entries: BTreeMap<Bytes, Stored>,
}

const STANDING: &[u8] = b"s";
const KEY: u8 = b'k';

impl Disk {
    /// Opens the copy, or begins a new one when it cannot be opened.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        match Self::try_open(path) {
            Ok(disk) => Ok(disk),
            Err(error) if path.exists() => {
                tracing::warn!("{error}; it is a copy, and is rebuilt from snapshot and log");
                std::fs::remove_dir_all(path).map_err(OpenError::io("remove the directory", path))?;
                Self::try_open(path)
            }
            Err(error) => Err(error),
        }
    }

    fn try_open(path: &Path) -> Result<Self, OpenError> {
        let config = sled::Config::new()
            .path(path)
            .flush_every_ms(None)
            .cache_capacity(2 << 20)
            .mode(sled::Mode::LowSpace);
        // After a power cut sled may find pages that it never expects.
        let opened = std::panic::catch_unwind(AssertUnwindSafe(|| config.open()))
            .unwrap_or_else(|_| Err(sled::Error::Unsupported("sled gave up on its file".into())));
        let failed = || OpenError::io("open the sled database in", path);
        let db = opened.map_err(|error| failed()(std::io::Error::other(error)))?;
        let file = File::open(path.join("db")).map_err(failed())?;
        Ok(Self { path: path.to_owned(), db, file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Everything in the copy, unless it is empty or not what was written.
    pub(super) fn load(&self) -> Option<Loaded> {
        let read = std::panic::catch_unwind(AssertUnwindSafe(|| self.read()));
        match read.unwrap_or_else(|_| Err("sled gave up on its file".into())) {
            Ok(loaded) => loaded,
            Err(reason) => {
                tracing::warn!(path = %self.path.display(), reason, "the copy in sled is rebuilt from snapshot and log");
                None
            }
        }
    }

    fn read(&self) -> Result<Option<Loaded>, String> {
        let Some(standing) = self.db.get(STANDING).map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let standing = postcard::from_bytes(&standing).map_err(|error| error.to_string())?;
        let mut entries = BTreeMap::new();
        for pair in self.db.scan_prefix([KEY]) {
            let (key, value) = pair.map_err(|error| error.to_string())?;
            let (revision, value) = value.split_first_chunk().ok_or("a value is too short")?;
            let stored =
                Stored { revision: u64::from_be_bytes(*revision), value: Bytes::copy_from_slice(value) };
            entries.insert(Bytes::copy_from_slice(&key[1..]), stored);
        }
        Ok(Some(Loaded { standing, entries }))
    }

    /// Writes a batch. Survives this process, not the machine.
    pub(super) fn write(&self, batch: Batch) -> Result<(), OpenError> {
        let failed =
            |error| OpenError::io("write the sled database in", &self.path)(std::io::Error::other(error));
        let mut writes = sled::Batch::default();
        if batch.whole {
            self.db.clear().map_err(failed)?;
        }
        for (key, stored) in batch.keys {
            let key = [&[KEY][..], &key].concat();
            match stored {
                Some(stored) => {
                    writes.insert(key, [&stored.revision.to_be_bytes()[..], &stored.value].concat());
                }
                None => writes.remove(key),
            }
        }
        let standing = postcard::to_stdvec(&batch.standing).map_err(|error| {
            OpenError::io("write the sled database in", &self.path)(std::io::Error::other(error))
        })?;
        writes.insert(STANDING, standing);
        self.db.apply_batch(writes).map_err(failed)?;
        self.db.flush().map_err(failed)?;
        Ok(())
    }

    /// Makes what was written survive the machine.
    pub(super) fn sync(&self) -> Result<(), OpenError> {
        let failed = || OpenError::io("sync the sled database in", &self.path);
        self.db.flush().map_err(|error| failed()(std::io::Error::other(error)))?;
        self.file.sync_data().map_err(failed())
    }
}
