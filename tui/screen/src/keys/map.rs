//! The key map: every key, what it does there, and what the help says of it.

use super::{Act, Place};

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
    Place::Panes,
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
    bind(Place::Anywhere, Act::Earlier, &["["], "", "go back, keeping the filter"),
    bind(Place::Anywhere, Act::Later, &["]"], "", "go forward again"),
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
    bind(
        Place::Panes,
        Act::SplitRight,
        &["ctrl-w v"],
        "",
        "another pane beside this one, with the same in it",
    ),
    bind(Place::Panes, Act::SplitBelow, &["ctrl-w s"], "", "another pane below this one"),
    bind(
        Place::Panes,
        Act::Follow,
        &["ctrl-w f"],
        "",
        "a pane beside this one that shows logs, describe, events … of the cursor",
    ),
    bind(Place::Panes, Act::ClosePane, &["ctrl-w c", "ctrl-w q"], "", "close the pane"),
    bind(Place::Panes, Act::NextPane, &["tab", "ctrl-w ctrl-w", "ctrl-w w"], "", "to the next pane"),
    bind(Place::Panes, Act::PreviousPane, &["shift-tab", "ctrl-w W"], "", "to the pane before"),
    bind(Place::Panes, Act::FocusLeft, &["ctrl-w h", "ctrl-w left"], "", "to the pane on the left"),
    bind(Place::Panes, Act::FocusRight, &["ctrl-w l", "ctrl-w right"], "", "to the pane on the right"),
    bind(Place::Panes, Act::FocusAbove, &["ctrl-w k", "ctrl-w up"], "", "to the pane above"),
    bind(Place::Panes, Act::FocusBelow, &["ctrl-w j", "ctrl-w down"], "", "to the pane below"),
    bind(Place::Panes, Act::Zoom, &["ctrl-w z", "ctrl-w o"], "", "only this pane, or all of them again"),
    bind(Place::Panes, Act::Wider, &["ctrl-w >"], "", "move the line between left and right to the right"),
    bind(Place::Panes, Act::Narrower, &["ctrl-w <"], "", "and to the left"),
    bind(Place::Panes, Act::Taller, &["ctrl-w +"], "", "move the line between above and below down"),
    bind(Place::Panes, Act::Shorter, &["ctrl-w -"], "", "and up"),
    bind(Place::Panes, Act::NewTab, &["ctrl-w t"], "", "a new tab, with the same in it"),
    bind(Place::Panes, Act::NextTab, &["}", "ctrl-w n"], "", "to the next tab"),
    bind(Place::Panes, Act::PreviousTab, &["{", "ctrl-w p"], "", "to the tab before"),
    bind(Place::Panes, Act::CloseTab, &["ctrl-w x"], "", "close the tab"),
    bind(Place::Shell, Act::LeaveShell, &["ctrl-]"], "leave", "leave the shell"),
    bind(Place::Shell, Act::NextPane, &["ctrl-\\"], "next pane", "to the next pane; the shell goes on"),
];
