//! A data directory closed, copied, cut, bent and opened again.

#![expect(clippy::unwrap_used, reason = "what fails here fails its test")]

use controlplane_store::{Error, Member, Op, OpenError, Options, Range, Store, Txn, Value, open};
use futures::StreamExt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn put(key: String, value: String) -> Txn {
    Txn {
        checks: vec![],
        ops: vec![Op::Put { key: key.into(), value: Value { bytes: value.into(), hole: None } }],
    }
}

async fn fill(store: &Member, numbers: std::ops::Range<u32>) {
    for number in numbers {
        store.commit(put(format!("k/{:03}", number % 100), format!("{number}"))).await.unwrap();
    }
}

/// Everything: keys, values, revisions, and the cluster's name.
fn all(store: &Member) -> (Vec<controlplane_store::Entry>, u64, Arc<str>) {
    let page = store.range(&Range::default()).unwrap();
    (page.entries, page.revision, store.cluster())
}

/// What is on disk right now: as if the machine had stopped here, for everything that was synced.
fn copy(from: &Path) -> tempfile::TempDir {
    fn copy_into(from: &Path, to: &Path) {
        for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(file.file_name());
            if file.file_type().unwrap().is_dir() {
                fs::create_dir(&to).unwrap();
                copy_into(&file.path(), &to);
            } else {
                fs::copy(file.path(), to).unwrap();
            }
        }
    }
    let to = tempfile::tempdir().unwrap();
    copy_into(from, to.path());
    to
}

fn log_files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir.join("log")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn small(dir: &Path) -> Options {
    Options { snapshot_entries: 50, ..Options::new(dir) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_opens_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..4 {
        let store = open(small(dir.path())).await.unwrap();
        assert!(*store.leads().borrow());
        assert_eq!(store.revision(), u64::from(round) * 70);
        fill(&store, round * 70..round * 70 + 70).await;
        let before = all(&store);
        store.shutdown().await;
        let refused = store.commit(put("k".into(), "v".into())).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        let store = open(small(dir.path())).await.unwrap();
        assert!(all(&store) == before);
        store.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_cut_off_has_everything_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(Options::new(dir.path())).await.unwrap();
    for round in 0..3 {
        fill(&store, round * 200..round * 200 + 200).await;
        if round == 1 {
            store.snapshot().await.unwrap();
        }
        let cut = copy(dir.path());
        let again = open(Options::new(cut.path())).await.unwrap();
        assert!(all(&again) == all(&store));
        again.commit(put("one".into(), "more".into())).await.unwrap();
        again.shutdown().await;
    }
    store.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_copy_in_sled_may_be_lost_old_or_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(Options::new(dir.path())).await.unwrap();
    fill(&store, 0..150).await;
    store.snapshot().await.unwrap();
    let old = copy(dir.path());
    fill(&store, 150..300).await;
    let before = all(&store);
    store.shutdown().await;
    let sled = |cut: &tempfile::TempDir| cut.path().join("applied/db");
    for harm in 0..4 {
        let cut = copy(dir.path());
        match harm {
            0 => fs::remove_dir_all(cut.path().join("applied")).unwrap(),
            1 => drop(fs::copy(sled(&old), sled(&cut)).unwrap()),
            2 => fs::write(sled(&cut), vec![0xA5; 10_000]).unwrap(),
            _ => {
                let mut bytes = fs::read(sled(&cut)).unwrap();
                bytes.iter_mut().skip(64).step_by(97).for_each(|byte| *byte ^= 0x10);
                fs::write(sled(&cut), bytes).unwrap();
            }
        }
        let again = open(Options::new(cut.path())).await.unwrap();
        assert!(all(&again) == before, "harm {harm}");
        again.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_let_the_log_be_purged() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { snapshot_bytes: 1 << 20, ..Options::new(dir.path()) };
    let store = open(options.clone()).await.unwrap();
    for number in 0..600 {
        store.commit(put(format!("big/{}", number % 20), "x".repeat(100_000))).await.unwrap();
    }
    store.snapshot().await.unwrap();
    let before = all(&store);
    store.shutdown().await;
    let files = log_files(dir.path());
    assert!(files.len() <= 2, "60 MB were written, and the log still has {} files", files.len());
    assert_eq!(fs::read_dir(dir.path().join("snapshot")).unwrap().count(), 1);
    fs::remove_dir_all(dir.path().join("applied")).unwrap();
    let store = open(options).await.unwrap();
    assert!(all(&store) == before, "from the snapshot alone");
    store.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_end_is_dropped_and_a_damaged_middle_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(Options::new(dir.path())).await.unwrap();
    fill(&store, 0..10).await;
    let cut = copy(dir.path());
    store.shutdown().await;
    let log = log_files(cut.path()).remove(0);
    let sound = fs::read(&log).unwrap();
    let end = sound.iter().rposition(|byte| *byte != 0).unwrap();
    fs::remove_dir_all(cut.path().join("applied")).unwrap();

    let mut torn = sound.clone();
    torn[end - 3..].fill(0);
    fs::write(&log, torn).unwrap();
    let store = open(Options::new(cut.path())).await.unwrap();
    assert_eq!(store.revision(), 9, "the tenth was torn");
    assert_eq!(store.commit(put("k".into(), "v".into())).await, Ok(10));
    store.shutdown().await;

    let mut bent = sound;
    bent[end / 2] ^= 1;
    fs::write(&log, bent).unwrap();
    let message = open(Options::new(cut.path())).await.unwrap_err().to_string();
    assert!(message.starts_with(&format!("{} is damaged at byte ", log.display())), "{message}");
    assert!(message.contains("restore the data directory from a copy"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(Options::new(dir.path())).await.unwrap();
    fill(&store, 0..10).await;
    store.shutdown().await;
    fs::remove_dir_all(dir.path().join("log")).unwrap();
    let error = open(Options::new(dir.path())).await.unwrap_err();
    assert!(matches!(error, OpenError::Incomplete { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_is_opened_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(Options::new(dir.path())).await.unwrap();
    let message = open(Options::new(dir.path())).await.unwrap_err().to_string();
    let expected = format!(
        "the data directory {} is in use by another control plane: stop that one",
        dir.path().display()
    );
    assert!(message.starts_with(&expected), "{message}");
    store.shutdown().await;
    open(Options::new(dir.path())).await.unwrap().shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_ends_with_the_store_and_goes_on_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(Options::new(dir.path())).await.unwrap();
    let mut changes = store.watch(0).unwrap();
    fill(&store, 0..3).await;
    store.shutdown().await;
    let mut seen = 0;
    while let Some(batch) = changes.next().await {
        seen = batch.unwrap()[0].revision;
    }
    assert_eq!(seen, 3);
    let store = open(Options::new(dir.path())).await.unwrap();
    let mut changes = store.watch(seen).unwrap();
    fill(&store, 3..4).await;
    assert_eq!(changes.next().await.unwrap().unwrap()[0].revision, 4);
    assert_eq!(store.watch(1).err(), Some(Error::Compacted { asked: 1, oldest: 3 }));
    store.shutdown().await;
}
