//! Every key: what it does, where, and what the help says. Keys are data: hints, `?` and docs/keys.md are made
//! of the map, and a configuration can put other keys in it. A key may be a sequence: `ctrl-w v`.
//!
//! ```text
//!   KEYS (map.rs) ─┬─► Keymap (trie.rs) ──meaning(pressed so far, places)──► Act | more is to come | nothing
//!   configuration ─┘
//! ```

mod map;
mod trie;
mod wire;

pub(crate) use map::{Binding, KEYS, PLACES};
pub(crate) use trie::{Keymap, Meaning};
pub(crate) use wire::{encode, encode_mouse};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Enter,
    Back,
    Filter,
    Palette,
    Help,
    Quit,
    Namespace,
    AllNamespaces,
    Logs,
    Shell,
    Describe,
    Yaml,
    Forward,
    Edit,
    Delete,
    Wide,
    Why,
    Timeline,
    Sort,
    Reverse,
    Faults,
    Columns,
    Mark,
    MarkTo,
    Owner,
    Cordon,
    Uncordon,
    Wrap,
    Timestamps,
    Previous,
    Container,
    Reload,
    StopForward,
    LeaveShell,
    Earlier,
    Later,
    SplitRight,
    SplitBelow,
    ClosePane,
    NextPane,
    PreviousPane,
    FocusLeft,
    FocusRight,
    FocusAbove,
    FocusBelow,
    Zoom,
    Wider,
    Narrower,
    Taller,
    Shorter,
    NewTab,
    NextTab,
    PreviousTab,
    CloseTab,
    Follow,
    CopyName,
    CopyRow,
    CopyCell,
    CopyText,
    UsedBy,
    Tutorial,
    Actions,
    Scale,
    Restart,
    Rollout,
    Image,
    Path,
    Drain,
    Undo,
    AllLogs,
    Grep,
    Fold,
    Find,
    NextMatch,
    PreviousMatch,
    Since,
    Save,
    BackInTime,
    ForthInTime,
    Diff,
}

impl Act {
    /// The action of that name, if it has a key.
    pub(crate) fn named(id: &str) -> Option<Self> {
        KEYS.iter().map(|binding| binding.act).find(|act| act.id() == id)
    }

    /// What it is called in a configuration: `split-right`.
    pub(crate) fn id(self) -> String {
        dashed(&format!("{self:?}"))
    }
}

/// `SplitRight` as `split-right`.
fn dashed(name: &str) -> String {
    let mut dashed = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !dashed.is_empty() {
            dashed.push('-');
        }
        dashed.extend(c.to_lowercase());
    }
    dashed
}

/// Where a key is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    Table,
    Nodes,
    Pager,
    Logs,
    Forwards,
    Deeds,
    Pulse,
    Shell,
    Panes,
    Used,
}

impl Place {
    /// What it is called in a configuration: `pager`.
    pub(crate) fn id(self) -> String {
        dashed(&format!("{self:?}"))
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Anywhere => "Everywhere",
            Self::Table => "Tables",
            Self::Nodes => "Nodes",
            Self::Pager => "Logs and texts",
            Self::Logs => "Logs",
            Self::Forwards => "Port-forwards",
            Self::Deeds => "Commands that were run",
            Self::Pulse => "Pulse",
            Self::Panes => "Panes and tabs",
            Self::Used => "Used by",
            Self::Shell => "Shell (every other key goes to the pod)",
        }
    }
}

/// A key's name, as the map has it.
pub(crate) fn name(key: KeyEvent) -> String {
    let plain = match key.code {
        KeyCode::Char(' ') => "space".into(),
        // Terminals send these two as control digits.
        KeyCode::Char('4') if key.modifiers.contains(KeyModifiers::CONTROL) => "\\".into(),
        KeyCode::Char('5') if key.modifiers.contains(KeyModifiers::CONTROL) => "]".into(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::PageUp => "pgup".into(),
        KeyCode::PageDown => "pgdn".into(),
        KeyCode::BackTab => "shift-tab".into(),
        KeyCode::F(n) => format!("f{n}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let mut name = String::new();
    // A terminal says of shifted letters only what they are.
    let shifted = key.modifiers.contains(KeyModifiers::SHIFT) && !matches!(key.code, KeyCode::Char(_));
    for (modifier, prefix) in [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-")] {
        if key.modifiers.contains(modifier) {
            name.push_str(prefix);
        }
    }
    if shifted && key.code != KeyCode::BackTab {
        name.push_str("shift-");
    }
    name + &plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key map as Markdown.
    fn reference() -> String {
        let mut text = String::from(
            "# Keys\n\nThe same list as `?` shows. Generated from the key map: `DHOW_REWRITE=1 cargo test -p tui-screen keys`.\n\n\
             The first name of each is what a configuration calls the action, and what `:` takes; see [tui.md](tui.md#settings).\n",
        );
        for place in PLACES {
            text.push_str(&format!(
                "\n## {}\n\n| action | key | does |\n| --- | --- | --- |\n",
                place.title()
            ));
            for binding in KEYS.iter().filter(|binding| binding.place == *place) {
                let keys = binding.keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(" ");
                let id = binding.act.id();
                let twice = KEYS.iter().filter(|other| other.act == binding.act).count() > 1;
                let id = if twice { format!("{}.{id}", place.id()) } else { id };
                text.push_str(&format!("| {id} | {keys} | {} |\n", binding.help));
            }
        }
        text.push_str("\n## After `:`\n\nBesides kinds, actions by their names and the [commands](commands.md) of `--batch`:\n\n| word | does |\n| --- | --- |\n");
        for (word, rest, help) in crate::update::WORDS {
            text.push_str(&format!("| `{}` | {help} |\n", format!("{word} {rest}").trim()));
        }
        text
    }

    #[test]
    fn the_document_says_what_the_key_map_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/keys.md");
        let wanted = reference();
        if std::env::var_os("DHOW_REWRITE").is_some() {
            std::fs::write(path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == wanted,
            "docs/keys.md is not what the key map says; rewrite it: DHOW_REWRITE=1 cargo test -p tui-screen keys"
        );
    }

    #[test]
    fn what_an_act_is_called_names_one_act() {
        let mut seen = std::collections::BTreeMap::new();
        for binding in KEYS {
            assert_eq!(*seen.entry(binding.act.id()).or_insert(binding.act), binding.act);
        }
        assert_eq!(Act::SplitRight.id(), "split-right");
    }
}
