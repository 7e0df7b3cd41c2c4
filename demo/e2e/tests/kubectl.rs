//! Unmodified kubectl does what it does anywhere.

use demo_e2e::{get, kubectl, kubectl_with, until};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

const WEB: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: kubectl-test}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: service_test:latest
        imagePullPolicy: IfNotPresent
        readinessProbe: {httpGet: {port: 8080, path: /util}, periodSeconds: 1}
";

#[test]
fn the_whole_story_of_a_deployment() {
    kubectl("delete namespace kubectl-test --ignore-not-found").ok();
    kubectl_with("apply -f -", "{apiVersion: v1, kind: Namespace, metadata: {name: kubectl-test}}").ok();
    let said = kubectl_with("apply -f -", WEB).ok();
    assert_eq!(said.trim(), "deployment.apps/web created");
    kubectl("rollout status deployment/web -n kubectl-test --timeout=60s").ok();
    let said = kubectl_with("apply -f -", WEB).ok();
    assert_eq!(said.trim(), "deployment.apps/web unchanged");

    kubectl("scale deployment/web --replicas=2 -n kubectl-test").ok();
    kubectl("wait deployment/web -n kubectl-test --for=jsonpath={.status.readyReplicas}=2 --timeout=60s")
        .ok();
    let described = kubectl("describe deployment web -n kubectl-test").ok();
    assert!(described.contains("2 desired") && described.contains("ScalingReplicaSet"), "{described}");
    let described = kubectl("describe pods -n kubectl-test").ok();
    assert!(described.contains("Successfully assigned") && described.contains("Started"), "{described}");
    let all = kubectl("get all -n kubectl-test").ok();
    for word in ["pod/web-", "deployment.apps/web", "replicaset.apps/web-"] {
        assert!(all.contains(word), "{all}");
    }

    let pod = kubectl("get pods -n kubectl-test -o jsonpath={.items[0].metadata.name}").ok();
    let said = kubectl(&format!("exec {pod} -n kubectl-test -- echo hello")).ok();
    assert_eq!(said, "hello\n");
    let said = kubectl(&format!("exec {pod} -n kubectl-test -- false"));
    assert_eq!(said.code, 1, "{said:?}");
    let said = kubectl_with(&format!("exec -i {pod} -n kubectl-test -- cat"), "through\n").ok();
    assert_eq!(said, "through\n");

    kubectl("delete namespace kubectl-test").ok();
    let gone = kubectl("get pods -n kubectl-test").ok();
    assert!(gone.is_empty(), "{gone}");
}

#[test]
fn logs_and_port_forward() {
    let pod = kubectl("get pods -n k8s-test -o jsonpath={.items[0].metadata.name}").ok();
    let manifest = "{apiVersion: v1, kind: Pod, metadata: {name: talker}, spec: {restartPolicy: Never, containers: \
                    [{name: main, image: busybox, command: [sh, -c, 'for i in 1 2 3; do echo line $i; done']}]}}";
    kubectl("delete pod talker --ignore-not-found").ok();
    kubectl_with("create -f -", manifest).ok();
    kubectl("wait pod/talker --for=jsonpath={.status.phase}=Succeeded --timeout=60s").ok();
    assert_eq!(kubectl("logs talker").ok(), "line 1\nline 2\nline 3\n");
    assert_eq!(kubectl("logs talker --tail=1").ok(), "line 3\n");
    kubectl("delete pod talker").ok();

    let mut forward = Command::new(std::env::var("DHOW_KUBECTL").unwrap())
        .args(["port-forward", &pod, "-n", "k8s-test", ":8080"])
        .env("KUBECONFIG", demo_e2e::kubeconfig())
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl starts");
    // Kept open: kubectl tells of each connection, and ends when nobody listens.
    let mut told = BufReader::new(forward.stdout.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    let port =
        line.split("127.0.0.1:").nth(1).and_then(|r| r.split(' ').next()).expect("a local port").to_owned();
    let said = until(5, "an answer through the forward", || get(&format!("http://127.0.0.1:{port}/util")));
    assert_eq!(said, "This is server\n");
    forward.kill().unwrap();
    forward.wait().unwrap();
}

#[test]
fn mistakes_are_named() {
    let check = |manifest: &str, words: &[&str]| {
        let said = kubectl_with("create -f -", manifest);
        assert_ne!(said.code, 0, "{manifest}");
        for word in words {
            assert!(said.err.contains(word), "{word:?} is not in {:?}", said.err);
        }
    };
    check(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, imag: b}]}}",
        &["unknown field", "spec.containers[0].imag"],
    );
    check(
        "{apiVersion: v1, kind: Pod, metadata: {name: A_b}, spec: {containers: [{name: a, image: b}]}}",
        &["metadata.name"],
    );
    check(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}]}}",
        &["spec.containers[0].image"],
    );
    check("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: none}}", &["containers"]);
    check("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: x}}", &["replicas"]);
    check("{apiVersion: v2, kind: Pod, metadata: {name: a}}", &["v2"]);
}
