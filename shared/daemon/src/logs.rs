//! Log lines: one sentence each, past tense, with its data in fields.
//!
//! Field names, one for each idea across the project: `node`, `pod`, `container`, `key` (an object),
//! `revision`, `user`, `error`, `took`.

use tracing_subscriber::{EnvFilter, fmt};

/// Writes log lines to standard error. `filter` is as in `RUST_LOG`: `info`, `dhow=debug,warn`.
pub fn start(filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("log filter {filter:?}: {e}"))?;
    let started = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).try_init();
    started.map_err(|e| format!("starting the log: {e}"))
}
