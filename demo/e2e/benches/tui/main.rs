//! The benchmark of the terminal: the real program in a pty, in front of a real control plane that hollow
//! nodes fill. `demo/bench-tui` runs it; what each row means is written in docs/benchmark.md.

mod looks;
mod measure;
mod seat;
mod world;

use demo_e2e::measure::table::Table;
use std::{path::PathBuf, process::ExitCode};

/// Where things are.
struct Setting {
    /// The program.
    dhow: PathBuf,
    /// A directory on a real disk, for everything this run writes.
    work: PathBuf,
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.work);
    }
}

/// How many pods there are, and the words that ask for it.
const SIZES: [(&str, usize); 3] = [("1k", 1_000), ("10k", 10_000), ("100k", 100_000)];
/// What is measured when nothing is asked for.
const USUAL: [&str; 2] = ["1k", "10k"];

fn main() -> ExitCode {
    // Cargo says `--bench`; what else is said are the sizes to measure.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), String> {
    if let Some(word) = words.iter().find(|word| !SIZES.iter().any(|(name, _)| name == word)) {
        return Err(format!("{word:?} is no size of the benchmark; there is: 1k, 10k, 100k"));
    }
    let dhow = std::env::var_os("DHOW").ok_or("DHOW is not set: run this with demo/bench-tui")?;
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-tui-{}", std::process::id()));
    std::fs::create_dir_all(&work).map_err(|e| format!("making {}: {e}", work.display()))?;
    let setting = Setting { dhow: dhow.into(), work };
    let mut table = Table::default();
    for (name, pods) in SIZES {
        let meant = if words.is_empty() { USUAL.contains(&name) } else { words.iter().any(|w| w == name) };
        if meant {
            eprintln!("{name} pods");
            table.add(name, measure::all(&setting, name, pods));
        }
    }
    table.print();
    table.complete()
}
