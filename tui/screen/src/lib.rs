//! The terminal.

/// Runs it.
pub async fn run(_doors: tui_commands::Doors, _context: &str, _server: &str) -> std::io::Result<()> {
    Ok(())
}
