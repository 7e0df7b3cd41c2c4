//! The terminal that `--batch` was started in, lent to an editor or to a process far away.

use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};
use std::{
    io::{IsTerminal, stdin, stdout},
    path::Path,
    process::Command,
};
use tokio::signal::unix::{SignalKind, signal};
use tui_commands::Terminal;

/// Lets the person's editor change a file.
pub(crate) fn edit(file: &Path) -> Result<(), String> {
    let named = ["KUBE_EDITOR", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok());
    let editor = match named.filter(|editor| !editor.trim().is_empty()) {
        Some(editor) => editor,
        None if stdin().is_terminal() && stdout().is_terminal() => "vi".to_owned(),
        None => {
            return Err("edit: no editor: set KUBE_EDITOR or EDITOR, or use a terminal; or use patch".into());
        }
    };
    // A shell, for an editor may come with arguments.
    let line = format!("{editor} \"$1\"");
    let ended = Command::new("sh").args(["-c", &line, "sh"]).arg(file).status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("edit: there was a problem with the editor {editor:?}: {status}")),
        Err(why) => Err(format!("edit: the editor {editor:?} cannot be started: {why}")),
    }
}

/// Puts the terminal back as it was.
struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        // A terminal that is gone needs no manners.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

/// Every key goes to the process far away until the guard is dropped; `None` when there is no terminal.
pub(crate) fn hand_over() -> Option<Terminal> {
    if !isatty(stdin()) || !isatty(stdout()) {
        return None;
    }
    let before = tcgetattr(stdin()).ok()?;
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(stdin(), OptionalActions::Now, &raw).ok()?;
    let guard = Box::new(Restore(before));
    let (send, sizes) = tokio::sync::mpsc::channel(4);
    let mut changes = signal(SignalKind::window_change()).ok()?;
    tokio::spawn(async move {
        loop {
            if let Ok(size) = tcgetwinsize(stdout())
                && send.send((size.ws_col, size.ws_row)).await.is_err()
            {
                return;
            }
            if changes.recv().await.is_none() {
                return;
            }
        }
    });
    Some(Terminal { sizes, guard })
}
