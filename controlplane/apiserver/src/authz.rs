//! Who may do what. Pure: a function of the asker and of what is asked.

mod node;
mod used;

use crate::door::User;
use shared_api::{KindInfo, Reason, Refusal, meta::StatusDetails};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub(crate) verb: &'a str,
    /// To which kind.
    pub(crate) kind: &'a KindInfo,
    /// To which part: `status`, `scale`, `binding`; empty for the object itself.
    pub(crate) part: &'a str,
    /// Where; empty: everywhere, or in no namespace.
    pub(crate) namespace: &'a str,
    /// To which object; empty: to all.
    pub(crate) name: &'a str,
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes.
    Allow,
    /// Only when the pod is bound to this node.
    OnNode(String),
    /// Only when a pod bound to this node uses the object.
    UsedOn(String),
    /// No.
    Deny,
}

pub(crate) use used::uses;

/// Group whose members may do everything.
pub(crate) const MASTERS: &str = "system:masters";

/// Whether `user` may do what is asked.
pub(crate) fn decide(user: &User, ask: &Ask<'_>) -> Verdict {
    if almighty(user) {
        return Verdict::Allow;
    }
    match node::name(user) {
        Some(node) => node::decide(node, ask),
        None => Verdict::Deny,
    }
}

/// Administrators, and the parts of the control plane that act through the door like anybody.
fn almighty(user: &User) -> bool {
    user.groups.iter().any(|g| g == MASTERS)
        || user.name.starts_with("system:controller:")
        || matches!(user.name.as_str(), "system:controllers" | "system:scheduler" | "system:kube-scheduler")
}

/// The node a user is, when it is one.
pub(crate) fn node(user: &User) -> Option<&str> {
    node::name(user)
}

/// Whether `user` may use `verb` on a path that is no object's.
pub(crate) fn visit(user: &User, verb: &str, path: &str) -> Result<(), Refusal> {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let open = matches!(first, "livez" | "readyz" | "healthz" | "version");
    let discovery = matches!(first, "" | "api" | "apis" | "openapi");
    let known = user.groups.iter().any(|g| g == crate::authn::AUTHENTICATED);
    if almighty(user) || (matches!(verb, "get" | "head") && (open || (known && discovery))) {
        return Ok(());
    }
    let why = format!("forbidden: User {:?} cannot {verb} path {path:?}", user.name);
    Err(Refusal::new(Reason::Forbidden, why))
}

/// The refusal, in Kubernetes' wording.
pub(crate) fn forbidden(user: &User, ask: &Ask<'_>) -> Refusal {
    let Ask { verb, kind, part, namespace, name } = *ask;
    let named = if name.is_empty() { String::new() } else { format!(" {name:?}") };
    let part = if part.is_empty() { String::new() } else { format!("/{part}") };
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {namespace:?}")
    };
    let resource = kind.group_kind().resource();
    let message = format!(
        "{resource}{named} is forbidden: User {:?} cannot {verb} resource \"{}{part}\" in API group {:?} {place}",
        user.name, kind.plural, kind.group
    );
    let details = StatusDetails {
        name: (!name.is_empty()).then(|| name.into()),
        group: (!kind.group.is_empty()).then(|| kind.group.into()),
        kind: Some(kind.plural.into()),
        ..StatusDetails::default()
    };
    Refusal { reason: Reason::Forbidden, message, details: Some(Box::new(details)) }
}

#[cfg(test)]
mod tests;
