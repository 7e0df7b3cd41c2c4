//! Who may import whom. The table is the architecture; this test keeps it true.

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Every crate of the workspace and the crates of the workspace it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("shared-api", &[]),
    ("shared-proto", &[]),
    ("shared-pki", &[]),
    ("shared-daemon", &[]),
    ("shared-cel", &["shared-api"]),
    ("shared-client", &["shared-api", "shared-proto", "shared-pki"]),
    ("shared-reconcile", &["shared-api", "shared-client"]),
    ("shared-placement", &["shared-api", "shared-client"]),
    ("shared-testkit", &["shared-api", "shared-client"]),
    ("shared-tidy", &[]),
    ("controlplane-store", &["shared-proto"]),
    (
        "controlplane-apiserver",
        &["controlplane-store", "shared-api", "shared-cel", "shared-client", "shared-proto", "shared-pki"],
    ),
    ("controlplane-controllers", &["shared-api", "shared-cel", "shared-placement", "shared-reconcile"]),
    ("controlplane-scheduler", &["shared-api", "shared-placement", "shared-reconcile"]),
    (
        "controlplane-server",
        &[
            "controlplane-apiserver",
            "controlplane-controllers",
            "controlplane-scheduler",
            "controlplane-store",
            "shared-api",
            "shared-client",
            "shared-daemon",
            "shared-pki",
            "shared-reconcile",
        ],
    ),
    ("agent-runtime", &[]),
    ("agent-network", &["shared-api", "shared-client"]),
    ("agent-volumes", &["shared-api"]),
    (
        "agent-pods",
        &[
            "agent-network",
            "agent-runtime",
            "agent-volumes",
            "shared-api",
            "shared-client",
            "shared-placement",
        ],
    ),
    (
        "agent-node",
        &[
            "agent-network",
            "agent-pods",
            "agent-runtime",
            "agent-volumes",
            "shared-api",
            "shared-client",
            "shared-daemon",
            "shared-pki",
        ],
    ),
    ("agent-hollow", &["shared-api", "shared-client"]),
    ("tui-commands", &["shared-api", "shared-client", "shared-placement"]),
    ("tui-screen", &["shared-api", "shared-client", "tui-commands"]),
    (
        "tui-bin",
        &[
            "agent-hollow",
            "agent-node",
            "controlplane-server",
            "shared-client",
            "shared-daemon",
            "shared-pki",
            "tui-commands",
            "tui-screen",
        ],
    ),
    ("demo-e2e", &[]),
];

/// Crates of others that only these may name.
const FENCES: &[(&str, &[&str])] = &[
    ("k8s-openapi", &["shared-api"]),
    ("serde_yaml", &["shared-api"]),
    ("openraft", &["controlplane-store"]),
    ("sled", &["controlplane-store"]),
    ("containerd-client", &["agent-runtime"]),
    ("oci-spec", &["agent-runtime"]),
    ("rtnetlink", &["agent-network"]),
    ("iptables", &["agent-network"]),
    ("simple-dns", &["agent-network"]),
    ("ratatui", &["tui-screen"]),
    ("crossterm", &["tui-screen"]),
    ("axum", &["controlplane-apiserver", "controlplane-server"]),
    ("clap", &["tui-commands", "tui-bin"]),
    ("anyhow", &["agent-node", "controlplane-server", "tui-bin"]),
    ("rcgen", &["shared-pki"]),
];

#[test]
fn imports_follow_the_arrows() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("name");
        let Some(allowed) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            // Tests may use what they test with.
            if !dependency["kind"].is_null() {
                continue;
            }
            let to = dependency["name"].as_str().expect("name");
            if packages.iter().any(|p| p["name"] == to) && !allowed.contains(&to) {
                wrong.push(format!("{name} -> {to}"));
            }
            if let Some((_, who)) = FENCES.iter().find(|(fenced, _)| *fenced == to)
                && !who.contains(&name)
            {
                wrong.push(format!("{name} -> {to} (fenced)"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that should not be there:\n  {}", wrong.join("\n  "));
}

#[test]
fn packages_are_named_after_their_folders() {
    let metadata = metadata();
    let root = metadata["workspace_root"].as_str().expect("root");
    for package in metadata["packages"].as_array().expect("packages") {
        let manifest = package["manifest_path"].as_str().expect("path");
        let folder =
            manifest.trim_start_matches(root).trim_start_matches('/').trim_end_matches("/Cargo.toml");
        assert_eq!(package["name"].as_str(), Some(folder.replace('/', "-").as_str()));
    }
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}
