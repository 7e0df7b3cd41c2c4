//! The person's editor on a text: a file that only its owner reads, for as long as the editor runs.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::Command,
};
use tokio::signal::unix::{SignalKind, signal};
use tui_commands::edit::Draft;

/// What the person calls an editor.
pub(crate) fn chosen() -> String {
    let named = ["KUBE_EDITOR", "EDITOR", "VISUAL"].into_iter().filter_map(|name| std::env::var(name).ok());
    named.into_iter().find(|editor| !editor.trim().is_empty()).unwrap_or_else(|| "vi".into())
}

/// Lets the editor have the terminal; the text as it is afterwards, or which command failed and why.
pub(crate) async fn edit(editor: String, draft: &Draft) -> Result<String, String> {
    // Ctrl-C in the editor is the editor's.
    let _interrupts = signal(SignalKind::interrupt());
    let name = format!("dhow-edit-{}-{}.yaml", draft.key.name, draft.uid).replace('/', "-");
    let (path, text) = (std::env::temp_dir().join(name), draft.text.clone());
    let done = tokio::task::spawn_blocking(move || on_file(&editor, &path, &text)).await;
    done.unwrap_or_else(|why| Err(format!("edit: {why}")))
}

fn on_file(editor: &str, path: &Path, text: &str) -> Result<String, String> {
    let failed = |why: io::Error| format!("edit: {}: {why}", path.display());
    write(path, text).map_err(failed)?;
    // A shell, for an editor may come with arguments.
    let ended = Command::new("sh").args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(path).status();
    let said = match ended {
        Ok(status) if status.success() => fs::read_to_string(path).map_err(failed),
        Ok(status) if status.code() == Some(127) => {
            Err(format!("edit: the editor {editor:?} is not there; set EDITOR to one that is"))
        }
        Ok(status) => Err(format!("edit: the editor {editor:?} ended with {status}; nothing was changed")),
        Err(why) => Err(format!("edit: the editor {editor:?} cannot be started: {why}")),
    };
    let _ = fs::remove_file(path);
    said
}

/// Another's file of that name, or a link, is not written through.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let _ = fs::remove_file(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_is_a_command_line_and_what_goes_wrong_is_said() {
        let path = std::env::temp_dir().join(format!("dhow-editor-{}.yaml", std::process::id()));
        let run = |editor: &str| on_file(editor, &path, "a: 1\n");
        assert_eq!(run("sed -i s/1/2/").as_deref(), Ok("a: 2\n"));
        assert_eq!(run("true").as_deref(), Ok("a: 1\n"));
        assert!(run("dhow-no-such-editor 2>/dev/null").unwrap_err().contains("is not there"));
        assert!(run("false").unwrap_err().contains("exit status: 1"));
        assert!(!path.exists());
    }
}
