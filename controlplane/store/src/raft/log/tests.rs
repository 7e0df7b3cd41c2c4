//! The log openraft would write, closed and opened again.

use super::*;
use openraft::testing::{blank_ent, log_id};

fn entries(range: std::ops::Range<u64>) -> Vec<Entry> {
    range.map(|index| blank_ent::<TypeConfig>(1, 1, index)).collect()
}

async fn append(log: &mut Log, entries: Vec<Entry>) {
    use openraft::storage::RaftLogStorageExt;
    log.blocking_append(entries).await.unwrap();
}

async fn indexes(log: &mut Log) -> Vec<u64> {
    log.try_get_log_entries(..).await.unwrap().into_iter().map(|entry| entry.log_id.index).collect()
}

#[tokio::test]
async fn votes_entries_truncations_and_purges_are_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Log::open_with(dir.path().to_owned(), 200).unwrap();
    let mut log = open();
    assert!(log.is_pristine());
    log.save_vote(&Vote::new(3, 1)).await.unwrap();
    for start in 0..20 {
        append(&mut log, entries(start * 5..start * 5 + 5)).await;
    }
    log.truncate(log_id(1, 1, 90)).await.unwrap();
    append(&mut log, entries(90..92)).await;
    log.purge(log_id(1, 1, 41)).await.unwrap();
    log.close().await;
    let mut log = open();
    assert_eq!(indexes(&mut log).await, (42..92).collect::<Vec<_>>());
    assert_eq!(log.read_vote().await.unwrap(), Some(Vote::new(3, 1)));
    let state = log.get_log_state().await.unwrap();
    assert_eq!(
        (state.last_purged_log_id, state.last_log_id),
        (Some(log_id(1, 1, 41)), Some(log_id(1, 1, 91)))
    );
    log.purge(log_id(1, 1, 500)).await.unwrap();
    append(&mut log, entries(501..503)).await;
    log.close().await;
    let mut log = open();
    assert_eq!(indexes(&mut log).await, [501, 502]);
    assert_eq!(log.read_vote().await.unwrap(), Some(Vote::new(3, 1)));
    log.close().await;
    let files = std::fs::read_dir(dir.path()).unwrap().count();
    assert!(files <= 3, "purged files are gone, {files} are left");
}

#[tokio::test]
async fn entries_that_left_memory_are_read_from_disk() {
    use crate::raft::types::Command;
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(dir.path().to_owned()).unwrap();
    let big = |index| Entry {
        log_id: log_id(1, 1, index),
        payload: openraft::EntryPayload::Normal(Command::Found(format!("{index}").repeat(300_000))),
    };
    for index in 0..40 {
        append(&mut log, vec![big(index)]).await;
    }
    let held = lock(&log.index).get(0, 40);
    assert!(matches!(held[0], Held::There { .. }) && matches!(held[39], Held::Here(_)));
    let read = log.try_get_log_entries(..).await.unwrap();
    assert!(read.into_iter().eq((0..40).map(big)));
}
