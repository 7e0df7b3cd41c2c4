//! Services and pods are found by name, also while the control plane is away.

use demo_e2e::{apply, demo, kubectl, object, pids, sh, until};

/// One who asks; a pod with a host name behind a headless service; and another name for `kubernetes`.
const NAMES: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: asker, labels: {app: asker}}, spec: {terminationGracePeriodSeconds: 0,
 containers: [{name: a, image: busybox, command: [sleep, '1000']}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: named, labels: {app: named}}, spec: {terminationGracePeriodSeconds: 0,
 hostname: first, subdomain: row, containers: [{name: a, image: busybox, command: [sleep, '1000']}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: row}, spec: {clusterIP: None, selector: {app: named}}}
---
{apiVersion: v1, kind: Service, metadata: {name: door}, spec: {type: ExternalName,
 externalName: kubernetes.default.svc.cluster.local}}
";

#[test]
fn names_lead_to_services_and_pods() {
    apply(NAMES).ok();
    kubectl("wait --for=condition=Ready pod/asker pod/named --timeout=60s").ok();
    let conf = kubectl("exec asker -- cat /etc/resolv.conf").ok();
    assert!(conf.starts_with("search default.svc.cluster.local svc.cluster.local cluster.local"), "{conf}");
    assert!(conf.ends_with("options ndots:5\n"), "{conf}");
    let server = conf.split_once("nameserver ").unwrap().1.lines().next().unwrap().to_owned();
    // Whoever has it written down reaches the same server.
    let (kubernetes, dns) = (address("kubernetes"), address("kube-dns -n kube-system"));
    let named = object("pod named")["status"]["podIP"].as_str().unwrap().to_owned();
    for (name, expected) in [
        ("kubernetes.default.svc.cluster.local", &kubernetes),
        ("door.default.svc.cluster.local", &kubernetes),
        ("kube-dns.kube-system.svc.cluster.local", &dns),
        ("row.default.svc.cluster.local", &named),
        ("first.row.default.svc.cluster.local", &named),
    ] {
        for server in [&server, &dns] {
            until(10, name, || {
                let said = kubectl(&format!("exec asker -- nslookup -type=a {name} {server}"));
                said.out.contains(&format!("Address: {expected}\n")).then_some(())
            });
        }
    }
    // By the search list, as programs do.
    let pinged = kubectl("exec asker -- ping -c1 -W2 first.row").ok();
    assert!(pinged.contains(&format!("({named})")), "{pinged}");
    let missing = kubectl("exec asker -- nslookup -type=a none.default.svc.cluster.local");
    assert!(format!("{}{}", missing.out, missing.err).contains("NXDOMAIN"), "{missing:?}");

    let pid = pids("default", "app=asker").remove(0);
    let signal = |name: &str| {
        let control = demo().join("run/pid/controlplane.child");
        sh(&format!("kill -{name} $(cat {})", control.display())).ok();
    };
    signal("STOP");
    let said =
        sh(&format!("nsenter -t {pid} -n busybox nslookup -type=a row.default.svc.cluster.local {server}"));
    signal("CONT");
    assert!(said.clone().ok().contains(&named), "{said:?}");
    kubectl("delete pod/asker pod/named service/row service/door").ok();
}

fn address(service: &str) -> String {
    object(&format!("service {service}"))["spec"]["clusterIP"].as_str().expect("an address").to_owned()
}
