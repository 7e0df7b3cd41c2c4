//! Questions and answers of a small world.

use super::{super::DOMAIN, *};
use serde_json::{Value, json};
use shared_api::Object;

fn service(namespace: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name}, "spec": spec})
}

fn slice(service: &str, family: &str, endpoints: &Value) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": family,
        "metadata": {"namespace": "shop", "name": format!("{service}-{family}"),
            "labels": {"kubernetes.io/service-name": service}},
        "endpoints": endpoints, "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}],
    })
}

fn world() -> World {
    let port = json!([{"name": "http", "port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]);
    let headless = |more: Value| {
        let mut spec = json!({"clusterIP": "None", "ports": [{"name": "sql", "port": 5432}]});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let external = |name: &str| json!({"type": "ExternalName", "externalName": name});
    let down = json!({"ready": false, "serving": false});
    let objects = [
        service("kube-system", "kube-dns", &json!({"clusterIP": "10.96.0.10"})),
        service(
            "shop",
            "web",
            &json!({"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"], "ports": port}),
        ),
        service("shop", "db", &headless(json!({}))),
        service("shop", "early", &headless(json!({"publishNotReadyAddresses": true}))),
        service("shop", "idle", &headless(json!({}))),
        service("shop", "mail", &external("MX.example.com.")),
        service("shop", "alias", &external("web.shop.svc.cluster.local")),
        service("shop", "lost", &external("none.shop.svc.cluster.local")),
        service("shop", "loop", &external("loop.shop.svc.cluster.local")),
        slice(
            "db",
            "IPv4",
            &json!([
                {"addresses": ["10.1.0.5"], "hostname": "db-0"},
                {"addresses": ["10.1.0.6"], "conditions": {"ready": true}},
                {"addresses": ["10.1.0.7"], "hostname": "db-2", "conditions": down},
            ]),
        ),
        slice("db", "IPv6", &json!([{"addresses": ["fd00::5"], "hostname": "db-0"}])),
        slice("early", "IPv4", &json!([{"addresses": ["10.1.0.8"], "conditions": down}])),
        slice("idle", "IPv4", &json!([{"addresses": ["10.1.0.9"], "conditions": down}])),
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "spec": {"podCIDR": "10.1.0.0/24"}}),
    ];
    World::of(objects.map(|o| Object::from_value(&o).unwrap()))
}

/// The records as a reader of zone files knows them; `-` when there is nothing, `no name` when not even
/// the name.
fn ask(world: &World, name: &str, about: About) -> String {
    let name = name.strip_suffix('~').map_or_else(|| name.to_owned(), |short| format!("{short}{DOMAIN}"));
    let found = match answer(world, &Question { name: name.clone(), about }) {
        Answer::Elsewhere => return "elsewhere".into(),
        Answer::Ours(found) => found,
    };
    assert_eq!(found.authority.is_some(), found.records.is_empty(), "{name}");
    let beside = found.beside.iter().map(|r| format!("({})", show(r)));
    let follow = found.follow.iter().map(|name| format!("then {name}"));
    let all: Vec<_> = found.records.iter().map(show).chain(beside).chain(follow).collect();
    match (all.is_empty(), found.exists) {
        (false, true) => all.join(" "),
        (false, false) => format!("{} no name", all.join(" ")),
        (true, true) => "-".into(),
        (true, false) => "no name".into(),
    }
}

fn show(record: &Record) -> String {
    let short = |name: &str| name.strip_suffix(DOMAIN).map_or_else(|| name.to_owned(), |n| format!("{n}~"));
    match &record.data {
        Data::Address(ip) => ip.to_string(),
        Data::Cname(name) => format!("={}", short(name)),
        Data::Ptr(name) | Data::Ns(name) => short(name),
        Data::Srv { weight, port, target } => format!("{weight}%{}:{port}", short(target)),
        Data::Txt(text) => format!("{text:?}"),
        Data::Soa(number) => format!("soa {number}"),
    }
}

#[test]
fn names_lead_where_the_specification_says() {
    use About::{A, Aaaa, Any, Cname, Ns, Other, Ptr, Soa, Srv, Txt};
    let world = world();
    for (name, about, expected) in [
        ("web.shop.svc.~", A, "10.96.0.7"),
        ("web.shop.svc.~", Any, "10.96.0.7"),
        ("web.shop.svc.~", Aaaa, "-"),
        ("web.shop.svc.~", Other, "-"),
        ("web.shop.svc.~", Srv, "100%web.shop.svc.~:80 100%web.shop.svc.~:53 (10.96.0.7)"),
        ("_http._tcp.web.shop.svc.~", Srv, "100%web.shop.svc.~:80 (10.96.0.7)"),
        ("_http._tcp.web.shop.svc.~", A, "-"),
        ("_http._udp.web.shop.svc.~", Srv, "no name"),
        ("_tcp.web.shop.svc.~", Srv, "-"),
        ("_tcp.none.shop.svc.~", Srv, "no name"),
        ("none.shop.svc.~", A, "no name"),
        ("web.none.svc.~", A, "no name"),
        ("10-96-0-7.web.shop.svc.~", A, "no name"),
        ("db.shop.svc.~", A, "10.1.0.6 10.1.0.5"),
        ("db.shop.svc.~", Aaaa, "fd00::5"),
        ("db-0.db.shop.svc.~", A, "10.1.0.5"),
        ("10-1-0-6.db.shop.svc.~", A, "10.1.0.6"),
        ("10-1-0-6.db.shop.svc.~", Aaaa, "-"),
        ("10-1-0-5.db.shop.svc.~", A, "no name"),
        ("db-2.db.shop.svc.~", A, "no name"),
        (
            "_sql._tcp.db.shop.svc.~",
            Srv,
            "50%10-1-0-6.db.shop.svc.~:5432 50%db-0.db.shop.svc.~:5432 (10.1.0.6) (10.1.0.5) (fd00::5)",
        ),
        ("early.shop.svc.~", A, "10.1.0.8"),
        ("idle.shop.svc.~", A, "no name"),
        ("mail.shop.svc.~", Cname, "=mx.example.com"),
        ("mail.shop.svc.~", A, "=mx.example.com then mx.example.com"),
        ("alias.shop.svc.~", A, "=web.shop.svc.~ 10.96.0.7"),
        ("lost.shop.svc.~", A, "=none.shop.svc.~ no name"),
        ("10-1-0-77.any.pod.~", A, "10.1.0.77"),
        ("10-1-0-77.any.pod.~", Aaaa, "-"),
        ("shop.svc.~", A, "-"),
        ("none.svc.~", A, "no name"),
        ("svc.~", A, "-"),
        ("~", Soa, "soa 0"),
        ("~", Ns, "ns.dns.~"),
        ("~", A, "-"),
        ("ns.dns.~", A, "10.96.0.10"),
        ("dns-version.~", Txt, "\"1.1.0\""),
        ("7.0.96.10.in-addr.arpa", Ptr, "web.shop.svc.~"),
        ("5.0.1.10.in-addr.arpa", Ptr, "db-0.db.shop.svc.~"),
        ("6.0.1.10.in-addr.arpa", Ptr, "10-1-0-6.db.shop.svc.~"),
        ("6.0.1.10.in-addr.arpa", A, "-"),
        ("1.0.1.10.in-addr.arpa", Ptr, "kube-dns.kube-system.svc.~"),
        ("99.0.1.10.in-addr.arpa", Ptr, "no name"),
        ("8.8.8.8.in-addr.arpa", Ptr, "elsewhere"),
        ("example.com", A, "elsewhere"),
        ("web.shop", A, "elsewhere"),
    ] {
        assert_eq!(ask(&world, name, about), expected, "{name} {about:?}");
    }
}

#[test]
fn a_name_that_stands_for_itself_ends() {
    let text = ask(&world(), "loop.shop.svc.~", About::A);
    assert_eq!(text.matches('=').count(), CHAIN);
}
