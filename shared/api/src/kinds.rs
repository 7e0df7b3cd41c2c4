//! The list of kinds.

use crate::{
    KindInfo, admissionregistration, apiextensions, apps, authentication, authorization, autoscaling, batch,
    catalogue, certificates, coordination, core, custom::Definition, discovery, kinds, metrics, networking,
    node, policy, rbac, scheduling, settings, storage,
};
use std::{collections::HashMap, sync::LazyLock};

/// Every kind that is compiled in. Adding a kind is adding a line.
///
/// What goes over every kind of a cluster goes over [`crate::kinds`], which has those that are defined too.
///
/// A static, not a constant: what it points to is compiled here, once, and not in every crate that names it.
pub static KINDS: &[KindInfo] = &[
    KindInfo::of::<core::Binding>(),
    KindInfo::of::<core::ComponentStatus>(),
    KindInfo::of::<core::ConfigMap>(),
    KindInfo::of::<core::Endpoints>(),
    KindInfo::of::<core::Event>(),
    KindInfo::of::<core::LimitRange>(),
    KindInfo::of::<core::Namespace>(),
    KindInfo::of::<core::Node>(),
    KindInfo::of::<core::PersistentVolume>(),
    KindInfo::of::<core::PersistentVolumeClaim>(),
    KindInfo::of::<core::Pod>(),
    KindInfo::of::<core::PodTemplate>(),
    KindInfo::of::<core::ReplicationController>(),
    KindInfo::of::<core::ResourceQuota>(),
    KindInfo::of::<core::Secret>(),
    KindInfo::of::<core::Service>(),
    KindInfo::of::<core::ServiceAccount>(),
    KindInfo::of::<admissionregistration::MutatingWebhookConfiguration>(),
    KindInfo::of::<admissionregistration::ValidatingAdmissionPolicy>(),
    KindInfo::of::<admissionregistration::ValidatingAdmissionPolicyBinding>(),
    KindInfo::of::<admissionregistration::ValidatingWebhookConfiguration>(),
    KindInfo::of::<apiextensions::CustomResourceDefinition>(),
    KindInfo::of::<apps::ControllerRevision>(),
    KindInfo::of::<apps::DaemonSet>(),
    KindInfo::of::<apps::Deployment>(),
    KindInfo::of::<apps::ReplicaSet>(),
    KindInfo::of::<apps::StatefulSet>(),
    KindInfo::of::<authentication::SelfSubjectReview>(),
    KindInfo::of::<authentication::TokenReview>(),
    KindInfo::of::<authorization::LocalSubjectAccessReview>(),
    KindInfo::of::<authorization::SelfSubjectAccessReview>(),
    KindInfo::of::<authorization::SelfSubjectRulesReview>(),
    KindInfo::of::<authorization::SubjectAccessReview>(),
    KindInfo::of::<autoscaling::HorizontalPodAutoscaler>(),
    KindInfo::of::<batch::CronJob>(),
    KindInfo::of::<batch::Job>(),
    KindInfo::of::<certificates::CertificateSigningRequest>(),
    KindInfo::of::<coordination::Lease>(),
    KindInfo::of::<discovery::EndpointSlice>(),
    KindInfo::of::<networking::Ingress>(),
    KindInfo::of::<networking::IngressClass>(),
    KindInfo::of::<networking::NetworkPolicy>(),
    KindInfo::of::<node::RuntimeClass>(),
    KindInfo::of::<policy::PodDisruptionBudget>(),
    KindInfo::of::<rbac::ClusterRole>(),
    KindInfo::of::<rbac::ClusterRoleBinding>(),
    KindInfo::of::<rbac::Role>(),
    KindInfo::of::<rbac::RoleBinding>(),
    KindInfo::of::<scheduling::PriorityClass>(),
    KindInfo::of::<settings::PodPreset>(),
    KindInfo::of::<storage::CSIDriver>(),
    KindInfo::of::<storage::CSINode>(),
    KindInfo::of::<storage::CSIStorageCapacity>(),
    KindInfo::of::<storage::StorageClass>(),
    KindInfo::of::<storage::VolumeAttachment>(),
    // Last: these share the names of core kinds, which win where no group is said.
    KindInfo::of::<metrics::NodeMetrics>(),
    KindInfo::of::<metrics::PodMetrics>(),
];

/// The kind a user means by `name`: its plural, its short name, its kind, or one of these with the group
/// (`deployments.apps`), in any case.
pub fn find(name: &str) -> Option<&'static KindInfo> {
    let name = name.to_ascii_lowercase();
    let called = |k: &&KindInfo, name: &str| {
        let singular = |custom: &Definition| custom.singular == name;
        k.plural == name
            || k.kind.eq_ignore_ascii_case(name)
            || k.short_names.contains(&name)
            || k.custom.is_some_and(singular)
    };
    if let Some(kind) = kinds().find(|k| called(k, &name)) {
        return Some(kind);
    }
    let (word, group) = name.split_once('.')?;
    let versioned =
        |k: &KindInfo| group == k.group || group.strip_prefix(k.version) == Some(&format!(".{}", k.group));
    kinds().find(|k| called(k, word) && versioned(k))
}

/// What is known of `K`.
pub(crate) fn info<K: crate::Kind>() -> &'static KindInfo {
    of(K::GROUP, K::KIND).expect("every kind is in KINDS")
}

/// The kind called `kind` in `group`.
pub fn of(group: &str, kind: &str) -> Option<&'static KindInfo> {
    static BY_NAME: LazyLock<HashMap<(&str, &str), &KindInfo>> =
        LazyLock::new(|| KINDS.iter().map(|known| ((known.group, known.kind), known)).collect());
    BY_NAME.get(&(group, kind)).copied().or_else(|| catalogue::named(group, kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unambiguous() {
        let mut seen = BTreeSet::new();
        for kind in KINDS {
            // What is measured goes by the names of what it is about.
            let of_core =
                kind.group == metrics::GROUP && of("", kind.kind.trim_end_matches("Metrics")).is_some();
            for name in kind.short_names.iter().chain([&kind.plural]) {
                assert!(seen.insert(*name) || of_core, "{name} names two kinds");
            }
            let whole = format!("{}.{}", kind.plural, kind.group);
            assert!(
                kind.group.is_empty() || find(&whole).is_some_and(|found| found.kind == kind.kind),
                "{whole}"
            );
        }
        assert_eq!(find("pods").map(|kind| kind.kind), Some("Pod"));
    }

    #[test]
    fn a_kind_is_found_by_every_name_it_has() {
        for name in ["deploy", "Deployment", "deployments", "deployments.apps", "deployment.v1.apps"] {
            assert_eq!(find(name).map(|k| k.kind), Some("Deployment"), "{name}");
        }
        assert!(find("deployments.batch").is_none());
    }
}
