//! Acting as somebody else, for those who may `impersonate` each part of them.

use super::{ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED};
use crate::{
    authz::{Wish, denied},
    door::{ActAs, User},
    server::Server,
    tokens,
};
use shared_api::Refusal;

const AUTHENTICATION: &str = "authentication.k8s.io";

/// The user that `sender` wants to be, if they may.
pub(super) fn impersonate(server: &Server, sender: &User, wanted: &ActAs) -> Result<User, Refusal> {
    if wanted.user.is_empty() {
        let what = [
            ("groups", !wanted.groups.is_empty()),
            ("a uid", !wanted.uid.is_empty()),
            ("extra", !wanted.extra.is_empty()),
        ];
        let what: Vec<_> = what.into_iter().filter(|(_, asked)| *asked).map(|(what, _)| what).collect();
        // As Kubernetes calls it.
        return Err(Refusal::internal(format!(
            "requested {} without impersonating a user: send Impersonate-User too",
            what.join(", ")
        )));
    }
    let account = account(&wanted.user);
    for (group, resource, part, namespace, name) in parts(wanted, account) {
        let wish = Wish::Resource { verb: "impersonate", group, resource, part, namespace, name };
        let decision = server.decide(sender, &wish)?;
        if !decision.allowed {
            return Err(denied(sender, &wish, &decision.reason));
        }
    }
    let mut groups = wanted.groups.clone();
    if groups.is_empty()
        && let Some((namespace, name)) = account
    {
        groups = tokens::account(namespace, name).groups;
    }
    let everybody = if wanted.user == ANONYMOUS { UNAUTHENTICATED } else { AUTHENTICATED };
    if !groups.iter().any(|g| g == AUTHENTICATED || g == UNAUTHENTICATED) {
        groups.push(everybody.into());
    }
    Ok(User { name: wanted.user.clone(), groups, uid: wanted.uid.clone(), extra: wanted.extra.clone() })
}

/// Everything that has to be allowed: group, resource, part, namespace, name.
fn parts<'a>(
    wanted: &'a ActAs,
    account: Option<(&'a str, &'a str)>,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str, &'a str, &'a str)> {
    let user = match account {
        Some((namespace, name)) => ("", "serviceaccounts", "", namespace, name),
        None => ("", "users", "", "", wanted.user.as_str()),
    };
    let groups = wanted.groups.iter().map(|group| ("", "groups", "", "", group.as_str()));
    let extra = wanted.extra.iter().flat_map(|(key, values)| {
        values.iter().map(|value| (AUTHENTICATION, "userextras", key.as_str(), "", value.as_str()))
    });
    let uid = Some(wanted.uid.as_str()).filter(|uid| !uid.is_empty());
    let uid = uid.map(|uid| (AUTHENTICATION, "uids", "", "", uid));
    std::iter::once(user).chain(groups).chain(extra).chain(uid)
}

/// Namespace and name of the service account that a user name is.
fn account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    let valid = |word: &str| !word.is_empty() && !word.contains(':');
    (valid(namespace) && valid(name)).then_some((namespace, name))
}
