//! What budgets tell.

use super::*;
use serde_json::{Value, json};
use shared_api::OwnedBy;
use shared_reconcile::{Change, Controller};
use shared_testkit::{MetaWords, PodWords, moment, object, pod, replica_set};

fn budget(spec: &Value, status: &Value) -> Object {
    let mut spec = spec.clone();
    spec["selector"] = json!({"matchLabels": {"app": "web"}});
    let metadata = json!({"name": "web", "namespace": "default", "generation": 3});
    Object::from_value(&json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": metadata, "spec": spec, "status": status}))
    .unwrap()
}

/// What the budget tells of a replica set of four of which three pods are ready.
fn told(spec: &Value, status: &Value, others: impl IntoIterator<Item = Pod>) -> Value {
    let web = replica_set("web", 4);
    let of = |name: &str| pod(name).labelled("app", "web").owned_by(&web).on("n1");
    let budget = budget(spec, status);
    let pods = [of("a").ready(), of("b").ready(), of("c").ready(), of("d").unready()];
    let objects = pods.into_iter().chain(others).map(|p| object(&p));
    let world = World::of(objects.chain([budget.clone(), object(&web)])).at(moment());
    let plan = Disruption.decide(&budget.key(), &world);
    let told = plan.changes.iter().find_map(|change| match change {
        Change::UpdateStatus(budget) => Some(budget.value()["status"].clone()),
        _ => None,
    });
    told.unwrap_or_default()
}

#[test]
fn a_budget_allows_what_is_above_the_least() {
    let none = Value::Null;
    for (spec, allowed, healthy, expected, reason) in [
        (json!({"minAvailable": 2}), 1, 2, 4, "SufficientPods"),
        (json!({"minAvailable": 3}), 0, 3, 4, "InsufficientPods"),
        (json!({"minAvailable": "50%"}), 1, 2, 4, "SufficientPods"),
        (json!({"minAvailable": "51%"}), 0, 3, 4, "InsufficientPods"),
        (json!({"maxUnavailable": 2}), 1, 2, 4, "SufficientPods"),
        (json!({"maxUnavailable": "25%"}), 0, 3, 4, "InsufficientPods"),
        (json!({}), 0, 0, 0, "InsufficientPods"),
    ] {
        let told = told(&spec, &none, []);
        let numbers = ["disruptionsAllowed", "desiredHealthy", "expectedPods", "currentHealthy"]
            .map(|field| told[field].as_i64().unwrap());
        assert_eq!(numbers, [allowed, healthy, expected, 3], "{spec}");
        assert_eq!(told["conditions"][0]["reason"], reason, "{spec}");
        assert_eq!(told["observedGeneration"], 3);
    }
}

#[test]
fn a_pod_that_was_evicted_is_away_until_it_is_believed_to_stay() {
    let status = |seconds: i64| {
        let at = Timestamp::from_second(moment().as_second() - seconds).unwrap();
        json!({"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
            "disruptedPods": {"a": Time(at), "gone": Time(at)}})
    };
    let spec = json!({"minAvailable": 1});
    let away = told(&spec, &status(10), []);
    assert_eq!(
        (&away["disruptionsAllowed"], away["disruptedPods"].as_object().unwrap().len()),
        (&json!(1), 1)
    );
    assert_eq!(told(&spec, &status(200), [])["disruptionsAllowed"], 2);
}

#[test]
fn who_cannot_be_counted_lets_nobody_go() {
    let waif = || pod("waif").labelled("app", "web").ready();
    assert_eq!(told(&json!({"maxUnavailable": 2}), &Value::Null, [waif()])["disruptionsAllowed"], 2);
    let lost = pod("lost").labelled("app", "web").owned_by(&replica_set("other", 1)).ready();
    let told = told(&json!({"maxUnavailable": 2}), &Value::Null, [lost]);
    assert_eq!(told["disruptionsAllowed"], 0);
    assert_eq!(told["conditions"][0]["message"], "found no controllers for pod \"lost\"");
}

#[test]
fn what_was_told_is_not_told_again() {
    let first = told(&json!({"minAvailable": 2}), &Value::Null, []);
    assert_eq!(told(&json!({"minAvailable": 2}), &first, []), Value::Null);
}
