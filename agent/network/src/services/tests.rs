//! The chains of small worlds, whole.

use super::{Site, rules};
use crate::rules::Rules;
use shared_api::{
    Object,
    core::{Node, Service, ServicePort, ServiceSpec},
    discovery::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
};
use shared_client::World;

fn node(name: &str, range: &str) -> Object {
    let mut node = Node::default();
    node.metadata.name = Some(name.into());
    node.spec.get_or_insert_default().pod_cidr = Some(range.into());
    Object::from_kind(&node)
}

fn service(change: impl FnOnce(&mut ServiceSpec, &mut ServicePort)) -> Object {
    let mut service = Service::default();
    service.metadata.name = Some("web".into());
    service.metadata.namespace = Some("shop".into());
    let mut spec = ServiceSpec { cluster_ip: Some("10.96.0.7".into()), ..ServiceSpec::default() };
    let mut port = ServicePort { name: Some("http".into()), port: 80, ..ServicePort::default() };
    change(&mut spec, &mut port);
    spec.ports = Some(vec![port]);
    service.spec = Some(spec);
    Object::from_kind(&service)
}

fn end(ip: &str, node: &str, [ready, serving, terminating]: [bool; 3]) -> Endpoint {
    let conditions =
        EndpointConditions { ready: Some(ready), serving: Some(serving), terminating: Some(terminating) };
    Endpoint {
        addresses: vec![ip.into()],
        conditions: Some(conditions),
        node_name: Some(node.into()),
        ..Endpoint::default()
    }
}

const READY: [bool; 3] = [true, true, false];
const LEAVING: [bool; 3] = [false, true, true];
const DOWN: [bool; 3] = [false, false, false];

fn slice(protocol: &str, ends: Vec<Endpoint>) -> Object {
    let mut slice =
        EndpointSlice { address_type: "IPv4".into(), endpoints: ends, ..EndpointSlice::default() };
    slice.metadata.name = Some("web-1".into());
    slice.metadata.namespace = Some("shop".into());
    slice.metadata.labels.get_or_insert_default().insert("kubernetes.io/service-name".into(), "web".into());
    slice.ports = Some(vec![EndpointPort {
        name: Some("http".into()),
        port: Some(8080),
        protocol: Some(protocol.into()),
        ..EndpointPort::default()
    }]);
    Object::from_kind(&slice)
}

fn of(objects: impl IntoIterator<Item = Object>) -> Rules {
    let site = Site { node: "a".into(), cluster: Some("10.1.0.0/16".parse().unwrap()) };
    let nodes = [node("a", "10.1.0.0/24"), node("b", "10.1.1.0/24")];
    rules(&World::of(nodes.into_iter().chain(objects)), &site)
}

/// The rules that a world without services has not, with the long names shortened.
fn check(objects: impl IntoIterator<Item = Object>, expected: &str) {
    let base = of([]).text();
    let text = of(objects).text();
    let own = text.lines().filter(|line| line.starts_with("-A") && !base.contains(line));
    let shown: Vec<String> = own.map(|line| shorten(line.trim_start_matches("-A "))).collect();
    assert_eq!(shown.join("\n"), expected.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n"));
}

/// Chains are named by a hash: its first four digits tell them apart.
fn shorten(line: &str) -> String {
    let short = |word: &str| match word.rsplit_once('-') {
        Some((kind @ ("DHOW-SVC" | "DHOW-SVL" | "DHOW-EXT" | "DHOW-SEP"), hash)) => {
            format!("{kind}-{}", &hash[..4])
        }
        _ => word.to_owned(),
    };
    line.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

fn two() -> Vec<Endpoint> {
    vec![end("10.1.0.5", "a", READY), end("10.1.1.5", "b", READY), end("10.1.1.6", "b", DOWN)]
}

#[test]
fn a_node_without_services_lets_pods_out_and_keeps_their_addresses_inside() {
    let expected = "*filter
:DHOW-CANARY - [0:0]
:DHOW-FORWARD - [0:0]
:DHOW-INPUT - [0:0]
:DHOW-REJECT - [0:0]
-A DHOW-CANARY -j RETURN
-A DHOW-FORWARD -m conntrack --ctstate INVALID -j DROP
-A DHOW-FORWARD -s 10.1.0.0/24 -j ACCEPT
-A DHOW-FORWARD -d 10.1.0.0/24 -j ACCEPT
-A DHOW-INPUT -s 10.1.0.0/24 -d 10.1.0.1/32 -p udp -m udp --dport 53 -j ACCEPT
-A DHOW-INPUT -s 10.1.0.0/24 -d 10.1.0.1/32 -p tcp -m tcp --dport 53 -j ACCEPT
COMMIT
*nat
:DHOW-CANARY - [0:0]
:DHOW-EGRESS - [0:0]
:DHOW-MARK - [0:0]
:DHOW-MASQUERADE - [0:0]
:DHOW-POSTROUTING - [0:0]
:DHOW-SERVICES - [0:0]
-A DHOW-CANARY -j RETURN
-A DHOW-EGRESS -d 10.1.0.0/16 -j RETURN
-A DHOW-EGRESS -d 10.1.0.0/24 -j RETURN
-A DHOW-EGRESS -d 224.0.0.0/4 -j RETURN
-A DHOW-EGRESS -j MASQUERADE --random-fully
-A DHOW-MARK -j MARK --set-xmark 0x4000/0x4000
-A DHOW-MASQUERADE -j MARK --set-xmark 0x4000/0x0
-A DHOW-MASQUERADE -j MASQUERADE --random-fully
-A DHOW-POSTROUTING -m mark --mark 0x4000/0x4000 -j DHOW-MASQUERADE
-A DHOW-POSTROUTING -s 10.1.0.0/24 -j DHOW-EGRESS
COMMIT
";
    assert_eq!(of([]).text(), expected);
}

#[test]
fn the_service_of_names_leads_to_the_nodes_own_server() {
    let names = |selector: bool| {
        let mut service = Service::default();
        service.metadata.name = Some("kube-dns".into());
        service.metadata.namespace = Some("kube-system".into());
        let spec = service.spec.get_or_insert_default();
        spec.cluster_ip = Some("10.96.0.10".into());
        spec.selector = selector.then(|| [("k8s-app".into(), "kube-dns".into())].into());
        let port = ServicePort { port: 53, protocol: Some("UDP".into()), ..ServicePort::default() };
        spec.ports = Some(vec![port]);
        Object::from_kind(&service)
    };
    check(
        [names(false)],
        r#"
        DHOW-IP-0a6000 -d 10.96.0.10/32 -p udp -m udp --dport 53 -m comment --comment "kube-system/kube-dns" -j DHOW-SVC-8d8b
        DHOW-SEP-9af8 -s 10.1.0.1/32 -j DHOW-MARK
        DHOW-SEP-9af8 -p udp -m udp -j DNAT --to-destination 10.1.0.1:53
        DHOW-SERVICES -d 10.96.0.0/24 -j DHOW-IP-0a6000
        DHOW-SVC-8d8b -d 10.96.0.10/32 ! -s 10.1.0.0/16 -j DHOW-MARK
        DHOW-SVC-8d8b -j DHOW-SEP-9af8
        "#,
    );
    // Somebody else's server: its endpoints count, and there are none yet.
    check(
        [names(true)],
        r#"
        DHOW-REJECT -d 10.96.0.0/24 -j DHOW-RJ-0a6000
        DHOW-RJ-0a6000 -d 10.96.0.10/32 -p udp -m udp --dport 53 -m comment --comment "kube-system/kube-dns" -j REJECT --reject-with icmp-port-unreachable
        "#,
    );
}

#[test]
fn a_service_is_spread_over_its_ready_endpoints() {
    check(
        [service(|_, _| ()), slice("TCP", two())],
        r#"
        DHOW-IP-0a6000 -d 10.96.0.7/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j DHOW-SVC-2a7c
        DHOW-SEP-296c -s 10.1.1.5/32 -j DHOW-MARK
        DHOW-SEP-296c -p tcp -m tcp -j DNAT --to-destination 10.1.1.5:8080
        DHOW-SEP-9237 -s 10.1.0.5/32 -j DHOW-MARK
        DHOW-SEP-9237 -p tcp -m tcp -j DNAT --to-destination 10.1.0.5:8080
        DHOW-SERVICES -d 10.96.0.0/24 -j DHOW-IP-0a6000
        DHOW-SVC-2a7c -d 10.96.0.7/32 ! -s 10.1.0.0/16 -j DHOW-MARK
        DHOW-SVC-2a7c -m statistic --mode random --probability 0.5000000000 -j DHOW-SEP-9237
        DHOW-SVC-2a7c -j DHOW-SEP-296c
        "#,
    );
}

#[test]
fn a_node_port_comes_back_through_the_node() {
    check(
        [
            service(|spec, port| (spec.type_, port.node_port) = (Some("NodePort".into()), Some(30_000))),
            slice("TCP", two()),
        ],
        r#"
        DHOW-EXT-2a7c -j DHOW-MARK
        DHOW-EXT-2a7c -j DHOW-SVC-2a7c
        DHOW-IP-0a6000 -d 10.96.0.7/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j DHOW-SVC-2a7c
        DHOW-NP -p tcp -m tcp --dport 29952:30015 -j DHOW-NP-29952
        DHOW-NP-29952 -p tcp -m tcp --dport 30000 -m comment --comment "shop/web:http" -j DHOW-EXT-2a7c
        DHOW-SEP-296c -s 10.1.1.5/32 -j DHOW-MARK
        DHOW-SEP-296c -p tcp -m tcp -j DNAT --to-destination 10.1.1.5:8080
        DHOW-SEP-9237 -s 10.1.0.5/32 -j DHOW-MARK
        DHOW-SEP-9237 -p tcp -m tcp -j DNAT --to-destination 10.1.0.5:8080
        DHOW-SERVICES -d 10.96.0.0/24 -j DHOW-IP-0a6000
        DHOW-SERVICES ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DHOW-NP
        DHOW-SVC-2a7c -d 10.96.0.7/32 ! -s 10.1.0.0/16 -j DHOW-MARK
        DHOW-SVC-2a7c -m statistic --mode random --probability 0.5000000000 -j DHOW-SEP-9237
        DHOW-SVC-2a7c -j DHOW-SEP-296c
        "#,
    );
}

fn local(spec: &mut ServiceSpec, port: &mut ServicePort) {
    (spec.type_, port.node_port) = (Some("NodePort".into()), Some(30_000));
    spec.external_traffic_policy = Some("Local".into());
    spec.internal_traffic_policy = Some("Local".into());
}

#[test]
fn a_local_policy_keeps_the_sender_and_stays_here() {
    check(
        [service(local), slice("TCP", two())],
        r#"
        DHOW-EXT-2a7c -s 10.1.0.0/16 -j DHOW-SVC-2a7c
        DHOW-EXT-2a7c -m addrtype --src-type LOCAL -j DHOW-MARK
        DHOW-EXT-2a7c -m addrtype --src-type LOCAL -j DHOW-SVC-2a7c
        DHOW-EXT-2a7c -j DHOW-SVL-2a7c
        DHOW-IP-0a6000 -d 10.96.0.7/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j DHOW-SVL-2a7c
        DHOW-NP -p tcp -m tcp --dport 29952:30015 -j DHOW-NP-29952
        DHOW-NP-29952 -p tcp -m tcp --dport 30000 -m comment --comment "shop/web:http" -j DHOW-EXT-2a7c
        DHOW-SEP-296c -s 10.1.1.5/32 -j DHOW-MARK
        DHOW-SEP-296c -p tcp -m tcp -j DNAT --to-destination 10.1.1.5:8080
        DHOW-SEP-9237 -s 10.1.0.5/32 -j DHOW-MARK
        DHOW-SEP-9237 -p tcp -m tcp -j DNAT --to-destination 10.1.0.5:8080
        DHOW-SERVICES -d 10.96.0.0/24 -j DHOW-IP-0a6000
        DHOW-SERVICES ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DHOW-NP
        DHOW-SVC-2a7c -m statistic --mode random --probability 0.5000000000 -j DHOW-SEP-9237
        DHOW-SVC-2a7c -j DHOW-SEP-296c
        DHOW-SVL-2a7c -d 10.96.0.7/32 ! -s 10.1.0.0/16 -j DHOW-MARK
        DHOW-SVL-2a7c -j DHOW-SEP-9237
        "#,
    );
}

#[test]
fn without_an_endpoint_here_a_local_policy_drops() {
    check(
        [service(local), slice("TCP", vec![end("10.1.1.5", "b", READY)])],
        r#"
        DHOW-REJECT -d 10.96.0.0/24 -j DHOW-RJ-0a6000
        DHOW-REJECT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DHOW-RN
        DHOW-RJ-0a6000 -d 10.96.0.7/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j DROP
        DHOW-RN -p tcp -m tcp --dport 29952:30015 -j DHOW-RN-29952
        DHOW-RN-29952 -p tcp -m tcp --dport 30000 -m comment --comment "shop/web:http" -j DROP
        DHOW-EXT-2a7c -s 10.1.0.0/16 -j DHOW-SVC-2a7c
        DHOW-EXT-2a7c -m addrtype --src-type LOCAL -j DHOW-MARK
        DHOW-EXT-2a7c -m addrtype --src-type LOCAL -j DHOW-SVC-2a7c
        DHOW-NP -p tcp -m tcp --dport 29952:30015 -j DHOW-NP-29952
        DHOW-NP-29952 -p tcp -m tcp --dport 30000 -m comment --comment "shop/web:http" -j DHOW-EXT-2a7c
        DHOW-SEP-296c -s 10.1.1.5/32 -j DHOW-MARK
        DHOW-SEP-296c -p tcp -m tcp -j DNAT --to-destination 10.1.1.5:8080
        DHOW-SERVICES ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DHOW-NP
        DHOW-SVC-2a7c -j DHOW-SEP-296c
        "#,
    );
}

#[test]
fn without_endpoints_the_sender_is_told() {
    let exposed = |spec: &mut ServiceSpec, port: &mut ServicePort| {
        (spec.type_, port.node_port) = (Some("NodePort".into()), Some(30_000));
        spec.external_ips = Some(vec!["192.0.2.9".into()]);
    };
    check(
        [service(exposed), slice("TCP", vec![end("10.1.0.5", "a", DOWN)])],
        r#"
        DHOW-REJECT -d 10.96.0.0/24 -j DHOW-RJ-0a6000
        DHOW-REJECT -d 192.0.2.0/24 -j DHOW-RJ-c00002
        DHOW-REJECT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DHOW-RN
        DHOW-RJ-0a6000 -d 10.96.0.7/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j REJECT --reject-with icmp-port-unreachable
        DHOW-RJ-c00002 -d 192.0.2.9/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j REJECT --reject-with icmp-port-unreachable
        DHOW-RN -p tcp -m tcp --dport 29952:30015 -j DHOW-RN-29952
        DHOW-RN-29952 -p tcp -m tcp --dport 30000 -m comment --comment "shop/web:http" -j REJECT --reject-with icmp-port-unreachable
        "#,
    );
}

#[test]
fn a_client_keeps_its_endpoint_when_asked() {
    let sticky =
        |spec: &mut ServiceSpec, _: &mut ServicePort| spec.session_affinity = Some("ClientIP".into());
    check(
        [service(sticky), slice("TCP", two())],
        r#"
        DHOW-IP-0a6000 -d 10.96.0.7/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j DHOW-SVC-2a7c
        DHOW-SEP-296c -s 10.1.1.5/32 -j DHOW-MARK
        DHOW-SEP-296c -p tcp -m recent --name DHOW-SEP-296c --set -m tcp -j DNAT --to-destination 10.1.1.5:8080
        DHOW-SEP-9237 -s 10.1.0.5/32 -j DHOW-MARK
        DHOW-SEP-9237 -p tcp -m recent --name DHOW-SEP-9237 --set -m tcp -j DNAT --to-destination 10.1.0.5:8080
        DHOW-SERVICES -d 10.96.0.0/24 -j DHOW-IP-0a6000
        DHOW-SVC-2a7c -d 10.96.0.7/32 ! -s 10.1.0.0/16 -j DHOW-MARK
        DHOW-SVC-2a7c -m recent --name DHOW-SEP-9237 --rcheck --seconds 10800 --reap -j DHOW-SEP-9237
        DHOW-SVC-2a7c -m recent --name DHOW-SEP-296c --rcheck --seconds 10800 --reap -j DHOW-SEP-296c
        DHOW-SVC-2a7c -m statistic --mode random --probability 0.5000000000 -j DHOW-SEP-9237
        DHOW-SVC-2a7c -j DHOW-SEP-296c
        "#,
    );
}

#[test]
fn endpoints_on_their_way_out_serve_when_nobody_else_does() {
    let text = of([
        service(|_, _| ()),
        slice("TCP", vec![end("10.1.0.5", "a", LEAVING), end("10.1.1.5", "b", DOWN)]),
    ])
    .text();
    assert!(text.contains("--to-destination 10.1.0.5:8080") && !text.contains("10.1.1.5"), "{text}");
    let text = of([
        service(|_, _| ()),
        slice("TCP", vec![end("10.1.0.5", "a", LEAVING), end("10.1.1.5", "b", READY)]),
    ])
    .text();
    assert!(text.contains("--to-destination 10.1.1.5:8080") && !text.contains("10.1.0.5"), "{text}");
}

#[test]
fn udp_flows_are_named_so_that_stale_ones_can_be_found() {
    let udp = |spec: &mut ServiceSpec, port: &mut ServicePort| {
        port.protocol = Some("UDP".into());
        (spec.type_, port.node_port) = (Some("NodePort".into()), Some(30_053));
    };
    let flows = of([service(udp), slice("UDP", two())]).flows;
    let shown: Vec<_> =
        flows.iter().map(|f| format!("{}:{} {}:{}", f.front.0, f.front.1, f.back.0, f.back.1)).collect();
    assert_eq!(
        shown,
        [
            "0.0.0.0:30053 10.1.0.5:8080",
            "0.0.0.0:30053 10.1.1.5:8080",
            "10.96.0.7:80 10.1.0.5:8080",
            "10.96.0.7:80 10.1.1.5:8080",
        ]
    );
}

#[test]
fn what_has_no_address_or_no_sense_has_no_rules() {
    let endpoints = || slice("TCP", two());
    check([service(|spec, _| spec.cluster_ip = Some("None".into())), endpoints()], "");
    check([service(|spec, _| spec.cluster_ip = Some("fd00::1".into())), endpoints()], "");
    check([service(|spec, _| spec.type_ = Some("ExternalName".into())), endpoints()], "");
    check([service(|_, port| port.port = 0), endpoints()], "");
    check([service(|_, port| port.protocol = Some("QUIC\nCOMMIT".into())), endpoints()], "");
}

#[test]
fn hostile_names_stay_inside_their_comment() {
    let hostile =
        |_: &mut ServiceSpec, port: &mut ServicePort| port.name = Some("x\" -j ACCEPT\n-F\n".into());
    let text = of([service(hostile)]).text();
    assert!(text.contains("--comment \"shop/web:x-jACCEPT-F\" -j REJECT"), "{text}");
}

#[test]
fn every_chain_is_ours_and_short_enough() {
    let all = of([service(|_, _| ()), slice("TCP", two())]);
    for name in crate::rules::Table::ALL.iter().flat_map(|table| all.names(*table)) {
        assert!(name.starts_with("DHOW-") && name.len() <= 28, "{name}");
    }
}
