//! Every `Namespace` has the cluster's authority in a `ConfigMap`, for its pods to know the server by.

use shared_api::{
    GroupKind, Key,
    core::{ConfigMap, Namespace},
    meta::ObjectMeta,
};
use shared_reconcile::{Event, Plan, Reconciler, World};
use std::collections::BTreeMap;

const NAME: &str = "kube-root-ca.crt";
const TOLD: (&str, &str) = (
    "kubernetes.io/description",
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
);

/// See the module documentation.
pub struct Authority {
    data: BTreeMap<String, String>,
}

impl Authority {
    /// Keeps this certificate (PEM) in every namespace; an empty one in none.
    pub fn new(certificate: &str) -> Self {
        let data = if certificate.is_empty() {
            BTreeMap::new()
        } else {
            [("ca.crt".into(), certificate.into())].into()
        };
        Self { data }
    }
}

impl Reconciler for Authority {
    type Kind = Namespace;
    const NAME: &'static str = "root-ca-certificate-publisher";
    const READS: &'static [GroupKind] = &[GroupKind::of::<ConfigMap>()];

    fn concerns(&self, event: &Event, _world: &World) -> Vec<Key> {
        let map = event.object().filter(|object| object.name() == NAME);
        map.map(|object| Key::of::<Namespace>("", object.namespace())).into_iter().collect()
    }

    fn reconcile(&self, namespace: &Namespace, world: &World) -> Plan {
        if self.data.is_empty() || namespace.metadata.deletion_timestamp.is_some() {
            return Plan::nothing();
        }
        let home = namespace.metadata.name.clone().unwrap_or_default();
        match world.named::<ConfigMap>(&home, NAME) {
            None => {
                let annotations = Some([(TOLD.0.to_owned(), TOLD.1.to_owned())].into());
                let metadata = ObjectMeta {
                    name: Some(NAME.into()),
                    namespace: Some(home),
                    annotations,
                    ..ObjectMeta::default()
                };
                let data = Some(self.data.clone());
                Plan::nothing().create(&ConfigMap { metadata, data, ..ConfigMap::default() })
            }
            Some(map) if map.data.as_ref() == Some(&self.data) => Plan::nothing(),
            Some(map) => {
                let mut map = (*map).clone();
                map.data = Some(self.data.clone());
                Plan::nothing().update(&map)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_reconcile::Change;
    use shared_testkit::{namespace, object};

    #[test]
    fn it_is_there_and_stays_right() {
        let (home, keeper) = (namespace("new"), Authority::new("PEM"));
        let plan = keeper.reconcile(&home, &World::of([object(&home)]));
        let [Change::Create { object: map, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!(map.key().to_string(), "new/configmaps/kube-root-ca.crt");
        let there = World::of([map.clone()]);
        assert!(keeper.reconcile(&home, &there).is_nothing());
        let plan = Authority::new("OTHER").reconcile(&home, &there);
        let [Change::Update(map)] = &plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!(map.value()["data"]["ca.crt"], "OTHER");
        assert!(Authority::new("").reconcile(&home, &World::default()).is_nothing());
    }
}
