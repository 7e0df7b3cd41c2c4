//! What the disk itself can do: writes of 1 KiB, each followed by `fdatasync`, over zeros that were
//! written ahead, as the log does it.

use crate::statistics::{Sample, milliseconds, per_second};
use std::{
    fs::File,
    io::{Seek, Write},
    path::Path,
    time::{Duration, Instant},
};

const TIME: Duration = Duration::from_millis(300);
/// As much as the log writes ahead.
const AHEAD: usize = 1 << 20;

/// Durable writes in `directory`, now: a disk that others use too is another one a second later.
pub(crate) fn rate(directory: &Path) -> Result<String, String> {
    let path = directory.join("writes");
    let write = || -> std::io::Result<String> {
        let mut file = File::create(&path)?;
        file.write_all(&vec![0; AHEAD])?;
        file.sync_all()?;
        file.rewind()?;
        let (began, mut taken) = (Instant::now(), Vec::new());
        while began.elapsed() < TIME && taken.len() < AHEAD / 1024 {
            let asked = Instant::now();
            file.write_all(&[b'x'; 1024])?;
            file.sync_data()?;
            taken.push(asked.elapsed());
        }
        let rate = per_second(taken.len(), began.elapsed());
        Ok(format!("{rate:.0}/s at p50 {}", milliseconds(Sample::of(taken).percentile(50))))
    };
    write().map_err(|e| format!("writing {}: {e}", path.display()))
}
