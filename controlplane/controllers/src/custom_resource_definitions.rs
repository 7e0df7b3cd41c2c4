//! Keeps every `CustomResourceDefinition` telling whether it has its names; deletes the objects of one that is
//! being deleted, then lets it go.

use shared_api::{
    GroupKind, Key, Object, Propagation,
    apiextensions::{CLEANUP, CustomResourceDefinition, Names, TERMINATING, established, say},
};
use shared_reconcile::{Change, Controller, Event, Plan, World, keys_of};

/// See the module documentation.
pub struct CustomResourceDefinitions;

const DEFINITION: GroupKind = GroupKind::of::<CustomResourceDefinition>();

impl Controller for CustomResourceDefinitions {
    fn name(&self) -> &'static str {
        "customresourcedefinition-controller"
    }

    fn reads(&self) -> Vec<GroupKind> {
        vec![GroupKind::every()]
    }

    fn everything(&self, world: &World) -> Vec<Key> {
        keys_of(&DEFINITION, world)
    }

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        let Some(object) = event.object() else { return Vec::new() };
        if object.group_kind() == DEFINITION {
            // What one lets go of another one of its group may have waited for.
            let group = |object: &Object| {
                object.to_kind::<CustomResourceDefinition>().map(|d| d.spec.group.clone()).unwrap_or_default()
            };
            let of = group(object);
            return world.of_kind(&DEFINITION).filter(|o| group(o) == of).map(Object::key).collect();
        }
        if !matches!(event, Event::Deleted(_)) {
            return Vec::new();
        }
        let kind = object.group_kind();
        let custom = shared_api::of(&kind.group, &kind.kind).and_then(|kind| kind.custom);
        let leaving = custom.filter(|custom| custom.terminating);
        leaving.map(|custom| Key::of::<CustomResourceDefinition>("", custom.name)).into_iter().collect()
    }

    fn decide(&self, key: &Key, world: &World) -> Plan {
        let Some(definition) = world.get::<CustomResourceDefinition>(key) else { return Plan::nothing() };
        if definition.metadata.deletion_timestamp.is_some() {
            return leave(&definition, world);
        }
        let all: Vec<_> = world.list::<CustomResourceDefinition>().collect();
        let taken = Names::taken(all.iter().map(|other| &**other), &definition);
        let status = Some(established(&definition, &taken, world.now()));
        if definition.status == status {
            return Plan::nothing();
        }
        Plan::nothing().update_status(&CustomResourceDefinition { status, ..(*definition).clone() })
    }
}

/// Deletes every object of a definition, then lets the definition go.
fn leave(definition: &CustomResourceDefinition, world: &World) -> Plan {
    let finalizers = definition.metadata.finalizers.as_deref().unwrap_or_default();
    if !finalizers.iter().any(|finalizer| finalizer == CLEANUP) {
        return Plan::nothing();
    }
    let accepted = definition.status.as_ref().and_then(|status| status.accepted_names.as_ref());
    let kind = accepted.map(|names| names.kind.as_str()).filter(|kind| !kind.is_empty());
    let kind = kind.unwrap_or(&definition.spec.names.kind);
    let kind = GroupKind { group: definition.spec.group.clone().into(), kind: kind.to_owned().into() };
    let objects: Vec<&Object> = world.of_kind(&kind).collect();
    let mut told = definition.clone();
    if objects.is_empty() {
        told.metadata.finalizers.get_or_insert_default().retain(|finalizer| finalizer != CLEANUP);
        return Plan::nothing().then(Change::Update(Object::from_kind(&told)));
    }
    let conditions = told.status.get_or_insert_default().conditions.get_or_insert_default();
    let (reason, message) = ("InstanceDeletionInProgress", "CustomResource deletion is in progress");
    say(conditions, TERMINATING, true, reason, message, world.now());
    let mut plan = Plan::nothing();
    if told.status != definition.status {
        plan = plan.update_status(&told);
    }
    let staying = objects.into_iter().filter(|object| object.metadata().deletion_timestamp.is_none());
    staying.fold(plan, |plan, object| plan.delete_object(object, Some(Propagation::Background)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared_testkit::moment;

    fn definition(plural: &str, kind: &str, more: &Value) -> Object {
        let mut value = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.example.com"), "uid": plural},
            "spec": {
                "group": "example.com", "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
                "versions": [{"name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object"}}}],
            },
        });
        for (field, more) in more.as_object().unwrap() {
            match &mut value[field.as_str()] {
                Value::Object(fields) => fields.extend(more.as_object().unwrap().clone()),
                place => *place = more.clone(),
            }
        }
        Object::from_value(&value).unwrap()
    }

    fn decide(name: &str, objects: Vec<Object>) -> Plan {
        let key = Key::of::<CustomResourceDefinition>("", &format!("{name}.example.com"));
        CustomResourceDefinitions.decide(&key, &World::of(objects).at(moment()))
    }

    fn status(plan: &Plan) -> Value {
        let [Change::UpdateStatus(told)] = &plan.changes[..] else { panic!("{plan:?}") };
        told.value()["status"].clone()
    }

    fn condition(status: &Value, which: &str) -> (String, String) {
        let all = status["conditions"].as_array().unwrap();
        let found = all.iter().find(|c| c["type"] == which).unwrap();
        let word = |field: &str| found[field].as_str().unwrap().to_owned();
        (word("status"), word("reason"))
    }

    #[test]
    fn a_definition_gets_its_names_once() {
        let told = status(&decide("as", vec![definition("as", "A", &json!({}))]));
        assert_eq!(condition(&told, "NamesAccepted"), ("True".into(), "NoConflicts".into()));
        assert_eq!(condition(&told, "Established"), ("True".into(), "InitialNamesAccepted".into()));
        assert_eq!(told["acceptedNames"]["plural"], "as");
        assert_eq!(told["storedVersions"], json!(["v1"]));
        assert!(decide("as", vec![definition("as", "A", &json!({"status": told}))]).is_nothing());
    }

    #[test]
    fn a_name_that_is_taken_is_not_given_twice() {
        let taken = json!({"status": {"acceptedNames": {"plural": "as", "kind": "B"}}});
        let world = vec![definition("as", "A", &taken), definition("bs", "B", &json!({}))];
        let told = status(&decide("bs", world));
        assert_eq!(condition(&told, "NamesAccepted"), ("False".into(), "KindConflict".into()));
        assert_eq!(condition(&told, "Established"), ("False".into(), "NotAccepted".into()));
        assert_eq!(told["acceptedNames"]["kind"], "");
    }

    #[test]
    fn the_objects_go_before_their_definition() {
        let going =
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [CLEANUP]}});
        let object =
            json!({"apiVersion": "example.com/v1", "kind": "A", "metadata": {"name": "x", "namespace": "n"}});
        let object = Object::from_value(&object).unwrap();
        let plan = decide("as", vec![definition("as", "A", &going), object]);
        let [Change::UpdateStatus(told), Change::Delete { key, .. }] = &plan.changes[..] else {
            panic!("{plan:?}")
        };
        let terminating = condition(&told.value()["status"], "Terminating");
        assert_eq!(terminating, ("True".into(), "InstanceDeletionInProgress".into()));
        assert_eq!((key.kind.kind.as_ref(), key.name.as_str()), ("A", "x"));
        let plan = decide("as", vec![definition("as", "A", &going)]);
        let [Change::Update(gone)] = &plan.changes[..] else { panic!("{plan:?}") };
        assert!(gone.metadata().finalizers.iter().flatten().next().is_none());
    }
}
