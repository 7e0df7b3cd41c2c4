//! What a long-running process needs: a clock, logs, health, a way to stop, and tasks with names. It
//! knows no role.

mod clock;
pub mod file;
mod health;
pub mod logs;
mod shutdown;
mod tasks;

pub use clock::now;
pub use health::Health;
pub use shutdown::{Shutdown, on_signal};
pub use tasks::Tasks;
