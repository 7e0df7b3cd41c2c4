//! A `Secret` with the token of a service account goes with that account.

use shared_api::{
    GroupKind, Key,
    core::{Secret, ServiceAccount},
};
use shared_reconcile::{Event, Plan, Reconciler, World};

const TYPE: &str = "kubernetes.io/service-account-token";
const NAME: &str = "kubernetes.io/service-account.name";
const UID: &str = "kubernetes.io/service-account.uid";

/// See the module documentation.
pub struct TokenSecrets;

/// The account whose token a Secret holds: its name, and its uid when that is known.
fn account(secret: &Secret) -> Option<(&str, Option<&str>)> {
    let annotations = secret.metadata.annotations.as_ref()?;
    let name = annotations.get(NAME).filter(|_| secret.type_.as_deref() == Some(TYPE))?;
    Some((name, annotations.get(UID).map(String::as_str)))
}

impl Reconciler for TokenSecrets {
    type Kind = Secret;
    const NAME: &'static str = "token-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<ServiceAccount>()];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Event::Deleted(gone) = event else { return Vec::new() };
        if gone.group_kind() != GroupKind::of::<ServiceAccount>() {
            return Vec::new();
        }
        let secrets = world.within::<Secret>(gone.namespace());
        let theirs = secrets.filter(|secret| account(secret).is_some_and(|(name, _)| name == gone.name()));
        theirs.map(|secret| Key::from_kind(&*secret)).collect()
    }

    fn reconcile(&self, secret: &Secret, world: &World) -> Plan {
        let Some((name, uid)) = account(secret) else { return Plan::nothing() };
        let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
        let there = world.object(&Key::of::<ServiceAccount>(namespace, name));
        let same = there.is_some_and(|account| uid.is_none_or(|uid| uid == account.uid()));
        if same { Plan::nothing() } else { Plan::nothing().delete::<Secret>(&secret.metadata) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_api::Object;
    use shared_reconcile::Change;

    fn secret(uid: &str) -> Object {
        Object::from_value(&json!({"apiVersion": "v1", "kind": "Secret", "type": TYPE,
            "metadata": {"name": "key", "namespace": "n", "uid": "s", "annotations": {NAME: "till", UID: uid}}}))
        .unwrap()
    }

    fn account(uid: &str) -> Object {
        let meta = json!({"name": "till", "namespace": "n", "uid": uid});
        Object::from_value(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})).unwrap()
    }

    #[test]
    fn it_stays_with_its_own_account_only() {
        for (there, stays) in [(Some(account("one")), true), (Some(account("two")), false), (None, false)] {
            let secret = secret("one");
            let world = World::of(there.into_iter().chain([secret.clone()]));
            let plan = TokenSecrets.reconcile(&secret.to_kind().unwrap(), &world);
            assert_eq!(matches!(&plan.changes[..], [Change::Delete { .. }]), !stays, "{plan:?}");
        }
        let world = World::of([secret("one")]);
        let keys = Reconciler::concerns(&TokenSecrets, &Event::Deleted(account("one")), &world);
        assert_eq!(keys, [secret("one").key()]);
    }
}
