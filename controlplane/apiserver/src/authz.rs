//! Who may do what. Pure: a function of the asker, of what is asked, and of what roles and bindings say.
//!
//! Members of `system:masters` may do everything. Nodes may do what [`node`] says. Whatever they may not do
//! as nodes, and everything others want, is for the [`Policy`] to say, which [`Follower`] keeps at the store's newest
//! revision.

mod cover;
mod follow;
mod node;
mod policy;
mod rules;
mod used;

pub(crate) use cover::missing;
pub(crate) use follow::Follower;
pub(crate) use policy::{Decision, Policy};
pub(crate) use rules::Wish;

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

impl<'a> Ask<'a> {
    /// As rules name it.
    pub(crate) fn wish(&self) -> Wish<'a> {
        let Self { verb, kind, part, namespace, name } = *self;
        Wish::Resource { verb, group: kind.group, resource: kind.plural, part, namespace, name }
    }
}

/// Whether `user` may do what is asked, whatever roles and bindings say.
pub(crate) fn decide(user: &User, ask: &Ask<'_>) -> Verdict {
    if almighty(user) {
        return Verdict::Allow;
    }
    match node::name(user) {
        Some(node) => node::decide(node, ask),
        None => Verdict::Deny,
    }
}

/// Administrators, and the parts of the control plane, which act through the door like anybody.
pub(crate) fn almighty(user: &User) -> bool {
    user.groups.iter().any(|g| g == MASTERS)
}

/// The node a user is, when it is one.
pub(crate) fn node(user: &User) -> Option<&str> {
    node::name(user)
}

/// The refusal of a path that is no object's, in Kubernetes' wording.
pub(crate) fn unvisited(user: &User, verb: &str, path: &str, reason: &str) -> Refusal {
    let why = format!("forbidden: User {:?} cannot {verb} path {path:?}{}", user.name, because(reason));
    Refusal::new(Reason::Forbidden, why)
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

/// The refusal, in Kubernetes' wording, and why when that is known.
pub(crate) fn refuse(user: &User, ask: &Ask<'_>, why: &str) -> Refusal {
    denied(user, &ask.wish(), why)
}

/// The refusal of a wish, in Kubernetes' wording.
pub(crate) fn denied(user: &User, wish: &Wish<'_>, why: &str) -> Refusal {
    let (verb, group, resource, part, namespace, name) = match *wish {
        Wish::Path { verb, path } => return unvisited(user, verb, path, why),
        Wish::Resource { verb, group, resource, part, namespace, name } => {
            (verb, group, resource, part, namespace, name)
        }
    };
    let named = if name.is_empty() { String::new() } else { format!(" {name:?}") };
    let part = if part.is_empty() { String::new() } else { format!("/{part}") };
    let whose = if group.is_empty() { String::new() } else { format!(".{group}") };
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {namespace:?}")
    };
    let message = format!(
        "{resource}{whose}{named} is forbidden: User {:?} cannot {verb} resource \"{resource}{part}\" in API group {group:?} {place}{}",
        user.name,
        because(why)
    );
    let details = StatusDetails {
        name: (!name.is_empty()).then(|| name.into()),
        group: (!group.is_empty()).then(|| group.into()),
        kind: Some(resource.into()),
        ..StatusDetails::default()
    };
    Refusal { details: Some(Box::new(details)), ..Refusal::new(Reason::Forbidden, message) }
}

#[cfg(test)]
mod tests;
