//! What a namespace may have in all. What an object takes is charged to every quota it counts for, in the
//! same transaction that stores the object: two writers never share the last of it.

use super::{Action, Request};
use crate::keys;
use controlplane_store::{Check, Op, Value};
use shared_api::{
    Amount, Draft, GroupKind, Object, Refusal,
    core::{
        PersistentVolumeClaim, Pod, ResourceQuota, Service,
        usage::{self, Usage, written},
    },
};
use std::collections::BTreeMap;

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let draft = request.draft.as_any();
    // What others take is settled when they are made.
    let grows = draft.is::<Service>() || draft.is::<PersistentVolumeClaim>();
    let counted = match request.action {
        Action::Create => request.kind.namespaced,
        Action::Update => grows,
        Action::Remove => false,
    };
    if !counted {
        return Ok(());
    }
    let namespace = request.draft.meta().namespace.clone().unwrap_or_default();
    let kind = keys::known(&GroupKind::of::<ResourceQuota>())?;
    let quotas = request.there.objects(kind, &namespace)?;
    if quotas.is_empty() {
        return Ok(());
    }
    let object = request.draft.object();
    let takes = more(&usage::of(&object), request.old.map(|old| usage::of(&old.object())));
    for entry in quotas {
        let Ok(quota) = entry.to_kind::<ResourceQuota>() else { continue };
        let Some(charged) =
            charge(&quota, &object, request.action, &takes).map_err(|why| request.forbidden(&why))?
        else {
            continue;
        };
        let key = keys::of(kind, &namespace, entry.name());
        let encoded = charged.encode();
        request.txn.checks.push(Check { key: key.clone(), revision: Some(entry.revision()) });
        let value = Value { bytes: encoded.json.into(), hole: Some(encoded.hole) };
        request.txn.ops.push(Op::Put { key, value });
    }
    Ok(())
}

/// What is taken besides what was taken before.
fn more(now: &Usage, before: Option<Usage>) -> Usage {
    let before = before.unwrap_or_default();
    let rest = |(name, amount): (&String, &Amount)| {
        let rest = *amount - before.get(name).copied().unwrap_or_default();
        (name.clone(), rest)
    };
    now.iter().map(rest).filter(|(_, rest)| *rest > Amount::default()).collect()
}

/// The quota with what the object takes added; `None` when it takes nothing of it.
fn charge(
    quota: &ResourceQuota,
    object: &Object,
    action: Action,
    takes: &Usage,
) -> Result<Option<ResourceQuota>, String> {
    let name = quota.metadata.name.as_deref().unwrap_or_default();
    let (Some(spec), Some(status)) = (&quota.spec, &quota.status) else { return Ok(None) };
    let hard: BTreeMap<&str, Amount> =
        status.hard.iter().flatten().map(|(k, q)| (k.as_str(), Amount::of(q))).collect();
    if !usage::counts(spec, object) {
        return Ok(None);
    }
    if action == Action::Create
        && let Some(spec) = (object.kind() == "Pod").then(|| object.to_kind::<Pod>().ok()).flatten()
        && let Some(spec) = &spec.spec
        && let Some(missing) = usage::missing(spec, hard.keys().copied())
    {
        return Err(format!("failed quota: {name}: must specify {missing}"));
    }
    let asked: BTreeMap<&str, Amount> =
        takes.iter().filter(|(k, _)| hard.contains_key(k.as_str())).map(|(k, a)| (k.as_str(), *a)).collect();
    if asked.is_empty() {
        return Ok(None);
    }
    let mut used = status.used.clone().unwrap_or_default();
    let unknown: Vec<_> = asked.keys().copied().filter(|k| !used.contains_key(*k)).collect();
    if !unknown.is_empty() {
        return Err(format!("status unknown for quota: {name}, resources: {}", unknown.join(",")));
    }
    let has = |what: &str| used.get(what).map(Amount::of).unwrap_or_default();
    let over: Vec<_> = asked.iter().filter(|(k, a)| has(k) + **a > hard[*k]).map(|(k, _)| *k).collect();
    if !over.is_empty() {
        let list = |amount: &dyn Fn(&str) -> Amount| {
            let pairs: Vec<_> = over.iter().map(|k| format!("{k}={}", written(k, amount(k)).0)).collect();
            pairs.join(",")
        };
        return Err(format!(
            "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
            list(&|k| asked[k]),
            list(&has),
            list(&|k| hard[k])
        ));
    }
    let sums: Vec<_> = asked.iter().map(|(k, a)| ((*k).to_owned(), written(k, has(k) + *a))).collect();
    used.extend(sums);
    let mut charged = quota.clone();
    charged.status.get_or_insert_default().used = Some(used);
    Ok(Some(charged))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{created, updated};
    use super::*;
    use controlplane_store::Txn;
    use serde_json::{Value as Json, json};

    fn quota(hard: &Json, used: &Json) -> Json {
        json!({"apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": {"name": "q", "namespace": "n", "resourceVersion": "7"},
            "spec": {"hard": hard}, "status": {"hard": hard, "used": used}})
    }

    fn pod(resources: &Json) -> Json {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
            "spec": {"containers": [{"name": "a", "image": "b", "resources": resources}]}})
    }

    fn used(txn: &Txn) -> Json {
        let [Op::Put { value, .. }] = &txn.ops[..] else { panic!("{txn:?}") };
        serde_json::from_slice::<Json>(&value.bytes).unwrap()["status"]["used"].clone()
    }

    #[test]
    fn what_an_object_takes_is_charged_with_it() {
        let quota =
            quota(&json!({"pods": "2", "requests.cpu": "1"}), &json!({"pods": "1", "requests.cpu": "200m"}));
        let (_, txn) = created(admit, &pod(&json!({"requests": {"cpu": "300m"}})), &[quota]).unwrap();
        assert_eq!(used(&txn), json!({"pods": "2", "requests.cpu": "500m"}));
        assert_eq!(txn.checks[0].revision, Some(7), "nobody else charged it meanwhile");
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let refused = |hard: Json, has: Json, resources: Json| {
            created(admit, &pod(&resources), &[quota(&hard, &has)]).unwrap_err().message
        };
        assert_eq!(
            refused(json!({"pods": "2"}), json!({"pods": "2"}), json!({})),
            "pods \"p\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"
        );
        assert_eq!(
            refused(
                json!({"limits.memory": "1Gi", "requests.cpu": "1"}),
                json!({"limits.memory": "768Mi", "requests.cpu": "0"}),
                json!({"limits": {"memory": "512Mi", "cpu": "1"}, "requests": {"cpu": "1"}})
            ),
            "pods \"p\" is forbidden: exceeded quota: q, requested: limits.memory=512Mi, used: limits.memory=768Mi, limited: \
             limits.memory=1Gi"
        );
        assert_eq!(
            refused(json!({"limits.cpu": "1"}), json!({"limits.cpu": "0"}), json!({})),
            "pods \"p\" is forbidden: failed quota: q: must specify limits.cpu for: a"
        );
        assert_eq!(
            refused(json!({"pods": "2"}), json!({}), json!({})),
            "pods \"p\" is forbidden: status unknown for quota: q, resources: pods"
        );
    }

    #[test]
    fn a_change_is_charged_for_what_it_adds() {
        let service = |type_: &str| {
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"},
            "spec": {"type": type_, "ports": [{"port": 80}]}})
        };
        let quota = quota(
            &json!({"services": "1", "services.nodeports": "1"}),
            &json!({"services": "1", "services.nodeports": "0"}),
        );
        let there = std::slice::from_ref(&quota);
        let (_, txn) = updated(admit, &service("ClusterIP"), &service("NodePort"), there).unwrap();
        assert_eq!(used(&txn), json!({"services": "1", "services.nodeports": "1"}));
        let (_, txn) = updated(admit, &service("NodePort"), &service("NodePort"), there).unwrap();
        assert!(txn.ops.is_empty());
    }
}
