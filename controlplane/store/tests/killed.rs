//! A process that writes is killed with `kill -9`, many times: what it acknowledged is there.
//!
//! The test starts itself again as the writer; the writer prints what was acknowledged.

#![expect(clippy::unwrap_used, reason = "what fails here fails its test")]

use controlplane_store::{Op, Options, Store, Txn, Value, open};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const DIR: &str = "STORE_TEST_WRITER_DIR";
const WRITERS: u64 = 16;

fn options(dir: &Path) -> Options {
    // Small, so that snapshots and purges are also cut off in the middle.
    Options { snapshot_entries: 40, snapshot_bytes: 1 << 20, ..Options::new(dir) }
}

fn put(writer: u64, number: u64) -> Txn {
    let value = Value { bytes: format!("{number} {}", "x".repeat(2_000)).into(), hole: None };
    Txn { checks: vec![], ops: vec![Op::Put { key: format!("w/{writer}").into(), value }] }
}

/// Not a test of its own: what the killed process does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writer() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let store = open(options(Path::new(&dir))).await.unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let store: Arc<dyn Store> = store.clone();
        tokio::spawn(async move {
            let first =
                store.get(format!("w/{writer}").as_bytes()).map_or(0, |entry| number(&entry.value) + 1);
            for number in first.. {
                let revision = store.commit(put(writer, number)).await.unwrap();
                // One write a line: a line is there as a whole or not at all.
                std::io::stdout()
                    .write_all(format!("\nack {writer} {number} {revision}\n").as_bytes())
                    .unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

fn number(value: &[u8]) -> u64 {
    let end = value.iter().position(|byte| *byte == b' ').unwrap();
    std::str::from_utf8(&value[..end]).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut newest = 0;
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut left = 300 + 171 * round;
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            if let ["ack", writer, number, revision] = words[..] {
                acknowledged.insert(
                    writer.to_owned(),
                    (number.parse::<u64>().unwrap(), revision.parse::<u64>().unwrap()),
                );
                newest = newest.max(revision.parse::<u64>().unwrap());
                left -= 1;
                if left == 0 {
                    child.kill().unwrap();
                }
            }
            // After the kill, what was printed before it still counts.
        }
        child.wait().unwrap();
        assert!(left <= 0, "the writer ended by itself");
        let store = open(options(dir.path())).await.unwrap();
        assert!(store.revision() >= newest);
        for (writer, (acknowledged, revision)) in &acknowledged {
            let entry = store.get(format!("w/{writer}").as_bytes()).unwrap();
            assert!(
                number(&entry.value) >= *acknowledged && entry.revision >= *revision,
                "writer {writer}, round {round}"
            );
        }
        store.shutdown().await;
    }
}
