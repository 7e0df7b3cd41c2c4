//! What a node may do: read what its pods need, and write what is its own.

use super::{Ask, Verdict};
use crate::door::User;

/// The node a user is: named `system:node:<name>` and in the group `system:nodes`.
pub(super) fn name(user: &User) -> Option<&str> {
    let node = user.name.strip_prefix("system:node:").filter(|n| !n.is_empty())?;
    user.groups.iter().any(|g| g == "system:nodes").then_some(node)
}

/// (group, plural) of what every node may read.
const READS: &[(&str, &str)] = &[
    ("", "pods"),
    ("", "nodes"),
    ("", "services"),
    ("", "endpoints"),
    ("", "namespaces"),
    ("", "serviceaccounts"),
    ("discovery.k8s.io", "endpointslices"),
    ("coordination.k8s.io", "leases"),
];

pub(super) fn decide(node: &str, ask: &Ask<'_>) -> Verdict {
    let yes = |may: bool| if may { Verdict::Allow } else { Verdict::Deny };
    let writes = matches!(ask.verb, "create" | "update" | "patch");
    match (ask.kind.group, ask.kind.plural, ask.part, ask.verb) {
        (group, plural, "", "get" | "list" | "watch") if READS.contains(&(group, plural)) => Verdict::Allow,
        // What every pod mounts, and what is no secret at all.
        ("", "configmaps", "", "get") if ask.name == crate::admission::AUTHORITY => Verdict::Allow,
        ("", "configmaps" | "secrets", "", "get") => Verdict::UsedOn(node.into()),
        (_, "nodes" | "pods", "status", "get") => Verdict::Allow,
        ("", "nodes", "" | "status", _) => yes(writes && ask.name == node),
        ("", "pods", "status", "update" | "patch") | ("", "pods", "", "delete") => {
            Verdict::OnNode(node.into())
        }
        ("", "serviceaccounts", "token", "create") => Verdict::OnNode(node.into()),
        ("", "events", "", _) => yes(writes),
        ("coordination.k8s.io", "leases", "", _) => {
            yes((writes || ask.verb == "delete") && ask.namespace == "kube-node-lease" && ask.name == node)
        }
        _ => Verdict::Deny,
    }
}
