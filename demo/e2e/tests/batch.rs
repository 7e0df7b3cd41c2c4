//! `dhow --batch`: every verb, its exit codes, and scripts.

use demo_e2e::{apply, batch, demo, dhow, get, run, until, with_input};
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

const POD: &str = "{apiVersion: v1, kind: Pod, metadata: {name: sleeper, labels: {app: sleeper}}, spec: \
                   {terminationGracePeriodSeconds: 1, containers: [{name: main, image: busybox, command: [sh, -c, \
                   'echo awake; sleep 1000']}]}}";

#[test]
fn the_verbs_do_what_they_say() {
    batch("delete pod sleeper --ignore-not-found").ok();
    assert_eq!(apply(POD).ok(), "pod/sleeper created\n");
    assert_eq!(
        batch("wait pod/sleeper --for=condition=Ready --timeout=60s").ok(),
        "pod/sleeper condition met\n"
    );
    assert_eq!(apply(POD).ok(), "pod/sleeper unchanged\n");
    assert_eq!(batch("get pod sleeper -o name").ok(), "pod/sleeper\n");
    assert_eq!(batch("get pods -l app=sleeper -o jsonpath={.items[*].status.phase}").ok(), "Running");
    assert!(batch("get pod sleeper -o yaml").ok().starts_with("apiVersion: v1\nkind: Pod\n"));
    let wide = batch("get pod sleeper -o wide").ok();
    assert!(wide.starts_with("NAME") && wide.contains("NODE") && wide.contains("Running"), "{wide}");
    assert_eq!(batch("logs sleeper").ok(), "awake\n");
    assert_eq!(batch("exec sleeper -- hostname").ok(), "sleeper\n");
    assert_eq!(batch("exec sleeper -- sh -c exit").code, 0);
    assert_eq!(run(&dhow(), &["--batch", "exec", "sleeper", "--", "sh", "-c", "exit 7"]).code, 7);
    assert_eq!(with_input(&dhow(), &["--batch", "exec", "-i", "sleeper", "--", "cat"], "x\n").ok(), "x\n");
    let told = batch("describe pod sleeper").ok();
    assert!(told.contains("Events:") && told.contains("Scheduled"), "{told}");
    assert!(batch("events --for pod/sleeper").ok().contains("Started"));
    batch("delete pod sleeper").ok();
    assert_eq!(batch("get pod sleeper").code, 3);
}

#[test]
fn nodes_are_cordoned_and_uncordoned() {
    assert_eq!(batch("cordon n1").ok(), "node/n1 cordoned\n");
    assert!(batch("get node n1").ok().contains("SchedulingDisabled"));
    assert_eq!(batch("uncordon n1").ok(), "node/n1 uncordoned\n");
}

#[test]
fn a_pod_that_fits_nowhere_says_why() {
    batch("delete pod greedy --ignore-not-found").ok();
    apply(
        "{apiVersion: v1, kind: Pod, metadata: {name: greedy}, spec: {containers: [{name: a, image: busybox, \
         resources: {requests: {cpu: '1000'}}}]}}",
    )
    .ok();
    let why = until(10, "the verdict", || {
        let path = "{.status.conditions[?(@.type==\"PodScheduled\")].message}";
        let said = batch(&format!("get pod greedy -o jsonpath={path}")).ok();
        (!said.is_empty()).then_some(said)
    });
    assert!(why.starts_with("0/3 nodes are available: 3 Insufficient cpu"), "{why}");
    until(10, "the event", || {
        batch("events --for pod/greedy").ok().contains("FailedScheduling").then_some(())
    });
    let why = batch("why pod/greedy").ok();
    assert!(why.starts_with("Pod greedy has no node: 0/3 nodes are available"), "{why}");
    assert!(why.contains("→ no pod that asks 1000 cpu fits on n1") && why.contains("asks 1000 cpu"), "{why}");
    let timeline = batch("timeline pod/greedy").ok();
    let (made, refused) = (timeline.find("created"), timeline.find("FailedScheduling"));
    assert!(made.is_some() && made < refused, "{timeline}");
    batch("delete pod greedy").ok();
}

#[test]
fn a_crash_is_explained_with_its_last_words() {
    batch("delete pod crasher --ignore-not-found --grace-period 0").ok();
    apply(
        "{apiVersion: v1, kind: Pod, metadata: {name: crasher}, spec: {containers: [{name: a, image: busybox, \
         command: [sh, -c, 'echo the disk is on fire; exit 7']}]}}",
    )
    .ok();
    until(30, "its last words", || {
        let said = batch("why pod/crasher").ok();
        let told = said.contains("exit code 7") && said.contains("Last words of a\n  the disk is on fire");
        told.then_some(())
    });
    batch("delete pod crasher --grace-period 0").ok();
}

#[test]
fn what_a_drain_would_do_is_told_before_it_is_done() {
    let text = batch("capacity --drain n1").ok();
    assert!(text.contains("If n1 is drained: ") && text.contains("The nodes would be"), "{text}");
    let after = text.rsplit("The nodes would be").next().unwrap_or_default();
    assert!(after.contains("n2") && !after.contains("n1"), "{text}");
    assert_eq!(batch("capacity --drain nowhere").code, 3);
}

#[test]
fn exit_codes_tell_what_happened() {
    assert_eq!(batch("fly").code, 2);
    assert_eq!(batch("get gadgets").code, 2);
    assert_eq!(batch("get pod nobody").code, 3);
    assert_eq!(batch("wait node/n1 --for=condition=Ready=False --timeout=1s").code, 4);
    let kubeconfig = fs::read_to_string(demo().join("run/kubeconfig")).unwrap();
    let elsewhere = demo().join("run/elsewhere.kubeconfig");
    fs::write(&elsewhere, kubeconfig.replace(":6443", ":1")).unwrap();
    let said = run(&dhow(), &["--kubeconfig", elsewhere.to_str().unwrap(), "--batch", "get", "pods"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.err.contains(":1"), "{said:?}");
}

#[test]
fn a_script_is_read_before_it_is_run() {
    let file = demo().join("run/script");
    fs::write(&file, "get nodes -o name   # all of them\n\nget namespace default -o name\n").unwrap();
    let file = file.to_str().unwrap();
    assert!(run(&dhow(), &["--batch", "-f", file]).ok().ends_with("namespace/default\n"));
    assert_eq!(with_input(&dhow(), &["--batch"], "get ns default -o name\n").ok(), "namespace/default\n");
    let said = with_input(&dhow(), &["--batch"], "create namespace half-done\nfly away\n");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("standard input:2"), "{said:?}");
    assert_eq!(batch("get ns half-done").code, 3, "nothing was done");
}

#[test]
fn mistakes_in_manifests_are_named() {
    let check = |manifest: &str, words: &[&str]| {
        let said = apply(manifest);
        assert_eq!(said.code, 1, "{manifest}: {said:?}");
        for word in words {
            assert!(said.err.contains(word), "{word:?} is not in {:?}", said.err);
        }
    };
    check("{apiVersion: v1, kind: Pod", &["standard input", "not YAML"]);
    check("{apiVersion: v1, kind: Gadget, metadata: {name: a}}", &["Gadget"]);
    check(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: b, prots: []}]}}",
        &["spec.containers[0].prots"],
    );
    check("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: 1}}", &["data"]);
}

#[test]
fn an_image_that_is_not_there_is_told() {
    batch("delete pod imageless --ignore-not-found").ok();
    apply("{apiVersion: v1, kind: Pod, metadata: {name: imageless}, spec: {containers: [{name: a, image: nosuch}]}}").ok();
    until(30, "the reason", || {
        let path = "{.status.containerStatuses[0].state.waiting}";
        let said = batch(&format!("get pod imageless -o jsonpath={path}")).ok();
        (said.contains("ImagePull") && said.contains("nosuch")).then_some(())
    });
    batch("delete pod imageless").ok();
}

#[test]
fn a_port_is_forwarded() {
    let mut forward = Command::new(dhow())
        .args(["--batch", "port-forward", "svc/service", ":8080", "-n", "k8s-test"])
        .env("KUBECONFIG", demo_e2e::kubeconfig())
        .stdout(Stdio::piped())
        .spawn()
        .expect("dhow starts");
    let mut line = String::new();
    BufReader::new(forward.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let at = line.trim().trim_start_matches("Forwarding from ").split(" ->").next().unwrap().to_owned();
    let said = until(5, "an answer through the forward", || get(&format!("http://{at}/util")));
    assert_eq!(said, "This is server\n");
    forward.kill().unwrap();
    forward.wait().unwrap();
}
