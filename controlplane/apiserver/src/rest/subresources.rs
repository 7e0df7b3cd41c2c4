//! What can be asked of an object besides the object: one list, from which routes and discovery derive.

use super::request::{RequestInfo, Verb};
use shared_api::{
    KindInfo, Served, core,
    schema::{self, Type},
};

/// One subresource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subresource {
    /// Last word of the path.
    pub(super) name: &'static str,
    /// Group, version and kind that it speaks; the object's own when `None`.
    pub(super) speaks: Option<(&'static str, &'static str, &'static str)>,
    /// As discovery lists them.
    pub(super) verbs: &'static [&'static str],
    /// A stream of bytes with a pod.
    pub(super) stream: bool,
}

const READ_WRITE: &[&str] = &["get", "patch", "update"];
const CREATE: &[&str] = &["create"];
const STREAM: &[&str] = &["create", "get"];

const fn object(name: &'static str, verbs: &'static [&'static str]) -> Subresource {
    Subresource { name, speaks: None, verbs, stream: false }
}

const fn speaking(
    name: &'static str,
    speaks: (&'static str, &'static str, &'static str),
    verbs: &'static [&'static str],
) -> Subresource {
    Subresource { name, speaks: Some(speaks), verbs, stream: false }
}

const fn stream(
    name: &'static str,
    speaks: Option<(&'static str, &'static str, &'static str)>,
) -> Subresource {
    Subresource { name, speaks, verbs: STREAM, stream: true }
}

/// What leads on to what an object serves.
pub(super) const PROXY: &str = "proxy";

const SUBRESOURCES: &[Subresource] = &[
    object("approval", READ_WRITE),
    stream("attach", Some(("", "v1", "PodAttachOptions"))),
    speaking("binding", ("", "v1", "Binding"), CREATE),
    object("ephemeralcontainers", READ_WRITE),
    speaking("eviction", ("policy", "v1", "Eviction"), CREATE),
    stream("exec", Some(("", "v1", "PodExecOptions"))),
    object("finalize", &["update"]),
    Subresource { name: "log", speaks: None, verbs: &["get"], stream: true },
    stream("portforward", Some(("", "v1", "PodPortForwardOptions"))),
    Subresource {
        name: PROXY,
        speaks: None,
        verbs: &["create", "delete", "get", "patch", "update"],
        stream: false,
    },
    object("resize", READ_WRITE),
    speaking("scale", ("autoscaling", "v1", "Scale"), READ_WRITE),
    object("status", READ_WRITE),
    speaking("token", ("authentication.k8s.io", "v1", "TokenRequest"), CREATE),
];

impl Subresource {
    /// Whether it can be asked so.
    pub(super) fn allows(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb.as_str())
    }

    /// Group, version and kind that it speaks for a kind.
    pub(super) fn speaks(&self, of: Served) -> (&'static str, &'static str, &'static str) {
        let own = match (self.name, of.kind.kind) {
            (PROXY, "Pod") => "PodProxyOptions",
            (PROXY, "Service") => "ServiceProxyOptions",
            (PROXY, "Node") => "NodeProxyOptions",
            (_, own) => own,
        };
        self.speaks.unwrap_or((of.group(), of.version(), own))
    }
}

/// The subresources of `kind`. Streams belong to pods: only they run.
pub(super) fn of(kind: &KindInfo) -> impl Iterator<Item = &'static Subresource> {
    let runs = kind.group_kind() == shared_api::GroupKind::of::<core::Pod>();
    let listed = kind.subresources;
    SUBRESOURCES.iter().filter(move |s| if s.stream { runs } else { listed.contains(&s.name) })
}

/// The name as the list has it; empty when it has none such.
pub(super) fn named(name: &str) -> &'static str {
    SUBRESOURCES.iter().map(|s| s.name).find(|known| *known == name).unwrap_or_default()
}

/// Group, version and kind of what the request is about.
pub(super) fn spoken(info: &RequestInfo) -> (&'static str, &'static str, &'static str) {
    let served = info.served;
    let own = (served.group(), served.version(), served.kind.kind);
    of(info.kind).find(|s| s.name == info.subresource).map_or(own, |s| s.speaks(served))
}

/// The type of that.
pub(super) fn type_of(info: &RequestInfo) -> Option<&'static Type> {
    let (group, version, kind) = spoken(info);
    schema::of(group, version, kind)
}

/// Whether the request is for a stream with a pod.
pub(super) fn is_stream(info: &RequestInfo) -> bool {
    SUBRESOURCES.iter().any(|s| s.stream && s.name == info.subresource)
}

/// Whether the request goes to a subresource that is not just another view of the object.
pub(super) fn is_value(info: &RequestInfo) -> bool {
    !matches!(info.subresource.as_str(), "" | "status" | "approval" | "ephemeralcontainers" | "resize")
}
