//! The one place that asks what time it is; everything else takes the answer as an argument.

use jiff::Timestamp;

/// This moment.
pub fn now() -> Timestamp {
    Timestamp::now()
}
