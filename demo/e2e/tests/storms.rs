//! Things are killed; the cluster returns to what was declared, and what was not touched goes on.

use demo_e2e::{NODES, apply, batch, get, kill, kubeconfig, object, on, pid_of, pids, sh, until};
use shared_client::{
    Cluster,
    grpc::{Grpc, Options},
    kubeconfig::Kubeconfig,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

const SELECTOR: &str = "app=service-test";

fn everybody_answers() {
    for (node, ip) in NODES {
        until(10, &format!("an answer of {node}"), || get(&format!("http://{ip}:30000/util")));
    }
}

fn nodes_are_ready() {
    batch("wait nodes --for=condition=Ready --timeout=60s").ok();
}

#[test]
fn a_killed_container_comes_back_alone() {
    let pods = object(&format!("pods -n k8s-test -l {SELECTOR}"));
    let victim = &pods["items"][0];
    let (name, node) =
        (victim["metadata"]["name"].as_str().unwrap(), victim["spec"]["nodeName"].as_str().unwrap());
    let restarts = victim["status"]["containerStatuses"][0]["restartCount"].as_i64().unwrap();
    let id = victim["status"]["containerStatuses"][0]["containerID"]
        .as_str()
        .unwrap()
        .trim_start_matches("containerd://");
    let (pid, before) = (pid_of(node, id), pids("k8s-test", SELECTOR));
    sh(&format!("kill -KILL {pid}")).ok();
    until(30, "the restart", || {
        let pod = object(&format!("pod {name} -n k8s-test"));
        let status = &pod["status"]["containerStatuses"][0];
        (status["restartCount"].as_i64() > Some(restarts) && status["ready"] == true).then_some(())
    });
    let after = pids("k8s-test", SELECTOR);
    assert_eq!(before.iter().filter(|p| after.contains(p)).count(), 1, "the other one was left alone");
    everybody_answers();
}

#[test]
fn a_killed_agent_restarts_nothing() {
    let before = pids("k8s-test", SELECTOR);
    for node in ["n1", "n2"] {
        kill(&format!("{node}-agent"));
    }
    // The third is kept alive as its install script set it up.
    on("n3", "kill -KILL $(cat /run/dhow/agent.pid.child)").ok();
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: after-agent}, spec: {terminationGracePeriodSeconds: 0, \
               containers: [{name: a, image: busybox, command: [sleep, '1000']}]}}";
    batch("delete pod after-agent --ignore-not-found").ok();
    apply(pod).ok();
    batch("wait pod/after-agent --for=condition=Ready --timeout=60s").ok();
    batch("delete pod after-agent").ok();
    nodes_are_ready();
    assert_eq!(pids("k8s-test", SELECTOR), before);
    everybody_answers();
}

#[test]
fn a_killed_containerd_restarts_nothing() {
    let before = pids("k8s-test", SELECTOR);
    for (node, _) in NODES {
        kill(&format!("{node}-containerd"));
    }
    for (node, _) in NODES {
        until(20, "containerd's return", || (on(node, "ctr version").code == 0).then_some(()));
    }
    nodes_are_ready();
    assert_eq!(pids("k8s-test", SELECTOR), before);
    let pod = object(&format!("pods -n k8s-test -l {SELECTOR}"))["items"][0]["metadata"]["name"].clone();
    until(20, "exec after containerd's return", || {
        (batch(&format!("exec {} -n k8s-test -- true", pod.as_str().unwrap())).code == 0).then_some(())
    });
    everybody_answers();
}

/// Writers note what was acknowledged; the control plane is killed under them, more than once.
#[test]
fn what_was_acknowledged_survives_the_control_plane() {
    let before = pids("k8s-test", SELECTOR);
    batch("delete ns storm --ignore-not-found").ok();
    batch("create namespace storm").ok();
    let path = kubeconfig();
    let access = Kubeconfig::read(&path).unwrap().access(None, &path).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (stop, options) = (Arc::clone(&stop), Options::from_access(&access).unwrap());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let cluster: Arc<dyn Cluster> = Arc::new(Grpc::new(&options).unwrap());
                    let mut acknowledged = BTreeSet::new();
                    for n in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let name = format!("w{writer}-{n}");
                        let map = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
                            "metadata": {"namespace": "storm", "name": name}, "data": {"n": n.to_string()}});
                        let object = shared_api::Object::from_value(&map).unwrap();
                        if cluster.create(object, &shared_api::WriteHow::default()).await.is_ok() {
                            acknowledged.insert(name);
                        }
                    }
                    acknowledged
                })
            })
        })
        .collect();
    for _ in 0..3 {
        let had = until(20, "writes going on", || {
            let said = batch("get cm -n storm -o name");
            (said.code == 0).then(|| said.out.lines().count())
        });
        until(20, "more writes", || {
            let said = batch("get cm -n storm -o name");
            (said.code == 0 && said.out.lines().count() > had + 100).then_some(())
        });
        kill("controlplane");
    }
    stop.store(true, Ordering::Relaxed);
    let acknowledged: BTreeSet<String> = writers.into_iter().flat_map(|w| w.join().unwrap()).collect();
    let there = until(20, "the control plane's return", || {
        let said = batch("get cm -n storm -o jsonpath={.items[*].metadata.name}");
        (said.code == 0).then_some(said.out)
    });
    let there: BTreeSet<String> = there.split(' ').map(ToOwned::to_owned).collect();
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged writes are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    assert!(acknowledged.len() > 300, "{} were acknowledged", acknowledged.len());
    nodes_are_ready();
    assert_eq!(pids("k8s-test", SELECTOR), before);
    everybody_answers();
    batch("delete ns storm").ok();
}
