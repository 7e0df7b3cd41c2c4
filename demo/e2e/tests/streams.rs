//! Everything that streams, from kubectl to containers and back.

use demo_e2e::{kubectl, kubectl_with, until};
use serde_json::Value;

const HOLDER: &str = "{apiVersion: v1, kind: Pod, metadata: {name: holder, namespace: streams-test, labels: {app: holder}}, \
     spec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: busybox, \
     command: [sh, -c, 'echo begun; echo oops >&2; mkdir -p /www; echo page > /www/index.html; httpd -p 8080 -h /www; sleep 10000'], \
     ports: [{containerPort: 8080}], resources: {requests: {cpu: 50m, memory: 16Mi}, limits: {memory: 64Mi}}}]}}";

fn with_namespace() {
    kubectl("delete namespace streams-test --ignore-not-found").ok();
    kubectl("create namespace streams-test").ok();
    until(30, "the namespace's service account", || {
        (kubectl("get serviceaccount default -n streams-test").code == 0).then_some(())
    });
    kubectl_with("create -f -", HOLDER).ok();
    kubectl("wait pod/holder -n streams-test --for=condition=Ready --timeout=60s").ok();
}

#[test]
fn streams_of_every_kind() {
    with_namespace();
    files_are_copied();
    inputs_end();
    guests_come_in();
    pages_are_passed_on();
    resources_change();
    kubectl("delete namespace streams-test").ok();
}

fn files_are_copied() {
    let dir = std::env::temp_dir().join(format!("dhow-e2e-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let (here, back) = (dir.join("here"), dir.join("back"));
    let content = "a line of a file that is copied\n".repeat(100_000);
    std::fs::write(&here, &content).expect("a file");
    kubectl(&format!("cp {} streams-test/holder:/tmp/there", here.display())).ok();
    kubectl(&format!("cp streams-test/holder:/tmp/there {}", back.display())).ok();
    assert_eq!(std::fs::read_to_string(&back).expect("a copy"), content);
    // A command that says back what it hears does not wait for itself.
    assert_eq!(kubectl_with("exec -i holder -n streams-test -- cat", &content).ok(), content);
    std::fs::remove_dir_all(dir).expect("it can be removed");
}

fn inputs_end() {
    let run = "run once -i --rm --quiet --image=busybox --restart=Never -n streams-test -- sh -c";
    let words: Vec<_> = run.split(' ').chain(["sleep 1; cat && echo closed"]).collect();
    let program = std::env::var("DHOW_KUBECTL").expect("a kubectl");
    let said = demo_e2e::with_input(&program, &words, "hello\n").ok();
    assert!(said.contains("hello\nclosed"), "{said:?}");
    let none = kubectl("exec holder -n streams-test -c none -- true");
    assert!(none.err.contains("container none is not valid for pod holder"), "{none:?}");
    let logs = kubectl("logs holder -n streams-test --timestamps --tail=1").ok();
    assert!(logs.contains('T') && logs.lines().count() == 1, "{logs}");
    let missing = kubectl("logs holder -n streams-test --previous");
    assert!(
        missing.err.contains("previous terminated container \"main\" in pod \"holder\" not found"),
        "{missing:?}"
    );
    let all = kubectl("logs -l app=holder -n streams-test --all-containers --prefix").ok();
    assert!(all.contains("[pod/holder/main] begun"), "{all}");
}

fn guests_come_in() {
    let debug = "debug holder -n streams-test --image=busybox --target=main --container=guest --attach=false";
    kubectl(&format!("{debug} -- sleep 1000")).ok();
    let running = "{.status.ephemeralContainerStatuses[0].state.running.startedAt}";
    until(20, "the guest's start", || {
        let since = kubectl(&format!("get pod holder -n streams-test -o jsonpath={running}")).ok();
        (!since.is_empty()).then_some(())
    });
    let said = kubectl("exec holder -n streams-test -c guest -- ps").ok();
    assert!(said.contains("httpd"), "the processes of its target: {said}");
    kubectl("debug node/n1 --image=busybox -n streams-test --attach=false -- ls /host/etc").ok();
    let name = kubectl("get pods -n streams-test --field-selector spec.hostNetwork=true -o name").ok();
    let name = name.trim();
    kubectl(&format!("wait {name} -n streams-test --for=jsonpath={{.status.phase}}=Succeeded --timeout=30s"))
        .ok();
    let said = kubectl(&format!("logs {name} -n streams-test")).ok();
    assert!(said.contains("passwd"), "{said}");
}

fn pages_are_passed_on() {
    let raw = |path: &str| kubectl(&format!("get --raw {path}"));
    let in_namespace = "/api/v1/namespaces/streams-test";
    assert_eq!(raw(&format!("{in_namespace}/pods/holder:8080/proxy/index.html")).ok(), "page\n");
    kubectl("expose pod holder -n streams-test --port=80 --target-port=8080").ok();
    let page = until(20, "the service's endpoints", || {
        let said = raw(&format!("{in_namespace}/services/http:holder:80/proxy/"));
        (said.code == 0).then_some(said.out)
    });
    assert_eq!(page, "page\n");
    let refused = raw(&format!("{in_namespace}/pods/holder:9/proxy/"));
    assert!(refused.err.contains("error trying to reach service"), "{refused:?}");
    assert_eq!(raw("/api/v1/nodes/n1/proxy/healthz").ok(), "ok");
    let summary: Value =
        serde_json::from_str(&raw("/api/v1/nodes/n1/proxy/stats/summary").ok()).expect("JSON");
    assert_eq!(summary["node"]["nodeName"], "n1");
}

fn resources_change() {
    let patch = r#"{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"50m","memory":"16Mi"},"limits":{"memory":"96Mi"}}}]}}"#;
    kubectl(&format!("patch pod holder -n streams-test --subresource resize -p {patch}")).ok();
    until(20, "the new limit", || {
        let path = "{.status.containerStatuses[0].resources.limits.memory}";
        let told = kubectl(&format!("get pod holder -n streams-test -o jsonpath={path}")).ok();
        (told == "96Mi").then_some(())
    });
    let files = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true";
    let program = std::env::var("DHOW_KUBECTL").expect("a kubectl");
    let said =
        demo_e2e::run(&program, &["exec", "holder", "-n", "streams-test", "--", "sh", "-c", files]).ok();
    assert!(said.contains("100663296"), "{said}");
    let restarts =
        kubectl("get pod holder -n streams-test -o jsonpath={.status.containerStatuses[0].restartCount}")
            .ok();
    assert_eq!(restarts, "0");
}
