//! How files look: short, each with a first sentence; lints everywhere; documents that name what is there.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up").to_owned()
}

fn below(folder: &Path, named: &dyn Fn(&str) -> bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder can be read").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "run" {
            below(&path, named, found);
        } else if named(&name) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    below(&root(), &|name| Path::new(name).extension().is_some_and(|e| e == "rs"), &mut found);
    found.into_iter().map(|p| (p.clone(), fs::read_to_string(&p).expect("a source can be read"))).collect()
}

#[test]
fn files_are_short() {
    let mut sizes: Vec<_> = sources().into_iter().map(|(p, text)| (text.lines().count(), p)).collect();
    sizes.sort();
    let at = |share: usize| &sizes[(sizes.len() - 1) * share / 100];
    let (half, nine_of_ten, longest) = (at(50), at(90), at(100));
    assert!(half.0 <= 150, "half of the files are longer than {} lines", half.0);
    assert!(nine_of_ten.0 <= 350, "one file of ten is longer than {} lines", nine_of_ten.0);
    assert!(longest.0 <= 600, "{} has {} lines: make it a folder", longest.1.display(), longest.0);
}

#[test]
fn no_file_is_called_mod() {
    let found = sources().into_iter().find(|(p, _)| p.ends_with("mod.rs"));
    assert!(found.is_none(), "foo.rs and foo/, not {}", found.expect("found").0.display());
}

#[test]
fn every_crate_says_what_it_is_and_keeps_the_lints() {
    let mut manifests = Vec::new();
    below(&root(), &|name| name == "Cargo.toml", &mut manifests);
    for manifest in manifests.iter().filter(|m| m.parent() != Some(&root())) {
        let text = fs::read_to_string(manifest).expect("a manifest can be read");
        assert!(text.contains("[lints]\nworkspace = true"), "{} inherits no lints", manifest.display());
        let src = manifest.parent().expect("a folder").join("src");
        let first = ["lib.rs", "main.rs"].iter().find_map(|f| fs::read_to_string(src.join(f)).ok());
        let first = first.expect("a crate has a library or a program");
        assert!(first.starts_with("//! "), "{} does not open with what it is", src.display());
    }
}

#[test]
fn the_architecture_names_every_crate() {
    let text =
        fs::read_to_string(root().join("docs/architecture.md")).expect("docs/architecture.md is there");
    let mut manifests = Vec::new();
    below(&root(), &|name| name == "Cargo.toml", &mut manifests);
    for manifest in manifests.iter().filter(|m| m.parent() != Some(&root())) {
        let folder = manifest.parent().and_then(|p| p.strip_prefix(root()).ok()).expect("below the root");
        let name = folder.to_string_lossy().replace('/', "-");
        assert!(text.contains(&format!("`{name}`")), "docs/architecture.md does not name {name}");
    }
}
