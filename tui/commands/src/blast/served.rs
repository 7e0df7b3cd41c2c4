//! Who is served by the pods that go: services, and the budgets that were to prevent it.

use super::{Blast, Loss, counted, pods::is_ready};
use crate::Action;
use shared_api::{
    GroupKind, Key, LabelSelector, Object,
    core::{Pod, Service},
    policy::PodDisruptionBudget,
};
use shared_client::World;
use std::collections::BTreeSet;

/// The pods of a namespace that have these labels and serve.
fn serving(labels: &LabelSelector, namespace: &str, world: &World) -> BTreeSet<Key> {
    let pods = world.of_kind_within(&GroupKind::of::<Pod>(), namespace);
    let chosen = pods.filter(|pod| labels.matches(pod.metadata().labels.as_ref()) && is_ready(pod));
    chosen.map(Object::key).collect()
}

/// How many of these are away at the worst moment.
fn worst(loss: &Loss, there: &BTreeSet<Key>) -> usize {
    let at_once = loss.at_once.intersection(there).count();
    let turns = loss.in_turn.iter().map(|(pods, limit)| pods.intersection(there).count().min(*limit));
    at_once + turns.sum::<usize>()
}

pub(super) fn services(loss: &Loss, world: &World, blast: &mut Blast) {
    for service in world.of_kind(&GroupKind::of::<Service>()) {
        let Some(labels) = LabelSelector::of_spec(&service.bare_value()["spec"]["selector"]) else {
            continue;
        };
        if labels.is_empty() {
            continue;
        }
        let there = serving(&labels, service.namespace(), world);
        let away = worst(loss, &there);
        if away == 0 {
            continue;
        }
        let (name, now) = (service.name(), there.len());
        if away == now {
            let text =
                format!("service {name}: nobody is left to answer ({} now)", counted(now, "ready pod"));
            blast.warn(text);
        } else {
            blast.note(format!("service {name}: {} of {now} ready pods are left", now - away));
        }
    }
}

/// Whether those who ask are told no: only evictions ask.
fn asks(action: &Action) -> bool {
    matches!(action, Action::Drain(drain) if !drain.disable_eviction)
}

pub(super) fn budgets(action: &Action, loss: &Loss, world: &World, blast: &mut Blast) {
    for budget in world.of_kind(&GroupKind::of::<PodDisruptionBudget>()) {
        let value = budget.bare_value();
        let Some(labels) = LabelSelector::of_spec(&value["spec"]["selector"]) else { continue };
        let there = serving(&labels, budget.namespace(), world);
        let away = loss.at_once.intersection(&there).count();
        let allowed = value["status"]["disruptionsAllowed"].as_u64().and_then(|n| usize::try_from(n).ok());
        let allowed = allowed.unwrap_or(0);
        if away <= allowed {
            continue;
        }
        let name = budget.name();
        if !asks(action) {
            let why = "and is not asked";
            blast.warn(format!("budget {name} lets {allowed} go at a time, {away} are to go; it stands in the way of evictions only, {why}"));
        } else if allowed == 0 {
            blast.warn(format!("budget {name} lets none go now: {} will wait", counted(away, "eviction")));
        } else {
            blast.note(format!(
                "budget {name} lets {allowed} go at a time: {} will wait in turn",
                counted(away, "eviction")
            ));
        }
    }
}
