//! What the disk itself can do: appends of 1 KiB, each followed by `fdatasync`.

use crate::statistics::per_second;
use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// Durable appends a second to a growing file in `directory`.
pub(crate) fn rate(directory: &Path) -> Result<f64, String> {
    let path = directory.join("appends");
    let append = || -> std::io::Result<f64> {
        let mut file = File::create(&path)?;
        let began = Instant::now();
        let mut count = 0;
        while began.elapsed() < Duration::from_secs(1) {
            file.write_all(&[b'x'; 1024])?;
            file.sync_data()?;
            count += 1;
        }
        Ok(per_second(count, began.elapsed()))
    };
    append().map_err(|e| format!("appending to {}: {e}", path.display()))
}
