//! The files that the terminal is set with, and what the environment says.

use crate::{args::Options, connect::Contexts};
use std::{
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};
use tui_screen::{Kept, Setup};

/// Everything the terminal is started with besides its cluster.
pub(crate) fn setup(options: &Options) -> Setup {
    let config = options
        .config
        .clone()
        .or_else(|| folder("XDG_CONFIG_HOME", ".config").map(|d| d.join("config.yaml")));
    let history = folder("XDG_STATE_HOME", ".local/state").map(|folder| folder.join("history"));
    // The demo leaves nothing on the disk.
    let history = history.filter(|_| !options.demo.demo);
    Setup {
        clusters: Arc::new(Contexts::of(options)),
        config: read(config),
        history: read(history),
        read_only: options.read_only,
        // See no-color.org: what counts is that it is there and says something.
        coloured: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        named: options.namespace.is_some(),
        demo: options.demo.demo,
    }
}

/// Our folder in one of the person's.
fn folder(variable: &str, usual: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named.or_else(|| env::home_dir().map(|home| home.join(usual)))?;
    Some(folder.join("dhow"))
}

fn read(path: Option<PathBuf>) -> Kept {
    let Some(path) = path else { return Kept::default() };
    let (text, trouble) = match fs::read_to_string(&path) {
        Ok(text) => (text, None),
        Err(error) if error.kind() == ErrorKind::NotFound => (String::new(), None),
        Err(error) => (String::new(), Some(unread(&path, &error))),
    };
    Kept { path: Some(path), text, trouble }
}

fn unread(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be read: {error}", path.display())
}
