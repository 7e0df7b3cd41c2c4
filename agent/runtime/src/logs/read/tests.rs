use super::*;
use nix::fcntl::{Flock, FlockArg};
use std::{fs, io::Write};

const SECOND: i64 = 1_000_000_000;

fn record(second: i64, source: Source, partial: bool, text: &str) -> Vec<u8> {
    let mut line = Vec::new();
    line::write(&mut line, &time::format(second * SECOND), source, partial, text.as_bytes());
    line
}

fn log() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("0.log");
    let lines = |range: std::ops::Range<i64>| -> Vec<u8> {
        range.flat_map(|n| record(n, Source::Stdout, false, &format!("line {n}"))).collect()
    };
    fs::write(super::super::file(&log, 2), lines(0..3)).unwrap();
    fs::write(super::super::file(&log, 1), lines(3..6)).unwrap();
    let mut newest = lines(6..8);
    newest.extend(record(8, Source::Stderr, true, "half "));
    newest.extend(record(9, Source::Stdout, false, "between"));
    newest.extend(record(10, Source::Stderr, false, "whole"));
    fs::write(&log, newest).unwrap();
    (directory, log)
}

async fn text(log: &Path, query: LogQuery) -> String {
    let chunks: Vec<_> = read(log, &query).collect().await;
    chunks.into_iter().map(|chunk| String::from_utf8(chunk.unwrap().bytes.to_vec()).unwrap()).collect()
}

#[tokio::test]
async fn reads_all_files_in_order() {
    let (_kept, log) = log();
    let whole = text(&log, LogQuery::default()).await;
    assert!(whole.starts_with("line 0\nline 1\n"), "{whole}");
    assert!(whole.ends_with("line 7\nhalf between\nwhole\n"), "{whole}");
    assert_eq!(whole.lines().count(), 10);
}

#[tokio::test]
async fn tails_across_files() {
    let (_kept, log) = log();
    let tail = |lines| LogQuery { tail: Some(lines), ..LogQuery::default() };
    assert_eq!(text(&log, tail(0)).await, "");
    assert_eq!(text(&log, tail(2)).await, "half between\nwhole\n");
    assert!(text(&log, tail(6)).await.starts_with("line 4\nline 5\nline 6\n"));
    assert_eq!(text(&log, tail(1000)).await.lines().count(), 10);
}

#[tokio::test]
async fn filters_by_time_writes_times_and_stops_at_a_limit() {
    let (_kept, log) = log();
    let since = LogQuery { since: Some(7 * SECOND), timestamps: true, ..LogQuery::default() };
    assert_eq!(
        text(&log, since).await,
        "1970-01-01T00:00:07.000000000Z line 7\n1970-01-01T00:00:08.000000000Z half \
         1970-01-01T00:00:09.000000000Z between\nwhole\n"
    );
    let limit = LogQuery { limit_bytes: Some(10), ..LogQuery::default() };
    assert_eq!(text(&log, limit).await, "line 0\nlin");
}

#[tokio::test]
async fn a_missing_log_is_an_error() {
    let mut chunks = read(Path::new("/nowhere/0.log"), &LogQuery::default());
    assert_eq!(chunks.next().await.unwrap().unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn follows_across_rotation_until_the_writer_ends() {
    let (_kept, log) = log();
    let open = |log: &Path| {
        let file = fs::OpenOptions::new().append(true).create(true).open(log).unwrap();
        Flock::lock(file, FlockArg::LockExclusive).unwrap()
    };
    let mut writer = open(&log);
    let query = LogQuery { follow: true, tail: Some(1), ..LogQuery::default() };
    let mut chunks = read(&log, &query);
    let mut next = async || {
        let chunk = chunks.next().await?;
        Some(String::from_utf8(chunk.unwrap().bytes.to_vec()).unwrap())
    };
    assert_eq!(next().await.unwrap(), "between\n");
    assert_eq!(next().await.unwrap(), "whole\n");
    writer.write_all(&record(11, Source::Stdout, false, "more")).unwrap();
    assert_eq!(next().await.unwrap(), "more\n");
    writer.write_all(&record(12, Source::Stdout, false, "last of the old")).unwrap();
    for age in (0..4).rev() {
        let _ = fs::rename(super::super::file(&log, age), super::super::file(&log, age + 1));
    }
    writer = open(&log);
    writer.write_all(&record(13, Source::Stdout, false, "first of the new")).unwrap();
    assert_eq!(next().await.unwrap(), "last of the old\n");
    assert_eq!(next().await.unwrap(), "first of the new\n");
    drop(writer);
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn whoever_has_joined_misses_nothing_said_from_then_on() {
    let (_kept, log) = log();
    let file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    let mut writer = Flock::lock(file, FlockArg::LockExclusive).unwrap();
    let chunks = from_now(&log).await.unwrap();
    // Before anybody had a chance to read: this test runs on one thread.
    writer.write_all(&record(11, Source::Stdout, false, "an answer")).unwrap();
    drop(writer);
    let said: Vec<_> = chunks.map(|chunk| chunk.unwrap().bytes).collect().await;
    assert_eq!(said.concat(), b"an answer\n");
}
