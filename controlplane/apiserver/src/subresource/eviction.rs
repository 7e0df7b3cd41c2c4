//! Removes a pod as its disruption budget allows it: the budget is charged before the pod goes, so that
//! two who evict at once never take more than there is.

use crate::{
    admission::There,
    door::Caller,
    keys,
    local::{Local, ask as asked},
    pipeline,
};
use serde_json::{Value, json};
use shared_api::{
    DeleteHow, GroupKind, Key, KindInfo, LabelSelector, Object, Patch, PatchType, Preconditions, Reason,
    Refusal, Time, Timestamp, WriteHow,
    core::Pod,
    meta::{DeleteOptions, StatusCause, StatusDetails},
    policy::{PodDisruptionBudget, PodDisruptionBudgetStatus},
};
use shared_client::Result;

/// How often a budget is charged again that somebody else wrote first.
const TRIES: usize = 20;
/// So many evicted pods may be unconfirmed by the one who keeps the budget.
const UNCONFIRMED: usize = 2000;
const VIOLATED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

pub(super) async fn evict(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    mut body: Value,
    how: &WriteHow,
) -> Result<Value> {
    caller.may(&asked("create", kind, "eviction", key))?;
    let options: DeleteOptions = match body.get_mut("deleteOptions").map(Value::take) {
        None | Some(Value::Null) => DeleteOptions::default(),
        Some(options) => serde_json::from_value(options)
            .map_err(|e| Refusal::bad_request(format!("deleteOptions cannot be decoded: {e}")))?,
    };
    let preconditions = options.preconditions.unwrap_or_default();
    let mut how = DeleteHow {
        grace_seconds: options.grace_period_seconds,
        preconditions: Preconditions {
            uid: preconditions.uid,
            revision: preconditions.resource_version.and_then(|v| v.parse().ok()),
        },
        propagation: None,
        dry_run: how.dry_run || options.dry_run.is_some_and(|d| !d.is_empty()),
    };
    for _ in 0..TRIES {
        let Some(found) = caller.server.read(kind, &key.namespace, &key.name)? else {
            return Err(Refusal::not_found(key));
        };
        let pod = found.to_kind::<Pod>().map_err(Refusal::internal)?;
        // What does no work may go as long as it is as it was looked at.
        let mut unchanged = how.clone();
        unchanged.preconditions.revision.get_or_insert(found.revision());
        let gone = match asked_budget(caller, &pod, &key.namespace)? {
            Leave::Unasked => go(caller, kind, key, &pod, unchanged).await,
            Leave::Freely => go(caller, kind, key, &pod, how.clone()).await,
            Leave::Charging(charged) => {
                if !how.dry_run {
                    match caller.allowed().update(Object::from_kind(&*charged), &WriteHow::status()).await {
                        Err(refusal) if refusal.reason == Reason::Conflict => continue,
                        other => other?,
                    };
                }
                // Charged once: should the pod change meanwhile, it goes all the same.
                how.preconditions.uid.get_or_insert_with(|| found.uid().into());
                go(caller, kind, key, &pod, how.clone()).await
            }
        };
        match gone {
            Err(refusal) if refusal.reason == Reason::Conflict && how.preconditions.revision.is_none() => {}
            other => return other.map(|_| super::success()),
        }
    }
    Err(Refusal::conflict(key, "pod and disruption budget changed each time; please try again"))
}

/// Says on the pod that it goes for no fault of its own, and lets it go.
async fn go(
    caller: &Local,
    kind: &'static KindInfo,
    key: &Key,
    pod: &Pod,
    mut how: DeleteHow,
) -> Result<Object> {
    let revision = pod.metadata.resource_version.as_ref().and_then(|v| v.parse().ok());
    let wanted = how.preconditions.clone();
    let meant = wanted.uid.is_none_or(|uid| Some(&uid) == pod.metadata.uid.as_ref())
        && wanted.revision.is_none_or(|wanted| Some(wanted) == revision);
    if meant && !how.dry_run && pod.metadata.deletion_timestamp.is_none() {
        let patch = Patch { kind: PatchType::Strategic, body: told(pod, (caller.server.options.clock)()) };
        let written = caller.allowed().patch(key, &patch, &WriteHow::status()).await?;
        if let Some(revision) = &mut how.preconditions.revision {
            *revision = written.revision();
        }
    }
    pipeline::evict(caller, kind, key, &how).await
}

/// What is said on a pod that goes because somebody asked for it.
fn told(pod: &Pod, now: Timestamp) -> Value {
    let at = Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
    let condition = json!({"type": "DisruptionTarget", "status": "True", "lastTransitionTime": at,
        "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"});
    json!({"metadata": {"uid": pod.metadata.uid}, "status": {"conditions": [condition]}})
}

/// How the budget that a pod counts for lets it go.
fn asked_budget(caller: &Local, pod: &Pod, namespace: &str) -> Result<Leave> {
    if idle(pod) {
        return Ok(Leave::Unasked);
    }
    let kind = keys::known(&GroupKind::of::<PodDisruptionBudget>())?;
    let all = caller.server.objects(kind, namespace)?;
    let budgets = all.iter().filter_map(|object| object.to_kind::<PodDisruptionBudget>().ok());
    let mut mine = budgets.filter(|budget| {
        let selector = budget.spec.as_ref().and_then(|s| s.selector.as_ref());
        selector.is_some_and(|s| LabelSelector::from_meta(s).matches(pod.metadata.labels.as_ref()))
    });
    let Some(budget) = mine.next() else { return Ok(Leave::Freely) };
    if mine.next().is_some() {
        let why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        return Err(Refusal::new(Reason::InternalError, why));
    }
    leave(pod, &budget, (caller.server.options.clock)())
}

/// Whether it does no work.
fn idle(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or("Pending");
    matches!(phase, "Succeeded" | "Failed" | "Pending") || pod.metadata.deletion_timestamp.is_some()
}

/// How a pod may go.
#[derive(Debug, PartialEq)]
enum Leave {
    /// No budget is about it.
    Freely,
    /// It does no work as it is, so the budget loses nothing.
    Unasked,
    /// With this budget.
    Charging(Box<PodDisruptionBudget>),
}

fn leave(pod: &Pod, budget: &PodDisruptionBudget, now: Timestamp) -> Result<Leave> {
    let status = budget.status.clone().unwrap_or_default();
    let conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    let ready = conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True");
    let policy = budget.spec.as_ref().and_then(|s| s.unhealthy_pod_eviction_policy.as_deref());
    let spare = policy == Some("AlwaysAllow")
        || (status.desired_healthy > 0 && status.current_healthy >= status.desired_healthy);
    if !ready && spare {
        return Ok(Leave::Unasked);
    }
    charge(budget, status, pod.metadata.name.as_deref().unwrap_or_default(), now)
}

fn charge(
    budget: &PodDisruptionBudget,
    mut status: PodDisruptionBudgetStatus,
    pod: &str,
    now: Timestamp,
) -> Result<Leave> {
    let name = budget.metadata.name.as_deref().unwrap_or_default();
    if status.observed_generation.unwrap_or(0) < budget.metadata.generation.unwrap_or(0) {
        let why = format!("The disruption budget {name} is still being processed by the server.");
        return Err(violated(why, 10));
    }
    let forbidden = |why| Err(Refusal::forbidden(&Key::from_kind(budget), why));
    if status.disruptions_allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    if status.disrupted_pods.as_ref().map_or(0, std::collections::BTreeMap::len) > UNCONFIRMED {
        return forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if status.disruptions_allowed == 0 {
        let failed = status.conditions.iter().flatten().find(|c| c.reason == "SyncFailed");
        let why = match failed {
            Some(condition) => format!(
                "The disruption budget {name} does not allow evicting pods currently because it failed sync: {}",
                condition.message
            ),
            None => format!(
                "The disruption budget {name} needs {} healthy pods and has {} currently",
                status.desired_healthy, status.current_healthy
            ),
        };
        return Err(violated(why, 0));
    }
    status.disruptions_allowed -= 1;
    let whole = Time(Timestamp::from_second(now.as_second()).unwrap_or(now));
    if status.disruptions_allowed == 0 {
        let conditions = status.conditions.iter_mut().flatten().filter(|c| c.type_ == "DisruptionAllowed");
        for condition in conditions {
            (condition.status, condition.reason) = ("False".into(), "InsufficientPods".into());
            condition.last_transition_time = whole.clone();
        }
    }
    status.disrupted_pods.get_or_insert_default().insert(pod.into(), whole);
    Ok(Leave::Charging(Box::new(PodDisruptionBudget { status: Some(status), ..budget.clone() })))
}

fn violated(why: String, retry_after: i32) -> Refusal {
    let cause = StatusCause { reason: Some("DisruptionBudget".into()), message: Some(why), field: None };
    let details = StatusDetails {
        causes: Some(vec![cause]),
        retry_after_seconds: Some(retry_after).filter(|seconds| *seconds > 0),
        ..StatusDetails::default()
    };
    Refusal { details: Some(Box::new(details)), ..Refusal::new(Reason::TooManyRequests, VIOLATED) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::{MetaWords, PodWords, moment, pod};

    fn budget(allowed: i32, healthy: i32, policy: Option<&str>) -> PodDisruptionBudget {
        serde_json::from_value(json!({
            "metadata": {"name": "web", "namespace": "default", "generation": 2},
            "spec": {"minAvailable": 2, "unhealthyPodEvictionPolicy": policy},
            "status": {"disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": 2,
                "expectedPods": 3, "observedGeneration": 2,
                "conditions": [{"type": "DisruptionAllowed", "status": "True", "reason": "SufficientPods",
                    "message": "", "lastTransitionTime": "2020-01-01T00:00:00Z"}]}
        }))
        .unwrap()
    }

    fn running() -> Pod {
        pod("a").labelled("app", "web").ready()
    }

    #[test]
    fn the_last_that_may_go_is_charged() {
        let left = leave(&running(), &budget(1, 3, None), moment()).unwrap();
        let Leave::Charging(charged) = left else { panic!("{left:?}") };
        let status = charged.status.clone().unwrap();
        assert_eq!(status.disruptions_allowed, 0);
        assert!(status.disrupted_pods.unwrap().contains_key("a"));
        assert_eq!(status.conditions.unwrap()[0].reason, "InsufficientPods");
    }

    #[test]
    fn what_would_violate_the_budget_is_to_be_tried_again() {
        let cause = |budget: &PodDisruptionBudget| {
            let refused = leave(&running(), budget, moment()).unwrap_err();
            assert_eq!((refused.reason, refused.message.as_str()), (Reason::TooManyRequests, VIOLATED));
            refused.details.unwrap().causes.unwrap()[0].message.clone().unwrap()
        };
        assert_eq!(
            cause(&budget(0, 2, None)),
            "The disruption budget web needs 2 healthy pods and has 2 currently"
        );
        let mut unseen = budget(1, 3, None);
        unseen.metadata.generation = Some(3);
        assert_eq!(cause(&unseen), "The disruption budget web is still being processed by the server.");
    }

    #[test]
    fn pods_that_do_no_work_go_when_the_others_suffice() {
        let unready = pod("a").unready();
        assert_eq!(leave(&unready, &budget(0, 2, None), moment()).unwrap(), Leave::Unasked);
        assert!(leave(&unready, &budget(0, 1, None), moment()).is_err());
        assert_eq!(leave(&unready, &budget(0, 1, Some("AlwaysAllow")), moment()).unwrap(), Leave::Unasked);
        assert!(idle(&pod("a").phase("Pending")));
    }
}
