//! What one pod, container or claim of a namespace may have: what its author left out is filled in, and what
//! is too little or too much is refused.

mod check;

use super::{Action, Request};
use crate::keys;
use check::{Amounts, Subject};
use shared_api::{
    Amount, GroupKind, Quantity, Refusal,
    core::{
        Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod, PodSpec, ResourceRequirements,
        usage,
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// Where it is written what was filled in.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let (draft, action) = (request.draft.as_any(), request.action);
    let limited = match action {
        Action::Create => draft.is::<Pod>() || draft.is::<PersistentVolumeClaim>(),
        Action::Update => draft.is::<PersistentVolumeClaim>(),
        Action::Remove => false,
    };
    if !limited {
        return Ok(());
    }
    let namespace = request.draft.meta().namespace.clone().unwrap_or_default();
    let ranges = request.there.objects(keys::known(&GroupKind::of::<LimitRange>())?, &namespace)?;
    let ranges: Vec<Arc<LimitRange>> = ranges.iter().filter_map(|o| o.to_kind().ok()).collect();
    if ranges.is_empty() {
        return Ok(());
    }
    let items: Vec<&LimitRangeItem> =
        ranges.iter().flat_map(|r| r.spec.iter().flat_map(|s| &s.limits)).collect();
    if let Some(pod) = request.draft.as_any_mut().downcast_mut::<Pod>() {
        fill(pod, &items);
    }
    let draft = request.draft.as_any();
    let mut errors = Vec::new();
    if let Some(spec) = draft.downcast_ref::<Pod>().and_then(|p| p.spec.as_ref()) {
        for item in &items {
            of_pod(item, spec, &mut errors);
        }
    } else if let Some(claim) = draft.downcast_ref::<PersistentVolumeClaim>() {
        let asked = claim.spec.as_ref().and_then(|s| s.resources.as_ref()?.requests.as_ref());
        let subject =
            Subject { requests: amounts(asked), limits: Amounts::new(), what: "PersistentVolumeClaim" };
        for item in items.iter().filter(|i| i.type_ == "PersistentVolumeClaim") {
            check::requests(item, &subject, &mut errors);
        }
    }
    match errors.as_slice() {
        [] => Ok(()),
        [one] => Err(request.forbidden(one)),
        several => Err(request.forbidden(&format!("[{}]", several.join(", ")))),
    }
}

fn amounts(list: Option<&BTreeMap<String, Quantity>>) -> Amounts {
    list.into_iter().flatten().map(|(name, amount)| (name.clone(), Amount::of(amount))).collect()
}

fn of_pod(item: &LimitRangeItem, spec: &PodSpec, errors: &mut Vec<String>) {
    let all = || spec.containers.iter().chain(spec.init_containers.iter().flatten());
    match item.type_.as_str() {
        "Container" => {
            for one in all() {
                let resources = one.resources.as_ref();
                let subject = Subject {
                    requests: amounts(resources.and_then(|r| r.requests.as_ref())),
                    limits: amounts(resources.and_then(|r| r.limits.as_ref())),
                    what: "Container",
                };
                check::both(item, &subject, errors);
            }
        }
        "Pod" => {
            let subject =
                Subject { requests: usage::requested(spec), limits: usage::limited(spec), what: "Pod" };
            check::both(item, &subject, errors);
        }
        _ => {}
    }
}

/// Gives every container what it did not ask for itself, and notes that.
fn fill(pod: &mut Pod, items: &[&LimitRangeItem]) {
    let (mut limits, mut requests) = (BTreeMap::new(), BTreeMap::new());
    for item in items.iter().filter(|i| i.type_ == "Container") {
        limits.extend(item.default.iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
        requests.extend(item.default_request.iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
    }
    let Some(spec) = &mut pod.spec else { return };
    let mut notes = Vec::new();
    for one in &mut spec.containers {
        fill_container(one, "container", &requests, &limits, &mut notes);
    }
    for one in spec.init_containers.iter_mut().flatten() {
        fill_container(one, "init container", &requests, &limits, &mut notes);
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        pod.metadata.annotations.get_or_insert_default().insert(ANNOTATION.into(), note);
    }
}

fn fill_container(
    one: &mut Container,
    what: &str,
    requests: &BTreeMap<String, Quantity>,
    limits: &BTreeMap<String, Quantity>,
    notes: &mut Vec<String>,
) {
    if requests.is_empty() && limits.is_empty() {
        return;
    }
    let ResourceRequirements { requests: asked, limits: most, .. } = one.resources.get_or_insert_default();
    for (list, defaults, word) in [(asked, requests, "request"), (most, limits, "limit")] {
        let there = list.get_or_insert_default();
        let missing = defaults.iter().filter(|(name, _)| !there.contains_key(*name));
        let missing: Vec<_> = missing.map(|(name, amount)| (name.clone(), amount.clone())).collect();
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().map(|(name, _)| name.as_str()).collect();
            notes.push(format!("{} {word} for {what} {}", names.join(", "), one.name));
        }
        there.extend(missing);
        *list = list.take().filter(|l| !l.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::created;
    use super::*;
    use serde_json::{Value, json};

    fn range(item: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r", "namespace": "n"}, "spec": {"limits": [item]}})
    }

    fn pod(resources: &[Value]) -> Value {
        let one = |(at, r): (usize, &Value)| json!({"name": format!("c{at}"), "image": "x", "resources": r});
        let containers: Vec<_> = resources.iter().enumerate().map(one).collect();
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": {"containers": containers}})
    }

    #[test]
    fn what_was_left_out_is_filled_in_and_noted() {
        let range = range(
            &json!({"type": "Container", "default": {"cpu": "500m", "memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}),
        );
        let new = pod(&[json!({}), json!({"requests": {"cpu": "200m"}, "limits": {"memory": "2Gi"}})]);
        let (pod, _) = created(admit, &new, &[range]).unwrap();
        let of = |at: usize| pod["spec"]["containers"][at]["resources"].clone();
        assert_eq!(
            of(0),
            json!({"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "500m", "memory": "1Gi"}})
        );
        assert_eq!(of(1)["limits"], json!({"cpu": "500m", "memory": "2Gi"}));
        assert_eq!(
            pod["metadata"]["annotations"][ANNOTATION],
            "LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0; cpu limit \
             for container c1"
        );
    }

    #[test]
    fn too_little_and_too_much_are_refused() {
        let refused =
            |item: Value, pods: &[Value]| created(admit, &pod(pods), &[range(&item)]).unwrap_err().message;
        let most = |amount: &str| json!({"limits": {"memory": amount}, "requests": {"memory": amount}});
        assert_eq!(
            refused(json!({"type": "Container", "max": {"memory": "1Gi"}}), &[most("2Gi")]),
            "pods \"p\" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi"
        );
        assert_eq!(
            refused(json!({"type": "Pod", "max": {"cpu": "1"}}), &[json!({})]),
            "pods \"p\" is forbidden: maximum cpu usage per Pod is 1.  No limit is specified"
        );
        let ratio = json!({"limits": {"cpu": "4"}, "requests": {"cpu": "1"}});
        assert_eq!(
            refused(json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}), &[ratio]),
            "pods \"p\" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000"
        );
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "n"},
            "spec": {"resources": {"requests": {"storage": "1Gi"}}}});
        let range = range(&json!({"type": "PersistentVolumeClaim", "min": {"storage": "2Gi"}}));
        assert_eq!(
            created(admit, &claim, &[range]).unwrap_err().message,
            "persistentvolumeclaims \"c\" is forbidden: minimum storage usage per PersistentVolumeClaim is 2Gi, but request \
             is 1Gi"
        );
    }
}
