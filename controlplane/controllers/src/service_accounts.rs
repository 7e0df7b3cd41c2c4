//! Gives every `Namespace` its `ServiceAccount` called `default`.

use shared_api::{
    GroupKind, Key,
    core::{Namespace, ServiceAccount},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, Reconciler, World};

const DEFAULT: &str = "default";

/// See the module documentation.
pub struct ServiceAccounts;

impl Reconciler for ServiceAccounts {
    type Kind = Namespace;
    const NAME: &'static str = "service-account-controller";
    const READS: &'static [GroupKind] = &[GroupKind::of::<ServiceAccount>()];

    fn concerns(&self, event: &Event, _world: &World) -> Vec<Key> {
        match event {
            Event::Deleted(account) if account.name() == DEFAULT => {
                vec![Key::of::<Namespace>("", account.namespace())]
            }
            Event::Deleted(_) | Event::Added(_) | Event::Modified(_) | Event::Bookmark { .. } => Vec::new(),
        }
    }

    fn reconcile(&self, namespace: &Namespace, world: &World) -> Plan {
        let name = namespace.metadata.name.as_deref().unwrap_or_default();
        let there = world.object(&Key::of::<ServiceAccount>(name, DEFAULT)).is_some();
        if there || namespace.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let metadata =
            ObjectMeta { name: Some(DEFAULT.into()), namespace: Some(name.into()), ..ObjectMeta::default() };
        Plan::nothing().create(&ServiceAccount { metadata, ..ServiceAccount::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_reconcile::Change;
    use shared_testkit::{MetaWords, moment, namespace, object};

    #[test]
    fn a_new_namespace_gets_its_account_once() {
        let new = namespace("new");
        let plan = ServiceAccounts.reconcile(&new, &World::of([object(&new)]));
        let [Change::Create { object: account, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!(account.key().to_string(), "new/serviceaccounts/default");
        assert!(ServiceAccounts.reconcile(&new, &World::of([account.clone()])).is_nothing());
    }

    #[test]
    fn a_closing_namespace_gets_none() {
        let old = namespace("old").deleted(moment());
        assert!(ServiceAccounts.reconcile(&old, &World::default()).is_nothing());
    }
}
