//! The walk-through: what the demo promises, as a person would look at it.

use demo_e2e::{NODES, batch, get, kubectl, object, until};

#[test]
fn both_replicas_run_on_different_nodes() {
    let table = kubectl("get pods -n k8s-test -o wide").ok();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(rows.iter().all(|r| r[1] == "1/1" && r[2] == "Running"), "{table}");
    let pods = object("pods -n k8s-test");
    let nodes: Vec<_> =
        pods["items"].as_array().unwrap().iter().map(|p| p["spec"]["nodeName"].clone()).collect();
    assert_ne!(nodes[0], nodes[1], "{table}");
}

#[test]
fn every_node_answers_on_the_node_port() {
    for (node, ip) in NODES {
        let said = until(2, &format!("an answer of {node}"), || get(&format!("http://{ip}:30000/util")));
        assert_eq!(said, "This is server\n");
        let time = get(&format!("http://{ip}:30000/")).expect("the time");
        assert!(time.starts_with("20") && time.contains(':'), "{time}");
    }
}

#[test]
fn pods_reach_the_service_by_its_address() {
    let service = object("service service -n k8s-test");
    let ip = service["spec"]["clusterIP"].as_str().expect("an address").to_owned();
    let pods = object("pods -n k8s-test");
    for pod in pods["items"].as_array().unwrap() {
        let name = pod["metadata"]["name"].as_str().unwrap();
        // Several times, so that each endpoint is met, the pod itself (hairpin) among them.
        for _ in 0..6 {
            let said = batch(&format!("exec {name} -n k8s-test -- wget -q -O - http://{ip}:8080/util")).ok();
            assert_eq!(said, "This is server\n");
        }
    }
}

#[test]
fn nodes_tell_what_they_are() {
    let nodes = object("nodes");
    for node in nodes["items"].as_array().unwrap() {
        let status = &node["status"];
        assert!(status["capacity"]["cpu"].as_str().unwrap().parse::<u32>().unwrap() > 0);
        assert!(status["nodeInfo"]["containerRuntimeVersion"].as_str().unwrap().starts_with("containerd://"));
        assert!(node["spec"]["podCIDR"].as_str().unwrap().ends_with("/24"));
    }
    let table = kubectl("get nodes").ok();
    assert_eq!(table.matches(" Ready ").count(), 3, "{table}");
}
