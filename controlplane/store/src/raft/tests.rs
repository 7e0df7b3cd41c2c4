//! openraft's own suite for what stores its log and its state.

use super::behind::Behind;
use super::disk::Disk;
use super::log::Log;
use super::machine::{Applied, Machine};
use super::snapshot::{Image, Snapshots};
use super::types::{SnapshotMeta, StorageError, TypeConfig};
use crate::Window;
use openraft::testing::{StoreBuilder, Suite};
use std::collections::BTreeMap;
use std::sync::Arc;

struct Fresh;

impl StoreBuilder<TypeConfig, Log, Machine, tempfile::TempDir> for Fresh {
    async fn build(&self) -> Result<(tempfile::TempDir, Log, Machine), StorageError> {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::open(dir.path().join("log")).unwrap();
        let snapshots = Snapshots::open(dir.path().join("snapshot")).unwrap();
        let disk = Disk::open(&dir.path().join("applied")).unwrap();
        let meta = SnapshotMeta::default();
        let image = Image { meta, cluster: None, revision: 0, entries: BTreeMap::new() };
        let applied = Applied::new(image, true, Window::default());
        let behind = Behind::start(disk, applied.clone()).unwrap();
        Ok((dir, log, Machine { applied, snapshots, behind, length: Arc::default() }))
    }
}

#[test]
fn keeps_what_openraft_asks_of_its_storage() {
    Suite::test_all(Fresh).unwrap();
}
