//! Volumes and claims are not gone while somebody uses them: a finalizer holds them until a controller sees
//! that nobody does.

use super::{Action, Request};
use shared_api::{
    Refusal,
    core::{PersistentVolume, PersistentVolumeClaim},
};

#[allow(clippy::unnecessary_wraps, reason = "every admission has one shape")]
pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let draft = request.draft.as_any();
    let finalizer = if draft.is::<PersistentVolumeClaim>() {
        "kubernetes.io/pvc-protection"
    } else if draft.is::<PersistentVolume>() {
        "kubernetes.io/pv-protection"
    } else {
        return Ok(());
    };
    if request.action == Action::Create {
        let finalizers = request.draft.meta_mut().finalizers.get_or_insert_default();
        if !finalizers.iter().any(|f| f == finalizer) {
            finalizers.push(finalizer.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::created;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_new_claim_is_held() {
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "n"}});
        let (claim, _) = created(admit, &claim, &[]).unwrap();
        assert_eq!(claim["metadata"]["finalizers"], json!(["kubernetes.io/pvc-protection"]));
        let (again, _) = created(admit, &claim, &[]).unwrap();
        assert_eq!(again["metadata"]["finalizers"], claim["metadata"]["finalizers"]);
    }
}
