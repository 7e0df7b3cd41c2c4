//! What the terminal is started with.

use std::{path::PathBuf, pin::Pin, sync::Arc};
use tui_commands::Doors;

/// A place in front of a cluster.
pub struct Seat {
    /// The way to it.
    pub doors: Doors,
    /// What the cluster is called.
    pub context: String,
    /// Where it is.
    pub server: String,
}

/// A seat on its way.
pub type Opening = Pin<Box<dyn Future<Output = Result<Seat, String>> + Send>>;

/// The clusters that there are to go to.
pub trait Clusters: Send + Sync {
    /// Their names.
    fn contexts(&self) -> Vec<String>;
    /// A seat in front of one of them. Nothing is sent yet.
    fn open(&self, context: &str) -> Opening;
}

/// A text that is kept in a file.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Where; `None` when nobody knows.
    pub path: Option<PathBuf>,
    /// What was there at the start.
    pub text: String,
    /// Why it could not be read, if it is there.
    pub trouble: Option<String>,
}

/// Everything besides the cluster.
pub struct Setup {
    /// Where else one can go.
    pub clusters: Arc<dyn Clusters>,
    /// The configuration.
    pub config: Kept,
    /// The lines of the palette, the newest last.
    pub history: Kept,
    /// Nothing that changes anything is done.
    pub read_only: bool,
    /// Whether there may be colours.
    pub coloured: bool,
    /// It is the demo's world.
    pub demo: bool,
    /// The namespace was named on the command line.
    pub named: bool,
}
