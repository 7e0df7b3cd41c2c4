//! Every key: what it does, where, and what the help says. Hints, `?` and docs/keys.md come from here.

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
    Pulse,
    Shell,
}

impl Place {
    const fn title(self) -> &'static str {
        match self {
            Self::Anywhere => "Everywhere",
            Self::Table => "Tables",
            Self::Nodes => "Nodes",
            Self::Pager => "Logs and texts",
            Self::Logs => "Logs",
            Self::Forwards => "Port-forwards",
            Self::Pulse => "Pulse",
            Self::Shell => "Shell (every other key goes to the pod)",
        }
    }
}

/// One line of the key map.
pub(crate) struct Binding {
    pub(crate) act: Act,
    pub(crate) place: Place,
    pub(crate) keys: &'static [&'static str],
    pub(crate) help: &'static str,
    /// One or two words for the hint line; empty when it is not worth the room.
    pub(crate) hint: &'static str,
}

const fn bind(
    place: Place,
    act: Act,
    keys: &'static [&'static str],
    hint: &'static str,
    help: &'static str,
) -> Binding {
    Binding { act, place, keys, help, hint }
}

/// The places, in the order of the help.
pub(crate) const PLACES: &[Place] = &[
    Place::Anywhere,
    Place::Table,
    Place::Nodes,
    Place::Pager,
    Place::Logs,
    Place::Forwards,
    Place::Pulse,
    Place::Shell,
];

/// The key map.
pub(crate) const KEYS: &[Binding] = &[
    bind(Place::Anywhere, Act::Help, &["?"], "help", "show every key"),
    bind(
        Place::Anywhere,
        Act::Palette,
        &[":"],
        "command",
        "go to a kind, or run a --batch command; Tab completes",
    ),
    bind(Place::Anywhere, Act::Filter, &["/"], "filter", "show only what has this in it; Esc clears"),
    bind(Place::Anywhere, Act::Back, &["esc"], "", "clear the filter, else go back"),
    bind(Place::Anywhere, Act::Quit, &["q", "ctrl-c"], "quit", "leave"),
    bind(Place::Anywhere, Act::Up, &["k", "up"], "", "one line up"),
    bind(Place::Anywhere, Act::Down, &["j", "down"], "", "one line down"),
    bind(Place::Anywhere, Act::PageUp, &["pgup", "ctrl-b"], "", "one page up"),
    bind(Place::Anywhere, Act::PageDown, &["pgdn", "ctrl-f"], "", "one page down"),
    bind(Place::Anywhere, Act::Top, &["g", "home"], "", "to the first line"),
    bind(Place::Anywhere, Act::Bottom, &["G", "end"], "", "to the last line; logs follow again"),
    bind(Place::Anywhere, Act::Namespace, &["n"], "", "choose a namespace"),
    bind(Place::Anywhere, Act::AllNamespaces, &["0"], "", "look at all namespaces"),
    bind(Place::Table, Act::Enter, &["enter"], "open", "into it: node or workload to pods, pod to logs"),
    bind(Place::Table, Act::Logs, &["l"], "logs", "follow the logs"),
    bind(Place::Table, Act::Shell, &["s"], "shell", "open a shell in a container"),
    bind(Place::Table, Act::Describe, &["d"], "describe", "everything about the object, with its events"),
    bind(Place::Table, Act::Yaml, &["y"], "yaml", "the object as YAML"),
    bind(Place::Table, Act::Forward, &["f"], "forward", "reach a port of the pod from here"),
    bind(Place::Table, Act::Why, &["w"], "why", "why it is not as it should be"),
    bind(Place::Table, Act::Timeline, &["t"], "", "what happened to it and to what owns it, and who did it"),
    bind(
        Place::Table,
        Act::Delete,
        &["ctrl-d"],
        "delete",
        "delete what is marked, else the object; asks first",
    ),
    bind(Place::Table, Act::Mark, &["space"], "mark", "mark the object, or not any longer"),
    bind(Place::Table, Act::MarkTo, &["ctrl-space"], "", "mark from the last mark to here"),
    bind(Place::Table, Act::Owner, &["O"], "", "to what controls the object"),
    bind(Place::Table, Act::Faults, &["z"], "faults", "only what is not well, or everything"),
    bind(Place::Table, Act::Sort, &["o"], "", "choose what to sort by"),
    bind(Place::Table, Act::Reverse, &["I"], "", "turn the order round"),
    bind(Place::Table, Act::Columns, &["C"], "", "choose the columns"),
    bind(Place::Table, Act::Wide, &["W"], "", "more columns, or fewer"),
    bind(Place::Nodes, Act::Cordon, &["c"], "cordon", "keep new pods off the node"),
    bind(Place::Nodes, Act::Uncordon, &["u"], "uncordon", "let new pods onto the node again"),
    bind(Place::Pager, Act::PageDown, &["space"], "", "one page down"),
    bind(Place::Pager, Act::Wrap, &["w"], "wrap", "wrap long lines, or cut them"),
    bind(Place::Pager, Act::Reload, &["r"], "reload", "read again"),
    bind(Place::Logs, Act::Timestamps, &["t"], "times", "show when each line was written"),
    bind(Place::Logs, Act::Previous, &["p"], "previous", "the container that ran before this one"),
    bind(Place::Logs, Act::Container, &["c"], "container", "choose another container"),
    bind(Place::Forwards, Act::StopForward, &["x", "ctrl-d"], "stop", "stop the forward"),
    bind(Place::Pulse, Act::Enter, &["enter"], "open", "the table of the kind, the faults of it, or why"),
    bind(Place::Pulse, Act::Why, &["w"], "why", "why it is not as it should be"),
    bind(Place::Shell, Act::LeaveShell, &["ctrl-]", "ctrl-\\"], "leave", "leave the shell"),
];

/// What a key means where it was pressed; `places` go from the special to the general.
pub(crate) fn meaning(key: KeyEvent, places: &[Place]) -> Option<Act> {
    let name = name(key);
    let at = |place: &Place| KEYS.iter().find(|b| b.place == *place && b.keys.contains(&name.as_str()));
    places.iter().find_map(at).map(|b| b.act)
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
        KeyCode::F(n) => format!("f{n}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let mut name = String::new();
    for (modifier, prefix) in [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-")] {
        if key.modifiers.contains(modifier) {
            name.push_str(prefix);
        }
    }
    name + &plain
}

/// The help, a section a place: title, then keys and what they do.
pub(crate) fn sections() -> impl Iterator<Item = (&'static str, Vec<(String, &'static str)>)> {
    PLACES.iter().map(|place| {
        let here = KEYS.iter().filter(|b| b.place == *place);
        (place.title(), here.map(|b| (b.keys.join(", "), b.help)).collect())
    })
}

/// The bytes a terminal sends for a key.
pub(crate) fn encode(key: KeyEvent, application: bool) -> Vec<u8> {
    let mut bytes = if key.modifiers.contains(KeyModifiers::ALT) { vec![0x1b] } else { Vec::new() };
    let arrow = |c: char| format!("\x1b{}{c}", if application { 'O' } else { '[' });
    let text = match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => match c.to_ascii_lowercase() {
            c @ 'a'..='z' => char::from(c as u8 & 0x1f).to_string(),
            ' ' | '2' | '@' => "\0".into(),
            '[' | '3' => "\x1b".into(),
            '^' | '6' => "\x1e".into(),
            '_' | '7' | '/' => "\x1f".into(),
            c => c.to_string(),
        },
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "\r".into(),
        KeyCode::Backspace => "\x7f".into(),
        KeyCode::Tab => "\t".into(),
        KeyCode::BackTab => "\x1b[Z".into(),
        KeyCode::Esc => "\x1b".into(),
        KeyCode::Up => arrow('A'),
        KeyCode::Down => arrow('B'),
        KeyCode::Right => arrow('C'),
        KeyCode::Left => arrow('D'),
        KeyCode::Home => arrow('H'),
        KeyCode::End => arrow('F'),
        KeyCode::Insert => "\x1b[2~".into(),
        KeyCode::Delete => "\x1b[3~".into(),
        KeyCode::PageUp => "\x1b[5~".into(),
        KeyCode::PageDown => "\x1b[6~".into(),
        KeyCode::F(n @ 1..=4) => format!("\x1bO{}", char::from(b'O' + n)),
        KeyCode::F(n @ 5..=12) => format!("\x1b[{}~", [15, 17, 18, 19, 20, 21, 23, 24][usize::from(n - 5)]),
        _ => String::new(),
    };
    bytes.extend(text.as_bytes());
    if text.is_empty() { Vec::new() } else { bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key map as Markdown.
    fn reference() -> String {
        let mut text = String::from(
            "# Keys\n\nThe same list as `?` shows. Generated from the key map: `DHOW_REWRITE=1 cargo test -p tui-screen keys`.\n",
        );
        for (title, keys) in sections() {
            text.push_str(&format!("\n## {title}\n\n| key | does |\n| --- | --- |\n"));
            for (keys, help) in keys {
                let keys = keys.split(", ").map(|k| format!("`{k}`")).collect::<Vec<_>>().join(" ");
                text.push_str(&format!("| {keys} | {help} |\n"));
            }
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
    fn a_key_means_one_thing_in_one_place() {
        let mut seen = std::collections::BTreeSet::new();
        for binding in KEYS {
            for key in binding.keys {
                assert!(seen.insert((*key, binding.place.title())), "{key} twice in {:?}", binding.place);
            }
        }
        // What is on screen together: a key of the special place may not hide one of the general.
        for together in [
            &[Place::Nodes, Place::Table, Place::Anywhere][..],
            &[Place::Logs, Place::Pager, Place::Anywhere],
            &[Place::Forwards, Place::Anywhere],
        ] {
            let here = KEYS.iter().filter(|b| together.contains(&b.place)).flat_map(|b| b.keys);
            let mut seen = std::collections::BTreeSet::new();
            for key in here {
                assert!(seen.insert(key), "{key} clashes in {together:?}");
            }
        }
    }

    #[test]
    fn keys_have_the_names_of_the_map() {
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(meaning(ctrl('5'), &[Place::Shell]), Some(Act::LeaveShell));
        assert_eq!(meaning(ctrl('d'), &[Place::Table, Place::Anywhere]), Some(Act::Delete));
        assert_eq!(meaning(KeyCode::PageDown.into(), &[Place::Anywhere]), Some(Act::PageDown));
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(meaning(shifted, &[Place::Anywhere]), Some(Act::Bottom));
        assert_eq!(meaning(KeyCode::Char('d').into(), &[Place::Anywhere]), None);
    }

    #[test]
    fn keys_reach_a_shell_as_a_terminal_sends_them() {
        let check = |code: KeyCode, modifiers, wanted: &[u8]| {
            assert_eq!(encode(KeyEvent::new(code, modifiers), false), wanted, "{code:?}");
        };
        check(KeyCode::Char('ü'), KeyModifiers::NONE, "ü".as_bytes());
        check(KeyCode::Char('c'), KeyModifiers::CONTROL, b"\x03");
        check(KeyCode::Char('b'), KeyModifiers::ALT, b"\x1bb");
        check(KeyCode::Up, KeyModifiers::NONE, b"\x1b[A");
        check(KeyCode::F(1), KeyModifiers::NONE, b"\x1bOP");
        check(KeyCode::F(5), KeyModifiers::NONE, b"\x1b[15~");
        check(KeyCode::CapsLock, KeyModifiers::NONE, b"");
        assert_eq!(encode(KeyCode::Up.into(), true), b"\x1bOA");
    }
}
