//! How each list of the built-in kinds merges, from the `patchStrategy` and `patchMergeKey` of their types.

/// How a list merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// The patch's list replaces it.
    Atomic,
    /// A set of plain values.
    Set,
    /// Items are the same when this field is.
    Keyed(&'static str),
}

/// (kind or `*`, field the list's owner stands under, the list's field, how it merges).
const LISTS: &[(&str, &str, &str, List)] = &[
    ("*", "metadata", "ownerReferences", List::Keyed("uid")),
    ("*", "metadata", "finalizers", List::Set),
    ("*", "status", "conditions", List::Keyed("type")),
    ("Service", "spec", "ports", List::Keyed("port")),
    ("Node", "status", "addresses", List::Keyed("type")),
    ("Node", "spec", "podCIDRs", List::Set),
    ("ServiceAccount", "", "secrets", List::Keyed("name")),
    // A pod's spec, wherever it stands.
    ("*", "spec", "containers", List::Keyed("name")),
    ("*", "spec", "initContainers", List::Keyed("name")),
    ("*", "spec", "ephemeralContainers", List::Keyed("name")),
    ("*", "spec", "volumes", List::Keyed("name")),
    ("*", "spec", "imagePullSecrets", List::Keyed("name")),
    ("*", "spec", "hostAliases", List::Keyed("ip")),
    ("*", "spec", "topologySpreadConstraints", List::Keyed("topologyKey")),
    ("*", "spec", "resourceClaims", List::Keyed("name")),
    ("*", "spec", "schedulingGates", List::Keyed("name")),
    ("*", "containers", "env", List::Keyed("name")),
    ("*", "containers", "ports", List::Keyed("containerPort")),
    ("*", "containers", "volumeMounts", List::Keyed("mountPath")),
    ("*", "containers", "volumeDevices", List::Keyed("devicePath")),
    ("Pod", "status", "podIPs", List::Keyed("ip")),
    ("Pod", "status", "hostIPs", List::Keyed("ip")),
    ("Pod", "status", "resourceClaimStatuses", List::Keyed("name")),
];

pub(super) fn of(kind: &str, parent: &str, field: &str) -> List {
    let parent =
        if matches!(parent, "initContainers" | "ephemeralContainers") { "containers" } else { parent };
    let found = LISTS.iter().find(|(k, p, f, _)| (*k == "*" || *k == kind) && *p == parent && *f == field);
    found.map_or(List::Atomic, |(.., list)| *list)
}
