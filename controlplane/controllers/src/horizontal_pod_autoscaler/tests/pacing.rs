//! How fast sizes change.

use super::*;
use crate::horizontal_pod_autoscaler::pace::{Paced, paced};

/// What becomes of a proposal, given what was recommended before.
fn pace(spec: &Value, before: &str, current: i32, proposed: i32) -> (i32, &'static str, &'static str) {
    let autoscaler = autoscaler(spec, &json!({})).annotated(History::KEPT, before);
    let world = World::default().at(later(0));
    let spec = autoscaler.spec.as_ref().unwrap();
    let scene = Scene { autoscaler: &autoscaler, spec, world: &world, measure: None };
    let mut history = History::of(&autoscaler, current, world.now());
    let Paced { replicas, able, limited } = paced(&scene, &mut history, current, proposed);
    (replicas, able.0, limited.1)
}

/// So many seconds before the moment.
fn ago(seconds: i64) -> i64 {
    moment().as_second() - seconds
}

#[test]
fn the_highest_of_the_last_minutes_counts() {
    let usual = json!({"minReplicas": 2, "maxReplicas": 30});
    let calm = |down: i32, up: i32| {
        json!({"maxReplicas": 30, "behavior": {"scaleDown": {"stabilizationWindowSeconds": down},
            "scaleUp": {"stabilizationWindowSeconds": up, "policies": [{"type": "Pods", "value": 20, "periodSeconds": 15}]}}})
    };
    for (spec, before, current, proposed, expected) in [
        (&usual, "3".to_owned(), 3, 4, (4, "ReadyForNewScale", "DesiredWithinRange")),
        (&usual, "3".to_owned(), 3, 2, (3, "ScaleDownStabilized", "DesiredWithinRange")),
        (&usual, format!("2 3@{}", ago(299)), 3, 2, (3, "ScaleDownStabilized", "DesiredWithinRange")),
        (&usual, format!("2 3@{}", ago(300)), 3, 2, (2, "ReadyForNewScale", "DesiredWithinRange")),
        (&usual, format!("1 5@{}", ago(400)), 5, 1, (2, "ReadyForNewScale", "TooFewReplicas")),
        (&usual, "3".to_owned(), 3, 20, (6, "ReadyForNewScale", "ScaleUpLimit")),
        (&usual, "20".to_owned(), 20, 50, (30, "ReadyForNewScale", "TooManyReplicas")),
        (&calm(0, 0), "3".to_owned(), 3, 1, (1, "ReadyForNewScale", "DesiredWithinRange")),
        (&calm(0, 60), "3".to_owned(), 3, 9, (3, "ScaleUpStabilized", "DesiredWithinRange")),
        (&calm(0, 60), format!("9 3@{}", ago(61)), 3, 9, (9, "ReadyForNewScale", "DesiredWithinRange")),
    ] {
        assert_eq!(pace(spec, &before, current, proposed), expected, "{before}: {current} to {proposed}");
    }
}

#[test]
fn policies_say_how_far_it_goes_in_a_time() {
    let rules = |which: &str, policies: Value, select: &str| {
        let rules = json!({"stabilizationWindowSeconds": 0, "policies": policies, "selectPolicy": select});
        json!({"maxReplicas": 100, "behavior": {which: rules}})
    };
    let both = || json!([{"type": "Pods", "value": 4, "periodSeconds": 60}, {"type": "Percent", "value": 50, "periodSeconds": 60}]);
    for (which, select, before, current, proposed, expected) in [
        ("scaleUp", "Max", "10".to_owned(), 10, 90, (15, "ScaleUpLimit")),
        ("scaleUp", "Min", "10".to_owned(), 10, 90, (14, "ScaleUpLimit")),
        ("scaleUp", "Disabled", "10".to_owned(), 10, 90, (10, "ScaleUpLimit")),
        ("scaleUp", "Max", format!("10  3@{}", ago(30)), 13, 90, (15, "ScaleUpLimit")),
        ("scaleUp", "Max", format!("10  3@{}", ago(60)), 13, 90, (20, "ScaleUpLimit")),
        ("scaleUp", "Max", format!("10  8@{}", ago(30)), 18, 90, (18, "ScaleUpLimit")),
        ("scaleDown", "Max", "40".to_owned(), 40, 1, (20, "ScaleDownLimit")),
        ("scaleDown", "Min", "40".to_owned(), 40, 1, (36, "ScaleDownLimit")),
        ("scaleDown", "Disabled", "40".to_owned(), 40, 1, (40, "ScaleDownLimit")),
        ("scaleDown", "Max", format!("40  -10@{}", ago(30)), 30, 1, (20, "ScaleDownLimit")),
        ("scaleDown", "Max", "2".to_owned(), 2, 1, (1, "DesiredWithinRange")),
    ] {
        let (replicas, _, why) = pace(&rules(which, both(), select), &before, current, proposed);
        assert_eq!((replicas, why), expected, "{which} {select} {before}: {current} to {proposed}");
    }
}
