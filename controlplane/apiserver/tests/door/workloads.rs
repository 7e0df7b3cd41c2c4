//! Workloads at the door: in older versions, by their scale, and by what the server gives them.

use crate::port::server;
use serde_json::{Value, json};
use shared_api::{GroupKind, Key, Object, Patch, PatchType, WriteHow, find};

fn key(resource: &str, name: &str) -> Key {
    let kind: GroupKind = find(resource).unwrap().group_kind();
    Key { kind, namespace: "default".into(), name: name.into() }
}

fn object(api_version: &str, kind: &str, name: &str, spec: &Value) -> Object {
    let value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec});
    Object::from_value(&value).unwrap()
}

fn template(restart: &str) -> Value {
    let pod = json!({"containers": [{"name": "main", "image": "busybox"}], "restartPolicy": restart});
    json!({"metadata": {"labels": {"app": "web"}}, "spec": pod})
}

#[tokio::test]
async fn an_older_deployment_is_stored_as_todays_and_patched_as_its_own() {
    let server = server().await;
    let cluster = server.internal("test");
    let how = WriteHow::default();
    let old = object("extensions/v1beta1", "Deployment", "web", &json!({"template": template("Always")}));
    let made = cluster.create(old, &how).await.unwrap();
    assert_eq!(made.api_version(), "apps/v1");
    let spec = &made.value()["spec"];
    assert_eq!(
        (&spec["selector"], &spec["strategy"]["rollingUpdate"]["maxSurge"], &spec["revisionHistoryLimit"]),
        (&json!({"matchLabels": {"app": "web"}}), &json!(1), &json!(i32::MAX))
    );
    let patch = Patch { kind: PatchType::Merge, body: json!({"spec": {"rollbackTo": {"revision": 2}}}) };
    let as_older = WriteHow { version: Some("extensions/v1beta1".into()), ..WriteHow::default() };
    let patched = cluster.patch(&made.key(), &patch, &as_older).await.unwrap();
    assert_eq!(patched.value()["metadata"]["annotations"], json!({"deprecated.deployment.rollback.to": "2"}));
    let told = json!({"replicas": 1, "observedGeneration": 1});
    let mut status = made.value();
    (status["apiVersion"], status["status"]) = (json!("apps/v1beta1"), told.clone());
    status["metadata"]["resourceVersion"] = json!(patched.revision().to_string());
    let written = cluster.update(Object::from_value(&status).unwrap(), &WriteHow::status()).await.unwrap();
    assert_eq!((&written.value()["status"], &written.value()["spec"]), (&told, &patched.value()["spec"]));
}

#[tokio::test]
async fn a_job_is_told_from_every_other_by_its_uid() {
    let server = server().await;
    let cluster = server.internal("test");
    let how = WriteHow::default();
    let made = cluster.create(object("batch/v1", "Job", "pi", &json!({"template": template("Never")})), &how);
    let made = made.await.unwrap();
    let uid = made.uid();
    let labels = &made.value()["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels["batch.kubernetes.io/controller-uid"], uid);
    assert_eq!(labels["job-name"], "pi");
    assert_eq!(
        made.value()["spec"]["selector"]["matchLabels"],
        json!({"batch.kubernetes.io/controller-uid": uid})
    );
    let lasting = object("batch/v1", "Job", "never", &json!({"template": template("Always")}));
    let refused = cluster.create(lasting, &how).await.unwrap_err();
    assert_eq!(
        refused.message,
        r#"Job.batch "never" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#
    );
}

#[tokio::test]
async fn everything_scalable_has_a_scale() {
    let server = server().await;
    let cluster = server.internal("test");
    let how = WriteHow::default();
    let selector = json!({"matchLabels": {"app": "web"}});
    for (api_version, kind, selector) in [
        ("v1", "ReplicationController", json!({"app": "web"})),
        ("apps/v1", "ReplicaSet", selector.clone()),
        ("apps/v1", "Deployment", selector.clone()),
        ("apps/v1", "StatefulSet", selector),
    ] {
        let spec = json!({"replicas": 2, "selector": selector, "template": template("Always")});
        cluster.create(object(api_version, kind, "web", &spec), &how).await.unwrap();
        let web = key(kind, "web");
        let mut scale = cluster.subresource(&web, "scale", None, &how).await.unwrap();
        assert_eq!(
            (&scale["spec"]["replicas"], &scale["status"]["selector"]),
            (&json!(2), &json!("app=web")),
            "{kind}"
        );
        scale["spec"]["replicas"] = json!(3);
        cluster.subresource(&web, "scale", Some(scale.clone()), &how).await.unwrap();
        assert_eq!(cluster.get(&web).await.unwrap().value()["spec"]["replicas"], 3, "{kind}");
        scale["spec"]["replicas"] = json!(-1);
        let refused = cluster.subresource(&web, "scale", Some(scale), &how).await.unwrap_err();
        assert_eq!(
            refused.message,
            r#"Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"#
        );
    }
}

#[tokio::test]
async fn an_eviction_asks_the_budget() {
    let server = server().await;
    let cluster = server.internal("test");
    let how = WriteHow::default();
    let mut budget = object(
        "policy/v1",
        "PodDisruptionBudget",
        "web",
        &json!({"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}),
    );
    budget = cluster.create(budget, &how).await.unwrap();
    let mut told = budget.value();
    told["status"] = json!({"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2,
        "observedGeneration": 1});
    cluster.update(Object::from_value(&told).unwrap(), &WriteHow::status()).await.unwrap();
    for name in ["a", "b"] {
        let mut pod =
            object("v1", "Pod", name, &json!({"containers": [{"name": "main", "image": "busybox"}]})).value();
        pod["metadata"]["labels"] = json!({"app": "web"});
        let mut running = cluster.create(Object::from_value(&pod).unwrap(), &how).await.unwrap().value();
        running["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        cluster.update(Object::from_value(&running).unwrap(), &WriteHow::status()).await.unwrap();
    }
    let evict = |name: &str| {
        let body = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}});
        let (cluster, pod) = (server.internal("test"), key("Pod", name));
        async move { cluster.subresource(&pod, "eviction", Some(body), &WriteHow::default()).await }
    };
    evict("a").await.unwrap();
    let refused = evict("b").await.unwrap_err();
    assert_eq!(refused.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    let budget = cluster.get(&budget.key()).await.unwrap().value();
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
    assert!(budget["status"]["disruptedPods"]["a"].is_string());
}
