//! What a person has set: `$XDG_CONFIG_HOME/dhow/config.yaml`, else `~/.config/dhow/config.yaml`. Who starts the
//! terminal reads the file; this makes sense of its text. What it does not understand is told by name, with what
//! would be understood, and the rest counts.
//!
//! ```yaml
//! namespace: shop,data          # what is looked at first; all is all of them
//! read-only: true               # nothing that changes anything is done
//! skin: light                   # default, light, high-contrast, plain, or one of those below
//! start: pods -A /status:crash  # a line of the palette
//! mouse: false
//! keys:                         # actions by the names that docs/keys.md has
//!   split-right: ctrl-w |
//!   pager.page-down: [space, ctrl-f]
//!   timeline: []                # no key
//! skins:
//!   mine: {like: light, cursor: black on yellow, bad: bold red}
//! colors: {warn: magenta}       # over whatever skin
//! contexts:                     # the first four again, for one context
//!   production: {read-only: true, skin: high-contrast}
//! layouts:                      # `:layout save NAME` writes them
//!   trouble: {beside: ["pods -A /status:crash", "follow why"], share: 40}
//! ```

mod layout;
mod read;
mod save;

pub(crate) use layout::Layout;
pub(crate) use save::with_layouts;

use crate::{draw::Skin, keys::Keymap, model::Namespaces};
use std::{collections::BTreeMap, path::PathBuf};

/// Everything that is set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    /// Where it is kept; `None` when nobody said.
    pub(crate) path: Option<PathBuf>,
    /// For every context.
    pub(crate) common: Settings,
    contexts: BTreeMap<String, Settings>,
    pub(crate) keymap: Keymap,
    skins: BTreeMap<String, Skin>,
    colors: Vec<(String, String)>,
    pub(crate) layouts: BTreeMap<String, Layout>,
    pub(crate) mouse: bool,
    /// Whether there may be colours at all.
    pub(crate) coloured: bool,
    /// What was not understood.
    pub(crate) troubles: Vec<String>,
}

/// What can be set for one context or for all.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) namespaces: Option<Namespaces>,
    pub(crate) read_only: Option<bool>,
    pub(crate) skin: Option<String>,
    pub(crate) start: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: None,
            common: Settings::default(),
            contexts: BTreeMap::new(),
            keymap: Keymap::default(),
            skins: BTreeMap::new(),
            colors: Vec::new(),
            layouts: BTreeMap::new(),
            mouse: true,
            coloured: true,
            troubles: Vec::new(),
        }
    }
}

impl Config {
    /// What counts in a context.
    pub(crate) fn settings(&self, context: &str) -> Settings {
        let own = self.contexts.get(context).cloned().unwrap_or_default();
        let common = self.common.clone();
        Settings {
            namespaces: own.namespaces.or(common.namespaces),
            read_only: own.read_only.or(common.read_only),
            skin: own.skin.or(common.skin),
            start: own.start.or(common.start),
        }
    }

    /// A skin by its name, with the colours that go over it.
    pub(crate) fn skin(&self, name: &str) -> Option<Skin> {
        let mut skin = self.skins.get(name).cloned().or_else(|| Skin::named(name))?;
        for (part, style) in &self.colors {
            // What cannot be read was told when the file was read.
            let _ = skin.set(part, style);
        }
        Some(if self.coloured { skin } else { skin.colourless() })
    }

    /// The names of all skins.
    pub(crate) fn skins(&self) -> Vec<String> {
        let own = self.skins.keys().map(String::as_str);
        Skin::NAMES.iter().copied().chain(own).map(str::to_owned).collect()
    }
}
