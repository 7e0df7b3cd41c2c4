//! Who a pod of a set is: its number, its names and its labels.

use super::{REVISION, claims};
use crate::members::child;
use shared_api::{
    apps::StatefulSet,
    core::{Pod, PodTemplateSpec},
};

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const INDEX: &str = "apps.kubernetes.io/pod-index";

/// The name of the pod with this number.
pub(super) fn pod_name(set: &StatefulSet, ordinal: i32) -> String {
    format!("{}-{ordinal}", set.metadata.name.as_deref().unwrap_or_default())
}

/// The number in a pod's name, when it is a name of this set: `web-2`, but neither `web-02` nor `web-x-2`.
pub(super) fn ordinal(set: &StatefulSet, pod: &str) -> Option<i32> {
    let digits = pod.strip_prefix(set.metadata.name.as_deref()?)?.strip_prefix('-')?;
    digits.parse().ok().filter(|n: &i32| *n >= 0 && n.to_string() == digits)
}

/// Whether a pod has a name of this set.
pub(super) fn member(set: &StatefulSet, pod: &Pod) -> bool {
    pod.metadata.name.as_deref().is_some_and(|name| ordinal(set, name).is_some())
}

/// The pod with this number, of this template.
pub(super) fn pod(set: &StatefulSet, ordinal: i32, template: &PodTemplateSpec, revision: &str) -> Pod {
    let mut pod = child(set, template);
    let name = pod_name(set, ordinal);
    pod.metadata.generate_name = None;
    pod.metadata.name = Some(name.clone());
    label(&mut pod, set, ordinal);
    pod.metadata.labels.get_or_insert_default().insert(REVISION.into(), revision.into());
    let spec = pod.spec.get_or_insert_default();
    spec.hostname = Some(name);
    spec.subdomain = set.spec.as_ref().and_then(|s| s.service_name.clone()).filter(|s| !s.is_empty());
    claims::mount(set, ordinal, spec);
    pod
}

/// The pod with the labels that say who it is, when it lacks them.
pub(super) fn mended(pod: &Pod, set: &StatefulSet, ordinal: i32) -> Option<Pod> {
    let mut mended = pod.clone();
    label(&mut mended, set, ordinal);
    (mended != *pod).then_some(mended)
}

fn label(pod: &mut Pod, set: &StatefulSet, ordinal: i32) {
    let labels = pod.metadata.labels.get_or_insert_default();
    labels.insert(POD_NAME.into(), pod_name(set, ordinal));
    labels.insert(INDEX.into(), ordinal.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::stateful_set;

    #[test]
    fn names_have_one_number() {
        for (name, number) in [
            ("web-0", Some(0)),
            ("web-12", Some(12)),
            ("web-012", None),
            ("web--1", None),
            ("web-", None),
            ("web", None),
            ("web-x-1", None),
            ("webs-1", None),
            ("web-99999999999", None),
        ] {
            assert_eq!(ordinal(&stateful_set("web", 1), name), number, "{name}");
        }
    }
}
