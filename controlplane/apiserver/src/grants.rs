//! Nobody gives away what is not theirs: who writes a role holds its rules, who binds one holds them too, or
//! may `escalate` or `bind` it.

use crate::{
    authz::{self, Wish},
    local::Local,
};
use shared_api::{
    Draft, Key, KindInfo, Refusal,
    rbac::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject},
};
use shared_client::Result;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Refuses a role or a binding that grants more than its author has; other objects grant nothing.
pub(crate) fn check(
    caller: &Local,
    kind: &'static KindInfo,
    old: Option<&dyn Draft>,
    new: &dyn Draft,
) -> Result<()> {
    if kind.group != GROUP || authz::almighty(&caller.user) {
        return Ok(());
    }
    let grant = Grant { caller, kind, new };
    let (before, after) = (old.map(Draft::as_any), new.as_any());
    if let Some(role) = after.downcast_ref::<Role>() {
        let old = before.and_then(|old| old.downcast_ref::<Role>());
        return if old.is_some_and(|old| old.rules == role.rules) {
            Ok(())
        } else {
            grant.role(role.rules.as_deref().unwrap_or_default())
        };
    }
    if let Some(role) = after.downcast_ref::<ClusterRole>() {
        let old = before.and_then(|old| old.downcast_ref::<ClusterRole>());
        if old.is_some_and(|old| old.rules == role.rules && old.aggregation_rule == role.aggregation_rule) {
            return Ok(());
        }
        if role.aggregation_rule.is_some() && old.is_none_or(|o| o.aggregation_rule != role.aggregation_rule)
        {
            grant.everything()?;
        }
        return grant.role(role.rules.as_deref().unwrap_or_default());
    }
    if let Some(binding) = after.downcast_ref::<RoleBinding>() {
        let old = before.and_then(|old| old.downcast_ref::<RoleBinding>());
        let same = old.is_some_and(|old| {
            same(&old.role_ref, &binding.role_ref, old.subjects.as_ref(), binding.subjects.as_ref())
        });
        return if same { Ok(()) } else { grant.binding(&binding.role_ref) };
    }
    if let Some(binding) = after.downcast_ref::<ClusterRoleBinding>() {
        let old = before.and_then(|old| old.downcast_ref::<ClusterRoleBinding>());
        let same = old.is_some_and(|old| {
            same(&old.role_ref, &binding.role_ref, old.subjects.as_ref(), binding.subjects.as_ref())
        });
        return if same { Ok(()) } else { grant.binding(&binding.role_ref) };
    }
    Ok(())
}

fn same(old: &RoleRef, new: &RoleRef, before: Option<&Vec<Subject>>, after: Option<&Vec<Subject>>) -> bool {
    old == new && before == after
}

/// Somebody is about to grant something.
struct Grant<'a> {
    caller: &'a Local,
    kind: &'static KindInfo,
    new: &'a dyn Draft,
}

impl Grant<'_> {
    fn namespace(&self) -> &str {
        self.new.meta().namespace.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.new.meta().name.as_deref().unwrap_or_default()
    }

    fn forbidden(&self, why: &str) -> Refusal {
        let key = Key {
            kind: self.kind.group_kind(),
            namespace: self.namespace().into(),
            name: self.name().into(),
        };
        Refusal::forbidden(&key, why)
    }

    fn may(&self, verb: &str, resource: &str, name: &str) -> Result<bool> {
        let namespace = self.namespace();
        let wish = Wish::Resource { verb, group: GROUP, resource, part: "", namespace, name };
        Ok(self.caller.server.decide(&self.caller.user, &wish)?.allowed)
    }

    fn role(&self, rules: &[PolicyRule]) -> Result<()> {
        if self.may("escalate", self.kind.plural, self.name())? {
            return Ok(());
        }
        self.holds(rules)
    }

    fn binding(&self, role: &RoleRef) -> Result<()> {
        let resource = if role.kind == "ClusterRole" { "clusterroles" } else { "roles" };
        if self.may("bind", resource, &role.name)? {
            return Ok(());
        }
        let rules = self.caller.server.policy()?.rules_of(self.namespace(), role).cloned();
        let missing = || match resource {
            "clusterroles" => Refusal::not_found(&Key::of::<ClusterRole>("", &role.name)),
            _ => Refusal::not_found(&Key::of::<Role>(self.namespace(), &role.name)),
        };
        self.holds(&rules.ok_or_else(missing)?)
    }

    /// Refuses when the author does not hold all of these rules.
    fn holds(&self, rules: &[PolicyRule]) -> Result<()> {
        let user = &self.caller.user;
        let held = self.caller.server.policy()?.rules(user, self.namespace());
        let missing = authz::missing(&held, rules);
        if missing.is_empty() {
            return Ok(());
        }
        let groups: Vec<_> = user.groups.iter().map(|group| format!("{group:?}")).collect();
        Err(self.forbidden(&format!(
            "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
            user.name,
            groups.join(" "),
            missing.join("\n")
        )))
    }

    /// Whatever roles there will ever be may become part of an aggregated one.
    fn everything(&self) -> Result<()> {
        let all = || Some(vec!["*".to_owned()]);
        let verbs = vec!["*".to_owned()];
        let everywhere =
            PolicyRule { verbs: verbs.clone(), api_groups: all(), resources: all(), ..PolicyRule::default() };
        let paths = PolicyRule { verbs, non_resource_urls: all(), ..PolicyRule::default() };
        if self.may("escalate", self.kind.plural, self.name())? || self.holds(&[everywhere, paths]).is_ok() {
            return Ok(());
        }
        Err(self.forbidden("must have cluster-admin privileges to use the aggregationRule"))
    }
}
