//! How many durable commits a second, beside what the disk itself can do in the same run.
//!
//! `cargo run --release -p controlplane-store --example bench_store [directory]`

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use controlplane_store::{Member, Op, Options, Store, Txn, Value, open};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const START: &str = "BENCH_STORE_START";
const CELL: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(dir) = std::env::var_os(START) {
        return start(Path::new(&dir)).await;
    }
    let place = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = tempfile::tempdir_in(place)?;
    starts(&dir.path().join("start")).await?;
    for callers in [1, 16, 64, 256] {
        let raw = raw_syncs(dir.path())?;
        let store = open(Options::new(dir.path().join(format!("store-{callers}")))).await?;
        let (rate, median) = commits(&store, callers).await;
        store.shutdown().await;
        println!(
            "{callers:>4} callers: {rate:>8.0} commits/s, median {median:>7.0?}; raw fdatasync {raw:>6.0}/s"
        );
    }
    Ok(())
}

fn raw_syncs(dir: &Path) -> std::io::Result<f64> {
    let path = dir.join("raw");
    let file = File::create(&path)?;
    file.write_all_at(&vec![0; 16 << 20], 0)?;
    file.sync_all()?;
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < CELL / 2 {
        file.write_all_at(&[7; 1_100], u64::from(count % 14_000) * 1_100)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}

fn put(key: String) -> Txn {
    let value = Value { bytes: vec![b'x'; 1_024].into(), hole: Some(10) };
    Txn { checks: vec![], ops: vec![Op::Put { key: key.into(), value }] }
}

async fn commits(store: &Arc<Member>, callers: usize) -> (f64, Duration) {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                while begun.elapsed() < CELL {
                    let asked = Instant::now();
                    let key = format!("/bench/{caller}/{}", times.len() % 50);
                    if let Err(error) = store.commit(put(key)).await {
                        eprintln!("{error}");
                        break;
                    }
                    times.push(asked.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap_or_default());
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
    (f64::from(count) / begun.elapsed().as_secs_f64(), median)
}

/// Starts in processes of their own, so that each has only its own memory.
async fn starts(dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    in_process("empty, first", dir)?;
    in_process("empty, again", dir)?;
    let store = open(Options::new(dir)).await?;
    for batch in 0..200 {
        let commits = (0..100).map(|one| store.commit(put(format!("/objects/{}", batch * 100 + one))));
        for done in futures::future::join_all(commits).await {
            done?;
        }
    }
    store.shutdown().await;
    in_process("20,000 objects", dir)?;
    std::fs::remove_dir_all(dir.join("applied"))?;
    in_process("20,000 objects, copy in sled lost", dir)?;
    in_process("20,000 objects, once more", dir)?;
    Ok(())
}

fn in_process(what: &str, dir: &Path) -> std::io::Result<()> {
    let output = Command::new(std::env::current_exe()?).env(START, dir).output()?;
    println!("start, {what}: {}", String::from_utf8_lossy(&output.stdout).trim());
    Ok(())
}

async fn start(dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let before = memory();
    let begun = Instant::now();
    let store = open(Options::new(dir)).await?;
    let took = begun.elapsed();
    let barriers = Instant::now();
    for _ in 0..1_000 {
        store.barrier().await?;
    }
    let barrier = barriers.elapsed() / 1_000;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let files = u32::try_from(std::fs::read_dir(dir.join("log"))?.count())?;
    println!(
        "{took:.1?} to ready, barrier {barrier:?}, idle {} ({before} before), {files} log files",
        memory()
    );
    store.shutdown().await;
    Ok(())
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line =
        |name| status.lines().find(|line: &&str| line.starts_with(name)).unwrap_or_default().to_owned();
    line("VmRSS").split_whitespace().collect::<Vec<_>>().join(" ")
}
