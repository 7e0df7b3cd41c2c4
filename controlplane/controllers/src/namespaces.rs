//! Empties every `Namespace` that is being deleted, then lets it go.

use shared_api::{
    GroupKind, Key, Object, Propagation, Time, Timestamp,
    core::{Namespace, NamespaceCondition, Pod},
    kinds,
};
use shared_reconcile::{Change, Controller, Event, Plan, World, keys_of};
use std::collections::BTreeMap;

const FINALIZER: &str = "kubernetes";

/// See the module documentation.
pub struct Namespaces;

impl Controller for Namespaces {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn reads(&self) -> Vec<GroupKind> {
        vec![GroupKind::every()]
    }

    fn everything(&self, world: &World) -> Vec<Key> {
        keys_of(&GroupKind::of::<Namespace>(), world)
    }

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        if object.group_kind() == GroupKind::of::<Namespace>() {
            return vec![object.key()];
        }
        let home = Key::of::<Namespace>("", object.namespace());
        let closing = world.object(&home).is_some_and(|o| o.metadata().deletion_timestamp.is_some());
        if closing { vec![home] } else { Vec::new() }
    }

    fn decide(&self, key: &Key, world: &World) -> Plan {
        let Some(namespace) = world.get::<Namespace>(key) else { return Plan::nothing() };
        let holds =
            namespace.spec.as_ref().and_then(|s| s.finalizers.as_ref()).is_some_and(|f| !f.is_empty());
        if namespace.metadata.deletion_timestamp.is_none() || !holds {
            return Plan::nothing();
        }
        let mut inside: Vec<_> = contents(&key.name, world).collect();
        if inside.is_empty() {
            return finalize(&namespace);
        }
        // Pods first: what guards them, such as policies of the network, is there as long as they are.
        if inside.iter().any(|object| is_pod(object)) {
            inside.retain(|object| is_pod(object));
        }
        let going = |o: &&&Object| o.metadata().deletion_timestamp.is_none();
        let plan = inside
            .iter()
            .filter(going)
            .fold(Plan::nothing(), |plan, object| plan.delete_object(object, Some(Propagation::Background)));
        let mut told = (*namespace).clone();
        let status = told.status.get_or_insert_default();
        status.phase = Some("Terminating".into());
        say(status.conditions.get_or_insert_default(), conditions(&inside), world.now());
        if told == *namespace { plan } else { plan.update_status(&told) }
    }
}

/// Everything in a namespace.
fn contents<'a>(namespace: &'a str, world: &'a World) -> impl Iterator<Item = &'a Object> {
    let kinds = kinds().filter(|k| k.namespaced && k.watched());
    kinds.flat_map(move |kind| world.of_kind_within(&kind.group_kind(), namespace).collect::<Vec<_>>())
}

fn is_pod(object: &Object) -> bool {
    object.group_kind() == GroupKind::of::<Pod>()
}

fn finalize(namespace: &Namespace) -> Plan {
    let mut namespace = namespace.clone();
    let finalizers = namespace.spec.get_or_insert_default().finalizers.get_or_insert_default();
    let before = finalizers.len();
    finalizers.retain(|f| f != FINALIZER);
    if finalizers.len() == before {
        return Plan::nothing();
    }
    Plan::nothing().then(Change::Finalize(Object::from_kind(&namespace)))
}

/// Why a namespace is still there, as `(type, status, reason, message)`.
fn conditions(inside: &[&Object]) -> [(&'static str, bool, &'static str, String); 5] {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for object in inside {
        let kind = object.group_kind();
        let plural = shared_api::of(&kind.group, &kind.kind).map_or("", |known| known.plural);
        *kinds.entry(format!("{plural}.{}", kind.group)).or_default() += 1;
        for finalizer in object.metadata().finalizers.iter().flatten() {
            *finalizers.entry(finalizer).or_default() += 1;
        }
    }
    let kinds: Vec<_> = kinds.iter().map(|(k, n)| format!("{k} has {n} resource instances")).collect();
    let left = format!("Some resources are remaining: {}", kinds.join(", "));
    let held: Vec<_> = finalizers.iter().map(|(f, n)| format!("{f} in {n} resource instances")).collect();
    let held_by = format!("Some content in the namespace has finalizers remaining: {}", held.join(", "));
    let none = "All content-preserving finalizers finished".to_owned();
    let fine = |text: &str| text.to_owned();
    [
        // What there is to delete is known here, and what is refused is tried again.
        (
            "NamespaceDeletionDiscoveryFailure",
            false,
            "ResourcesDiscovered",
            fine("All resources successfully discovered"),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            false,
            "ParsedGroupVersions",
            fine("All legacy kube types successfully parsed"),
        ),
        (
            "NamespaceDeletionContentFailure",
            false,
            "ContentDeleted",
            fine("All content successfully deleted, may be waiting on finalization"),
        ),
        ("NamespaceContentRemaining", true, "SomeResourcesRemain", left),
        if finalizers.is_empty() {
            ("NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers", none)
        } else {
            ("NamespaceFinalizersRemaining", true, "SomeFinalizersRemain", held_by)
        },
    ]
}

fn say(
    conditions: &mut Vec<NamespaceCondition>,
    said: impl IntoIterator<Item = (&'static str, bool, &'static str, String)>,
    now: Timestamp,
) {
    for (type_, is, reason, message) in said {
        let status = if is { "True" } else { "False" };
        let before = conditions.iter().position(|c| c.type_ == type_);
        let since = before.map(|at| conditions.remove(at)).filter(|c| c.status == status);
        let since = since.and_then(|c| c.last_transition_time).unwrap_or(Time(now));
        let new = NamespaceCondition {
            type_: type_.into(),
            status: status.into(),
            reason: Some(reason.into()),
            message: Some(message),
            last_transition_time: Some(since),
        };
        conditions.insert(before.unwrap_or(conditions.len()), new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::{MetaWords, config_map, moment, namespace, object, pod};

    fn decide(objects: Vec<Object>) -> Plan {
        Namespaces.decide(&Key::of::<Namespace>("", "old"), &World::of(objects).at(moment()))
    }

    fn closing() -> Namespace {
        let mut old = namespace("old").deleted(moment());
        old.spec.get_or_insert_default().finalizers = Some(vec![FINALIZER.into()]);
        old
    }

    #[test]
    fn leaves_an_active_namespace_alone() {
        assert!(decide(vec![object(&namespace("old")), object(&config_map("a").within("old"))]).is_nothing());
    }

    #[test]
    fn deletes_everything_inside_and_nothing_else() {
        let inside = config_map("a").within("old");
        let plan = decide(vec![object(&closing()), object(&inside), object(&config_map("b"))]);
        let [Change::Delete { key, .. }, Change::UpdateStatus(told)] = &plan.changes[..] else {
            panic!("{plan:?}")
        };
        assert_eq!(key.to_string(), "old/configmaps/a");
        let conditions = told.value()["status"]["conditions"].clone();
        let types: Vec<_> =
            conditions.as_array().unwrap().iter().map(|c| c["type"].as_str().unwrap()).collect();
        assert_eq!(types[0], "NamespaceDeletionDiscoveryFailure");
        assert_eq!(types[3], "NamespaceContentRemaining");
        let message = conditions[3]["message"].as_str().unwrap();
        assert_eq!(message, "Some resources are remaining: configmaps. has 1 resource instances");
    }

    #[test]
    fn pods_go_first() {
        let (pod, map) = (object(&pod("p").within("old")), object(&config_map("a").within("old")));
        let deleted = |inside: Vec<Object>| {
            let plan = decide([vec![object(&closing())], inside].concat());
            let keys = plan.changes.iter().filter_map(|change| match change {
                Change::Delete { key, .. } => Some(key.name.clone()),
                _ => None,
            });
            keys.collect::<Vec<_>>()
        };
        assert_eq!(deleted(vec![pod, map.clone()]), ["p"]);
        assert_eq!(deleted(vec![map]), ["a"]);
    }

    #[test]
    fn waits_for_what_is_going() {
        let plan = decide(vec![object(&closing()), object(&config_map("a").within("old").deleted(moment()))]);
        assert!(matches!(&plan.changes[..], [Change::UpdateStatus(_)]), "{plan:?}");
    }

    #[test]
    fn lets_an_empty_namespace_go() {
        let plan = decide(vec![object(&closing())]);
        let [Change::Finalize(gone)] = &plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!(gone.value()["spec"]["finalizers"].as_array().map_or(0, Vec::len), 0);
    }
}
