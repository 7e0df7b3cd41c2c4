//! docs/commands.md is what the grammar says.

use std::{fs, path::Path};

#[test]
fn the_command_reference_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let wanted = tui_commands::grammar::reference();
    if std::env::var_os("DHOW_REWRITE").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/commands.md is out of date: run DHOW_REWRITE=1 cargo test -p tui-commands"
    );
}
