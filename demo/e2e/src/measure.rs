//! What benchmarks share: processes, what the kernel says of them, percentiles, and the one table.

pub mod daemon;
pub mod proc;
pub mod statistics;
pub mod table;

use table::Row;

/// What a measurement says: rows, or why there are none.
pub type Outcome = Result<Vec<Row>, String>;
