//! One grammar for keys, the palette and `--batch`: a line becomes an [`Action`], and an action is
//! performed against the doors `Cluster` and `Sessions`, whoever asked. It draws nothing.
//!
//! ```text
//!   words ──grammar::parse──► Action ──perform──► Cluster, Sessions
//!                                        └──────► Output (lines for a person or a pipe)
//! ```
//!
//! Exit codes of a performed line are in [`Exit`].

mod action;
mod apply;
mod batch;
mod blast;
mod bound;
mod capacity;
mod cockpit;
mod control_plane;
mod decide;
pub mod edit;
mod error;
pub mod forward;
pub mod grammar;
mod inverse;
mod line;
mod mask;
mod path;
mod perform;
pub mod print;
mod record;
mod risk;
mod text;
mod timeline;
mod when;
mod why;

pub use action::*;
pub use batch::{Script, run};
pub use blast::{Blast, Line};
pub use error::{Error, Exit};
pub use inverse::inverse;
pub use mask::line_shown as shown;
pub use perform::{Doors, Here, Sink, Terminal, Undo, alone, foresee, perform, undoable};
pub use risk::{Risk, risk, secret};
pub use text::neutral;
pub use when::{At, revision};
