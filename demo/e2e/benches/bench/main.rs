//! The benchmark: one table, everything in it measured in the same run. `demo/bench` runs it; what each
//! row means is written in docs/benchmark.md.

mod api;
mod bare;
mod caller;
mod disk;
mod http;
mod lists;
mod load;
mod memory;
mod pods;
mod start;
mod watchers;

use demo_e2e::measure::{Outcome, daemon, proc, statistics, table};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use table::Table;

/// Where things are.
struct Setting {
    /// The program.
    dhow: PathBuf,
    /// The demo's directory.
    demo: PathBuf,
    /// A directory on a real disk, for everything this run writes.
    work: PathBuf,
}

impl Setting {
    /// From the variables that `demo/bench` sets.
    fn read() -> Result<Self, String> {
        let variable = |name: &str| {
            std::env::var_os(name).ok_or_else(|| format!("{name} is not set: run this with demo/bench"))
        };
        let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", std::process::id()));
        std::fs::create_dir_all(&work).map_err(|e| format!("making {}: {e}", work.display()))?;
        Ok(Self { dhow: variable("DHOW")?.into(), demo: variable("DHOW_DEMO")?.into(), work })
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.work);
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    shared_pki::install_provider();
    // Cargo says `--bench`; what else is said are the parts to measure, all of them when none is named.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let done = match words.as_slice() {
        [word, directory] if word == "bare-server" => bare::serve(Path::new(directory)).await,
        parts => measure(parts).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

const PARTS: [&str; 6] = ["memory", "start", "pods", "api", "lists", "watchers"];

async fn measure(parts: &[String]) -> Result<(), String> {
    if let Some(part) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        return Err(format!("{part:?} is no part of the benchmark; there is: {}", PARTS.join(", ")));
    }
    let setting = Setting::read()?;
    let mut table = Table::default();
    // Idle memory first: what follows makes the cluster busy.
    for part in PARTS.into_iter().filter(|part| parts.is_empty() || parts.iter().any(|p| p == part)) {
        let outcome = match part {
            "memory" => memory::measure(&setting).await,
            "start" => start::measure(&setting).await,
            "pods" => pods::measure(&setting).await,
            "lists" => lists::measure(&setting).await,
            "watchers" => watchers::measure(&setting).await,
            _ => api::measure(&setting).await,
        };
        table.add(part, outcome);
    }
    table.print();
    table.complete()
}
