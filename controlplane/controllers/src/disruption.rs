//! Keeps every `PodDisruptionBudget` telling how many of its pods may be away: evictions ask it.

use crate::{deployment::share, pod::is_ready};
use shared_api::{
    GroupKind, Key, LabelSelector, Object, Time, Timestamp,
    apps::{Deployment, ReplicaSet, StatefulSet},
    core::{Pod, ReplicationController},
    meta::Condition,
    policy::{PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus},
};
use shared_reconcile::{Event, Note, Plan, Reconciler, World};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// See the module documentation.
pub struct Disruption;

/// Seconds an evicted pod counts as away although it is still there, as Kubernetes waits.
const LEAVING: i64 = 120;

impl Reconciler for Disruption {
    type Kind = PodDisruptionBudget;
    const NAME: &'static str = "controllermanager";
    const READS: &'static [GroupKind] = &[
        GroupKind::of::<Pod>(),
        GroupKind::of::<Deployment>(),
        GroupKind::of::<ReplicaSet>(),
        GroupKind::of::<StatefulSet>(),
        GroupKind::of::<ReplicationController>(),
    ];

    fn concerns(&self, event: &Event, world: &World) -> Vec<Key> {
        // A pod may just have lost the labels that were counted, so every budget beside it counts anew.
        let Some(object) = event.object() else { return Vec::new() };
        let budgets = world.of_kind_within(&GroupKind::of::<PodDisruptionBudget>(), object.namespace());
        budgets.map(Object::key).collect()
    }

    fn reconcile(&self, budget: &PodDisruptionBudget, world: &World) -> Plan {
        let Some(spec) = budget.spec.as_ref().filter(|_| budget.metadata.deletion_timestamp.is_none()) else {
            return Plan::nothing();
        };
        let old = budget.status.clone().unwrap_or_default();
        let now = world.now();
        let pods = chosen(budget, spec, world);
        let (away, due) = away(&old, &pods, now);
        let mut plan = Plan::nothing();
        let status = match Wanted::of(spec, &pods, world) {
            Ok(wanted) => {
                let here = pods.iter().filter(|p| {
                    p.metadata.deletion_timestamp.is_none() && is_ready(p) && !away.contains_key(name(p))
                });
                let healthy = i32::try_from(here.count()).unwrap_or(i32::MAX);
                let allowed = if wanted.expected > 0 { (healthy - wanted.healthy).max(0) } else { 0 };
                PodDisruptionBudgetStatus {
                    current_healthy: healthy,
                    desired_healthy: wanted.healthy,
                    expected_pods: wanted.expected,
                    disruptions_allowed: allowed,
                    disrupted_pods: (!away.is_empty()).then_some(away),
                    observed_generation: budget.metadata.generation,
                    conditions: Some(told(&old, budget, allowed > 0, None, now)),
                }
            }
            Err(why) => {
                let note = format!("Failed to calculate the number of expected pods: {why}");
                plan = plan.record(Note::warning(budget, "CalculateExpectedPodCountFailed", note));
                PodDisruptionBudgetStatus {
                    disruptions_allowed: 0,
                    observed_generation: budget.metadata.generation,
                    conditions: Some(told(&old, budget, false, Some(&why), now)),
                    ..old.clone()
                }
            }
        };
        if pods.is_empty() {
            plan = plan.record(Note::normal(budget, "NoPods", "No matching pods found"));
        }
        let plan = if budget.status.as_ref() == Some(&status) {
            Plan::nothing()
        } else {
            plan.update_status(&PodDisruptionBudget { status: Some(status), ..budget.clone() })
        };
        due.map_or(plan.clone(), |seconds| plan.again_in_seconds(seconds))
    }
}

/// The pods a budget is about: none without a selector, all with an empty one.
fn chosen(budget: &PodDisruptionBudget, spec: &PodDisruptionBudgetSpec, world: &World) -> Vec<Arc<Pod>> {
    let Some(selector) = &spec.selector else { return Vec::new() };
    let selector = LabelSelector::from_meta(selector);
    let namespace = budget.metadata.namespace.as_deref().unwrap_or_default();
    world.within::<Pod>(namespace).filter(|p| selector.matches(p.metadata.labels.as_ref())).collect()
}

/// Evicted pods that are still there, and seconds until the first of them is believed to stay.
fn away(
    old: &PodDisruptionBudgetStatus,
    pods: &[Arc<Pod>],
    now: Timestamp,
) -> (BTreeMap<String, Time>, Option<i64>) {
    let staying: BTreeSet<&str> =
        pods.iter().filter(|p| p.metadata.deletion_timestamp.is_none()).map(|p| name(p)).collect();
    let left = |at: &Time| at.0.as_second() + LEAVING - now.as_second();
    let away: BTreeMap<String, Time> = old
        .disrupted_pods
        .iter()
        .flatten()
        .filter(|(pod, at)| staying.contains(pod.as_str()) && left(at) > 0)
        .map(|(pod, at)| (pod.clone(), at.clone()))
        .collect();
    let due = away.values().map(left).min();
    (away, due)
}

/// What a budget asks for.
struct Wanted {
    expected: i32,
    healthy: i32,
}

impl Wanted {
    fn of(spec: &PodDisruptionBudgetSpec, pods: &[Arc<Pod>], world: &World) -> Result<Self, String> {
        use shared_api::IntOrString::{Int, String as Percent};
        let there = || i32::try_from(pods.len()).unwrap_or(i32::MAX);
        Ok(match (&spec.max_unavailable, &spec.min_available) {
            (Some(away), _) => {
                let expected = scale(pods, world)?;
                Self { expected, healthy: (expected - share(away, expected, true)).max(0) }
            }
            (None, Some(Int(least))) => Self { expected: there(), healthy: *least },
            (None, Some(least @ Percent(_))) => {
                let expected = scale(pods, world)?;
                Self { expected, healthy: share(least, expected, true) }
            }
            (None, None) => Self { expected: 0, healthy: 0 },
        })
    }
}

/// How many pods those who keep these want in all. Pods that nobody keeps do not count.
fn scale(pods: &[Arc<Pod>], world: &World) -> Result<i32, String> {
    let mut keepers: BTreeMap<String, i32> = BTreeMap::new();
    for pod in pods {
        let Some(keeper) = world.object(&Key::from_kind(&**pod)).and_then(|o| controller(o, world)) else {
            continue;
        };
        let none = || format!("found no controllers for pod {:?}", name(pod));
        let keeper = keeper.ok_or_else(none)?;
        // What keeps a replica set decides how many of its pods there shall be.
        let upper = controller(&keeper, world).flatten();
        let top = upper.filter(scales).unwrap_or(keeper);
        if !scales(&top) {
            return Err(none());
        }
        let replicas = top.value().pointer("/spec/replicas").and_then(serde_json::Value::as_i64);
        keepers.insert(top.uid().into(), i32::try_from(replicas.unwrap_or(1)).unwrap_or(0));
    }
    Ok(keepers.values().sum())
}

/// Who controls an object: nobody, somebody who is gone, or this.
#[allow(clippy::option_option, reason = "nobody was asked, and nobody answered, are two things")]
fn controller(object: &Object, world: &World) -> Option<Option<Object>> {
    let owner = object.controller()?;
    let kind = GroupKind::parse(&owner.api_version, &owner.kind);
    let key = Key { kind, namespace: object.namespace().into(), name: owner.name.clone() };
    Some(world.object(&key).filter(|o| o.uid() == owner.uid).cloned())
}

fn scales(object: &Object) -> bool {
    let kind = object.group_kind();
    shared_api::of(&kind.group, &kind.kind).is_some_and(|k| k.subresources.contains(&"scale"))
}

/// The conditions, with the one that says whether a pod may go.
fn told(
    old: &PodDisruptionBudgetStatus,
    budget: &PodDisruptionBudget,
    allowed: bool,
    failure: Option<&str>,
    now: Timestamp,
) -> Vec<Condition> {
    let status = if allowed { "True" } else { "False" };
    let reason = match (failure, allowed) {
        (Some(_), _) => "SyncFailed",
        (None, true) => "SufficientPods",
        (None, false) => "InsufficientPods",
    };
    let mut conditions = old.conditions.clone().unwrap_or_default();
    let place = conditions.iter().position(|c| c.type_ == "DisruptionAllowed");
    let since = place.map(|at| &conditions[at]).filter(|c| c.status == status);
    let condition = Condition {
        type_: "DisruptionAllowed".into(),
        status: status.into(),
        reason: reason.into(),
        message: failure.unwrap_or_default().into(),
        observed_generation: budget.metadata.generation,
        last_transition_time: since.map_or_else(|| Time(whole(now)), |c| c.last_transition_time.clone()),
    };
    match place {
        Some(at) => conditions[at] = condition,
        None => conditions.push(condition),
    }
    conditions
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests;
