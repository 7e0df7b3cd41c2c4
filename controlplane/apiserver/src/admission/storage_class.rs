//! Claims that name no storage class get the one marked as default.

use super::{Action, Request};
use crate::keys;
use shared_api::{
    GroupKind, Refusal,
    core::{PersistentVolumeClaim, claim_class},
    storage::{StorageClass, is_default},
};

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let Some(claim) = request.draft.as_any().downcast_ref::<PersistentVolumeClaim>() else { return Ok(()) };
    // An empty name means: none, and not the usual one.
    if request.action != Action::Create || claim_class(claim).is_some() {
        return Ok(());
    }
    let classes = request.there.objects(keys::known(&GroupKind::of::<StorageClass>())?, "")?;
    let classes = classes.iter().filter_map(|o| o.to_kind::<StorageClass>().ok()).filter(|c| is_default(c));
    // The newest of several; among those of one age, the first by name.
    let newest = classes.reduce(|best, next| {
        let age = |c: &StorageClass| c.metadata.creation_timestamp.as_ref().map(|t| t.0);
        if age(&next) > age(&best) { next } else { best }
    });
    let name = newest.and_then(|class| class.metadata.name.clone());
    if let (Some(name), Some(claim)) =
        (name, request.draft.as_any_mut().downcast_mut::<PersistentVolumeClaim>())
    {
        claim.spec.get_or_insert_default().storage_class_name = Some(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::created;
    use super::*;
    use serde_json::{Value, json};

    fn class(name: &str, default: &str, born: &str) -> Value {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "p",
            "metadata": {"name": name, "creationTimestamp": born,
                "annotations": {"storageclass.kubernetes.io/is-default-class": default}}})
    }

    #[test]
    fn the_newest_default_is_taken_unless_a_class_is_named() {
        let there = [
            class("old", "true", "2025-01-01T00:00:00Z"),
            class("new", "true", "2026-01-01T00:00:00Z"),
            class("newer", "false", "2026-02-01T00:00:00Z"),
        ];
        let claim = |spec: Value| {
            let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": "c", "namespace": "n"}, "spec": spec});
            created(admit, &claim, &there).unwrap().0["spec"]["storageClassName"].clone()
        };
        assert_eq!(claim(json!({})), "new");
        assert_eq!(claim(json!({"storageClassName": ""})), "");
        assert_eq!(claim(json!({"storageClassName": "old"})), "old");
    }
}
