//! From pods and what they use to a size.

use super::*;

#[test]
fn the_size_follows_the_load() {
    let aim = |percent: i32| {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        json!({"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]})
    };
    let ready = |name: &str| web(name).on("n1").ready();
    let (two, pending) = (vec![ready("a"), ready("b")], vec![ready("a"), web("b")]);
    for (what, percent, pods, uses, expected) in [
        ("twice as much as aimed at", 50, &two, vec![("a", 100), ("b", 100)], Some(4)),
        ("a little more", 50, &two, vec![("a", 60), ("b", 50)], None),
        ("more than that", 50, &two, vec![("a", 60), ("b", 60)], Some(3)),
        ("no more than twice as many at once", 10, &two, vec![("a", 500), ("b", 500)], Some(4)),
        ("one is not there yet: it is believed to use nothing", 50, &pending, vec![("a", 100)], None),
        ("and still there is too much", 50, &pending, vec![("a", 500)], Some(4)),
        ("one says nothing: when there is little it is believed to be busy", 50, &two, vec![("a", 0)], None),
        ("when there is much, to be idle", 50, &two, vec![("a", 200)], Some(4)),
        ("not long enough", 50, &two, vec![("a", 10), ("b", 10)], None),
    ] {
        let plan = decide(&autoscaler(&aim(percent), &json!({})), 2, pods, &uses);
        assert_eq!(size(&plan), expected, "{what}: {plan:?}");
        assert_eq!(plan.again_in.map(|d| d.as_secs()), Some(15), "{what}");
    }
}

#[test]
fn what_is_done_is_told() {
    let ready = [web("a").on("n1").ready()];
    let plan = decide(&autoscaler(&json!({}), &json!({})), 1, &ready, &[("a", 160)]);
    assert_eq!(
        words(&plan),
        [
            "scale 2",
            "AbleToScale=True SucceededRescale",
            "ScalingActive=True ValidMetricFound",
            "ScalingLimited=False DesiredWithinRange",
            "tell SuccessfulRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target",
        ]
    );
    let Some(Change::UpdateStatus(told)) = plan.changes.get(1) else { panic!("{plan:?}") };
    let status = &told.value()["status"];
    assert_eq!((&status["currentReplicas"], &status["desiredReplicas"]), (&json!(1), &json!(2)));
    assert_eq!(
        status["currentMetrics"],
        json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 160, "averageValue": "160m"}}}])
    );
    // The new size is given a moment.
    let scaled =
        autoscaler(&json!({}), &json!({"desiredReplicas": 2, "lastScaleTime": later(590).to_string()}));
    let plan = decide(&scaled, 2, &ready, &[("a", 900)]);
    assert_eq!((plan.changes.len(), plan.again_in.map(|d| d.as_secs())), (0, Some(5)));
}

#[test]
fn bounds_come_first() {
    for (spec, replicas, expected) in [
        (json!({"maxReplicas": 3}), 5, Some(3)),
        (json!({"minReplicas": 2}), 1, Some(2)),
        (json!({}), 0, None),
    ] {
        assert_eq!(size(&decide(&autoscaler(&spec, &json!({})), replicas, &[], &[])), expected, "{spec}");
    }
    let off = words(&decide(&autoscaler(&json!({}), &json!({})), 0, &[], &[]));
    assert_eq!(off, ["AbleToScale=True SucceededGetScale", "ScalingActive=False ScalingDisabled"]);
}

#[test]
fn why_nothing_can_be_decided_is_told() {
    let check = |spec: Value, pods: &[Pod], uses: &[(&str, i64)], condition: &str, why: &str| {
        let words = words(&decide(&autoscaler(&spec, &json!({})), 1, pods, uses));
        assert!(words.contains(&condition.to_owned()), "{words:?}");
        assert!(words.iter().any(|word| word.contains(why)), "{why}: {words:?}");
    };
    let ready = || [web("a").on("n1").ready()];
    let gone = json!({"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gone"}});
    check(
        gone,
        &[],
        &[],
        "AbleToScale=False FailedGetScale",
        "tell FailedGetScale: deployments.apps \"gone\" not found",
    );
    let map = json!({"scaleTargetRef": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a"}});
    check(map, &[], &[], "AbleToScale=False FailedGetScale", "configmaps have no scale");
    let silent = "ScalingActive=False FailedGetResourceMetric";
    check(json!({}), &ready(), &[], silent, "no metrics returned from resource metrics API");
    check(
        json!({}),
        &[web("a")],
        &[("a", 5)],
        silent,
        "did not receive metrics for targeted pods (pods might be unready)",
    );
    let thrifty = [pod("a").labelled("app", "web").on("n1").ready()];
    check(json!({}), &thrifty, &[("a", 5)], silent, "missing request for cpu in container app of Pod a");
    let hits = json!({"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "10"}});
    let hits = json!({"metrics": [{"type": "Pods", "pods": hits}]});
    check(
        hits,
        &ready(),
        &[("a", 5)],
        "ScalingActive=False FailedGetPodsMetric",
        "unable to get metric hits: no custom metrics API (custom.metrics.k8s.io) is served",
    );
}

#[test]
fn the_greatest_wish_counts_and_silence_never_makes_smaller() {
    let average = |amount: &str| {
        let target = json!({"type": "AverageValue", "averageValue": amount});
        json!({"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "app", "target": target}})
    };
    let hits = json!({"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "10"}});
    let hits = json!({"type": "Pods", "pods": hits});
    let ready = [web("a").on("n1").ready(), web("b").on("n1").ready()];
    let size = |metrics: Value| {
        let spec = json!({"metrics": metrics, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}});
        size(&decide(&autoscaler(&spec, &json!({})), 2, &ready, &[("a", 100), ("b", 100)]))
    };
    assert_eq!(size(json!([average("70m"), average("50m")])), Some(4));
    assert_eq!(size(json!([average("200m")])), Some(1));
    assert_eq!(size(json!([average("50m"), hits])), Some(4));
    assert_eq!(size(json!([average("200m"), hits])), None);
}

#[test]
fn two_that_scale_the_same_scale_nothing() {
    let mut other = autoscaler(&json!({}), &json!({}));
    other.metadata.name = Some("other".into());
    let mine = autoscaler(&json!({}), &json!({}));
    let objects = [object(&deployment("web", 1)), object(&mine), object(&other)];
    let world = World::of(objects).at(later(600));
    let words = words(&HorizontalPodAutoscalers::new(None).reconcile(&mine, &world));
    assert!(words.contains(&"ScalingActive=False AmbiguousSelector".to_owned()), "{words:?}");
}
