//! Nodes with nothing inside: they register, beat, and tell of their pods what a node would tell, but no
//! container runs. For trying the program, and for measuring it with more pods than a machine holds.
//!
//! ```text
//!   pod, now ──status::next──► Next: tell this status, look again then, remove it
//! ```
//!
//! What is told follows from the pod and the time alone, so hollow nodes that are started again go on where
//! others stopped. It knows [`Cluster`](shared_client::Cluster) only: no server, no container, no disk.

mod beat;
mod churn;
mod fleet;
mod keep;
mod life;
mod load;
mod make;
mod node;
mod seed;
mod sessions;
mod status;
mod story;
mod wait;

pub use fleet::{Fleet, Pace};
pub use load::fill;
pub use sessions::HollowSessions;
pub use story::begin;
pub use wait::settled;
