//! Pods with lasting names, and pods on every node, as kubectl rolls them out and back.

use demo_e2e::{NODES, apply, batch, kubectl, object};
use serde_json::Value;
use std::collections::BTreeSet;

const SET: &str = r"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: sets-test}
spec:
  replicas: 2
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: 'nginx:1.7.9'}]
";

const DAEMONS: &str = r"
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: logs, namespace: sets-test}
spec:
  updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}
  selector: {matchLabels: {app: logs}}
  template:
    metadata: {labels: {app: logs}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: 'nginx:1.7.9'}]
";

/// What is so of every pod of an app, the first by name first.
fn each(app: &str, path: &str) -> Vec<String> {
    let pods = object(&format!("pods -n sets-test -l app={app}"));
    let mut all: Vec<&Value> = pods["items"].as_array().expect("items").iter().collect();
    all.sort_by_key(|pod| pod["metadata"]["name"].as_str());
    all.into_iter()
        .map(|pod| pod.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned())
        .collect()
}

const IMAGE: &str = "/spec/containers/0/image";

fn rolled(what: &str) {
    kubectl(&format!("rollout status {what} -n sets-test --timeout=60s")).ok();
}

#[test]
fn sets_roll_out_and_back() {
    kubectl("delete namespace sets-test --ignore-not-found").ok();
    kubectl("create namespace sets-test").ok();
    apply(&format!("{SET}---{DAEMONS}")).ok();
    rolled("sts/web");
    rolled("ds/logs");
    assert_eq!(each("web", "/metadata/name"), ["web-0", "web-1"]);
    let name = kubectl("exec web-1 -n sets-test -- hostname -f").ok();
    assert_eq!(name, "web-1.web.sets-test.svc.cluster.local\n");
    let nodes: BTreeSet<_> = each("logs", "/spec/nodeName").into_iter().collect();
    assert_eq!(nodes, NODES.map(|(name, _)| name.to_owned()).into());

    let part = r#"{"spec":{"updateStrategy":{"rollingUpdate":{"partition":1}}}}"#;
    kubectl(&format!("patch sts/web -n sets-test -p {part}")).ok();
    kubectl("set image sts/web ds/logs main=nginx:1.9.1 -n sets-test").ok();
    rolled("sts/web");
    rolled("ds/logs");
    assert_eq!(each("web", IMAGE), ["nginx:1.7.9", "nginx:1.9.1"], "up to the partition");
    assert_eq!(each("logs", IMAGE), ["nginx:1.9.1"; 3]);
    let told = batch("rollout history ds/logs -n sets-test").ok();
    let revisions: Vec<_> = told.lines().skip(2).filter_map(|l| l.split_whitespace().next()).collect();
    assert_eq!(revisions, ["1", "2"], "{told}");

    kubectl("rollout undo sts/web -n sets-test").ok();
    batch("rollout undo ds/logs -n sets-test").ok();
    rolled("sts/web");
    rolled("ds/logs");
    assert_eq!(each("web", IMAGE), ["nginx:1.7.9"; 2]);
    assert_eq!(each("logs", IMAGE), ["nginx:1.7.9"; 3]);

    // Whoever comes after takes the pods in as they run.
    let before = [each("web", "/metadata/uid"), each("logs", "/metadata/uid")];
    kubectl("delete sts/web ds/logs -n sets-test --cascade=orphan").ok();
    apply(&format!("{SET}---{DAEMONS}")).ok();
    rolled("sts/web");
    rolled("ds/logs");
    assert_eq!([each("web", "/metadata/uid"), each("logs", "/metadata/uid")], before);
    kubectl("delete namespace sets-test").ok();
}
