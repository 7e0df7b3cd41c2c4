//! docs/kinds.md is what `KINDS` says.

use shared_api::{KINDS, KindInfo};
use std::{fmt::Write as _, fs, path::Path};

fn reference() -> String {
    let mut text = String::from(
        "# Kinds\n\nEvery kind the cluster serves, from the list `KINDS`. Generated: `DHOW_REWRITE=1 cargo test -p \
         shared-api documents`.\n\nThe first version is the one objects are stored in; the others are turned into it on \
         the way in and out of it on the way out.\nWithout another word a kind can be created, read, listed, watched, \
         changed, patched and deleted.\n\n| kind | versions | short names | subresources | verbs |\n| --- | --- | --- | \
         --- | --- |\n",
    );
    for kind in KINDS {
        let versions = std::iter::once(kind.api_version).chain(kind.versions.iter().map(|v| v.api_version));
        let _ = writeln!(
            text,
            "| {}{} | {} | {} | {} | {} |",
            kind.kind,
            if kind.namespaced { "" } else { " (cluster)" },
            versions.collect::<Vec<_>>().join(", "),
            kind.short_names.join(", "),
            kind.subresources.join(", "),
            verbs(kind),
        );
    }
    text
}

fn verbs(kind: &KindInfo) -> String {
    if kind.verbs.len() >= 8 { String::new() } else { format!("only {}", kind.verbs.join(", ")) }
}

#[test]
fn the_reference_of_kinds_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kinds.md");
    let wanted = reference();
    if std::env::var_os("DHOW_REWRITE").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/kinds.md is out of date: run DHOW_REWRITE=1 cargo test -p shared-api documents"
    );
}
