//! The claims of a set's pods: made with the pod that needs them, and kept or let go with it as
//! `persistentVolumeClaimRetentionPolicy` says.

use super::{Scene, identity::pod_name};
use shared_api::{
    GroupKind, Kind, OwnedBy,
    apps::StatefulSet,
    core::{PersistentVolumeClaim, PersistentVolumeClaimVolumeSource, Pod, PodSpec, Volume},
    meta::{ObjectMeta, OwnerReference},
};
use shared_reconcile::{Note, Plan};
use std::{collections::BTreeSet, sync::Arc};

fn templates(set: &StatefulSet) -> &[PersistentVolumeClaim] {
    set.spec.as_ref().and_then(|s| s.volume_claim_templates.as_deref()).unwrap_or_default()
}

fn name_of(template: &PersistentVolumeClaim) -> &str {
    template.metadata.name.as_deref().unwrap_or_default()
}

/// `data-web-0`.
fn claim_name(template: &PersistentVolumeClaim, set: &StatefulSet, ordinal: i32) -> String {
    format!("{}-{}", name_of(template), pod_name(set, ordinal))
}

/// Whether a claim has a name that a pod of the set would use.
pub(super) fn is_of(set: &StatefulSet, claim: &str) -> bool {
    let pod = |t| claim.strip_prefix(name_of(t)).and_then(|rest| rest.strip_prefix('-'));
    templates(set).iter().filter_map(pod).any(|pod| super::ordinal(set, pod).is_some())
}

/// Gives a pod's volumes of the templates' names its own claims.
pub(super) fn mount(set: &StatefulSet, ordinal: i32, spec: &mut PodSpec) {
    let templates = templates(set);
    if templates.is_empty() {
        return;
    }
    let names: BTreeSet<&str> = templates.iter().map(name_of).collect();
    let theirs =
        spec.volumes.take().unwrap_or_default().into_iter().filter(|v| !names.contains(v.name.as_str()));
    let claimed = templates.iter().map(|template| Volume {
        name: name_of(template).into(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim_name(template, set, ordinal),
            read_only: None,
        }),
        ..Volume::default()
    });
    spec.volumes = Some(claimed.chain(theirs).collect());
}

impl Scene<'_> {
    fn claim(&self, template: &PersistentVolumeClaim, ordinal: i32) -> Option<Arc<PersistentVolumeClaim>> {
        self.world.named(self.namespace(), &claim_name(template, self.set, ordinal))
    }

    pub(super) fn namespace(&self) -> &str {
        self.set.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// A claim of a pod that is not there goes yet: with its last pod, or at somebody's wish.
    pub(super) fn waits_for_claims(&self, ordinal: i32) -> bool {
        let pod = pod_name(self.set, ordinal);
        let stale = |claim: Arc<PersistentVolumeClaim>| {
            let mut owners = claim.metadata.owner_references.iter().flatten();
            claim.metadata.deletion_timestamp.is_some()
                || owners.any(|o| kind_of(o) == GroupKind::of::<Pod>() && o.name == pod)
        };
        templates(self.set).iter().filter_map(|t| self.claim(t, ordinal)).any(stale)
    }

    /// Makes the claims that the pod with this number lacks.
    pub(super) fn made(&self, ordinal: i32) -> Plan {
        let lacking = templates(self.set).iter().filter(|t| self.claim(t, ordinal).is_none());
        lacking.fold(Plan::nothing(), |plan, template| {
            let claim = self.new_claim(template, ordinal);
            let (set, pod) = (self.set, pod_name(self.set, ordinal));
            let told = format!(
                "create Claim {} Pod {pod} in StatefulSet {} success",
                claim_name(template, set, ordinal),
                set.metadata.name.as_deref().unwrap_or_default()
            );
            plan.create(&claim).record(Note::normal(set, "SuccessfulCreate", told))
        })
    }

    fn new_claim(&self, template: &PersistentVolumeClaim, ordinal: i32) -> PersistentVolumeClaim {
        let mut labels = template.metadata.labels.clone().unwrap_or_default();
        labels.extend(self.spec.selector.match_labels.clone().unwrap_or_default());
        let claim = PersistentVolumeClaim {
            metadata: ObjectMeta {
                name: Some(claim_name(template, self.set, ordinal)),
                namespace: self.set.metadata.namespace.clone(),
                labels: Some(labels),
                annotations: template.metadata.annotations.clone(),
                ..ObjectMeta::default()
            },
            spec: template.spec.clone(),
            status: None,
        };
        if self.goes_with_set() { claim.owned_by(self.set) } else { claim }
    }

    fn policy(&self) -> (bool, bool) {
        let policy = self.spec.persistent_volume_claim_retention_policy.as_ref();
        let deletes = |when: Option<&String>| when.is_some_and(|w| w == "Delete");
        (
            deletes(policy.and_then(|p| p.when_deleted.as_ref())),
            deletes(policy.and_then(|p| p.when_scaled.as_ref())),
        )
    }

    fn goes_with_set(&self) -> bool {
        self.policy().0
    }

    /// Says on the claims of a pod with whom they go: with the set, with the pod that is scaled away, or
    /// with nobody.
    pub(super) fn entrusted(&self, ordinal: i32, pod: &Pod) -> Plan {
        let claims = templates(self.set).iter().filter_map(|t| self.claim(t, ordinal));
        claims
            .filter_map(|claim| self.entrust(&claim, ordinal, pod))
            .fold(Plan::nothing(), |plan, claim| plan.update(&claim))
    }

    fn entrust(
        &self,
        claim: &PersistentVolumeClaim,
        ordinal: i32,
        pod: &Pod,
    ) -> Option<PersistentVolumeClaim> {
        if claim.metadata.deletion_timestamp.is_some() {
            return None;
        }
        let owners = claim.metadata.owner_references.as_deref().unwrap_or_default();
        let namesake = |o: &OwnerReference| names(o, self.set) || names(o, pod);
        let uids = [&self.set.metadata.uid, &pod.metadata.uid];
        let ours = |o: &OwnerReference| uids.contains(&&Some(o.uid.clone()));
        if owners.iter().any(|o| namesake(o) && !ours(o)) {
            // It belongs to what had these names before: whoever collects that decides.
            return None;
        }
        let (with_set, with_pod) = self.policy();
        let rest: Vec<_> = owners.iter().filter(|o| !namesake(o)).cloned().collect();
        let taken = (with_set || with_pod) && rest.iter().any(|o| o.controller == Some(true));
        let scaled_away = !self.ordinals().contains(&ordinal);
        let mut wanted = claim.clone();
        wanted.metadata.owner_references = Some(rest);
        if !taken && with_pod && scaled_away {
            wanted = wanted.owned_by(pod);
        } else if !taken && with_set {
            wanted = wanted.owned_by(self.set);
        }
        wanted.metadata.owner_references.take_if(|owners| owners.is_empty());
        (wanted.metadata.owner_references != claim.metadata.owner_references).then_some(wanted)
    }
}

/// Whether a reference names an object, or another that had its name.
fn names<K: Kind>(owner: &OwnerReference, object: &K) -> bool {
    kind_of(owner) == GroupKind::of::<K>() && Some(&owner.name) == object.metadata().name.as_ref()
}

fn kind_of(owner: &OwnerReference) -> GroupKind {
    GroupKind::parse(&owner.api_version, &owner.kind)
}
