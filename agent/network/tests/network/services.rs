//! Two nodes, pods on both, and a service: from pods and from hosts, with both rule sets.

use crate::{
    cluster::{Memory, endpoints, node, service},
    lab::{Host, exchange, is_possible, runtime, switch, until},
};
use agent_network::{
    Network, Options, Sandbox, Sandboxes,
    iptables::{Backend, Iptables},
};
use std::{collections::BTreeSet, path::Path, sync::Arc};

/// A node: its host and its network, which follows the cluster.
struct Node {
    host: Host,
    network: Arc<Network>,
}

impl Node {
    fn new(name: &'static str, host: Host, cluster: &Arc<Memory>, backend: Backend) -> Self {
        let options = Options { backend: Some(backend), ..options() };
        let node = Self { host, network: Arc::new(Network::new(options)) };
        node.start(name, cluster);
        node
    }

    fn start(&self, name: &'static str, cluster: &Arc<Memory>) {
        let (network, cluster) = (Arc::clone(&self.network), Arc::clone(cluster));
        self.host.start(move || {
            runtime().block_on(async {
                let live = cluster.follow();
                network.run(live, name, std::future::pending()).await;
            });
        });
        let mut trouble = self.network.trouble();
        self.host.wait(async move || drop(trouble.wait_for(Option::is_none).await.unwrap()));
    }

    fn pod(&self, id: &'static str) -> Sandbox {
        let bridge = self.network.bridge();
        let sandbox = self.host.wait(async move || bridge.create(id).await.unwrap());
        self.host.serve(Some(&sandbox.netns), 8080, id);
        sandbox
    }

    /// Who answers at `to`, when asked many times.
    fn who(&self, inside: Option<&Path>, to: &str) -> BTreeSet<String> {
        let ask = |_| self.host.ask(inside, to).unwrap_or_else(|why| why);
        (0..24).map(ask).map(|said| said.split(' ').next().unwrap().to_owned()).collect()
    }
}

fn options() -> Options {
    Options { cluster: Some("10.1.0.0/16".parse().unwrap()), ..Options::default() }
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(ToOwned::to_owned).into()
}

#[test]
fn services_are_reached_over_nft() {
    story(Backend::Nft, "iptables-nft");
}

#[test]
fn services_are_reached_over_legacy() {
    story(Backend::Legacy, "iptables-legacy");
}

#[test]
fn nodes_with_routers_between_them_use_the_overlay() {
    if !is_possible() {
        return;
    }
    let cluster = Arc::new(Memory::default());
    cluster.put(node("near", "192.0.2.1", "10.1.1.0/24"));
    cluster.put(node("far", "198.51.100.2", "10.1.2.0/24"));
    let router = Host::new();
    router.shell("echo 1 > /proc/sys/net/ipv4/ip_forward");
    let [near, far] = [("near", "192.0.2.1", "192.0.2.254"), ("far", "198.51.100.2", "198.51.100.254")].map(
        |(name, ip, gateway)| {
            let host = Host::new();
            let port = host.cable(&router, ip, gateway);
            router.ip(&format!("addr add {gateway}/24 dev {port}"));
            Node::new(name, host, &cluster, Backend::Nft)
        },
    );
    let (a, b) = (near.pod("a"), far.pod("b"));
    assert_eq!(near.host.ask(Some(&a.netns), "10.1.2.2:8080").unwrap(), "b 10.1.1.2");
    assert_eq!(far.host.ask(Some(&b.netns), "10.1.1.2:8080").unwrap(), "a 10.1.2.2");
    assert_eq!(
        near.host.ask(None, "10.1.2.2:8080").unwrap(),
        "b 10.1.1.0",
        "a host is its end of the overlay"
    );
    cluster.remove(&node("far", "198.51.100.2", "10.1.2.0/24"));
    until("no overlay", || !near.host.ip("-o link").contains("dhow-vxlan"));
}

#[test]
fn a_world_that_does_not_know_the_node_changes_nothing() {
    if !is_possible() {
        return;
    }
    let cluster = Arc::new(Memory::default());
    cluster.put(node("one", "192.0.2.1", "10.1.1.0/24"));
    let first = Node::new("one", Host::new(), &cluster, Backend::Nft);
    let before = first.host.shell("iptables-nft-save -t nat | grep -v '^#'");
    assert!(before.contains("DHOW-EGRESS"));
    // The control plane lost everything, and the agent restarted.
    let (network, empty) = (Arc::new(Network::new(options())), Arc::new(Memory::default()));
    let mut trouble = network.trouble();
    let host = first.host;
    host.start(move || {
        runtime().block_on(async { network.run(empty.follow(), "one", std::future::pending()).await });
    });
    let why = host.wait(async move || {
        trouble
            .wait_for(|why| why.as_ref().is_some_and(|why| why.contains("does not know")))
            .await
            .unwrap()
            .clone()
    });
    assert!(why.unwrap().contains("node one"));
    assert_eq!(host.shell("iptables-nft-save -t nat | grep -v '^#'"), before);
}

fn story(backend: Backend, program: &'static str) {
    if !is_possible() {
        return;
    }
    let cluster = Arc::new(Memory::default());
    cluster.put(node("one", "192.0.2.1", "10.1.1.0/24"));
    cluster.put(node("two", "192.0.2.2", "10.1.2.0/24"));
    let switch = switch();
    let [one, two] = [("one", 1), ("two", 2)].map(|(name, number)| {
        let host = Host::new();
        host.plug(&switch, number);
        Node::new(name, host, &cluster, backend)
    });
    let (a, b, c) = (one.pod("a"), two.pod("b"), one.pod("c"));
    let (in_a, in_b, in_c) = (Some(&*a.netns), Some(&*b.netns), Some(&*c.netns));

    // Pods reach each other under their own addresses, on one node and across; outside they are their node.
    assert_eq!(one.host.ask(in_a, "10.1.2.2:8080").unwrap(), "b 10.1.1.2");
    assert_eq!(two.host.ask(in_b, "10.1.1.2:8080").unwrap(), "a 10.1.2.2");
    assert_eq!(one.host.ask(in_a, "10.1.1.3:8080").unwrap(), "c 10.1.1.2");
    assert_eq!(one.host.ask(None, "10.1.2.2:8080").unwrap(), "b 192.0.2.1");
    assert_eq!(one.host.ask(in_a, "192.0.2.254:9").unwrap(), "outside 192.0.2.1");

    // Nobody serves: one is told at once.
    let web = service("web", "10.96.0.7", 30_000);
    cluster.put(web.clone());
    for (node, inside) in [(&one, in_a), (&two, in_b), (&one, None)] {
        until("a refusal", || node.host.ask(inside, "10.96.0.7:80") == Err("connection refused".into()));
        assert_eq!(node.host.ask(inside, "192.0.2.2:30000"), Err("connection refused".into()));
    }

    // Both serve, from everywhere; c, which serves nothing, keeps its address on the way to either.
    cluster.put(endpoints("web", &[("10.1.1.2", "one"), ("10.1.2.2", "two")]));
    until("both ends", || one.who(in_c, "10.96.0.7:80") == set(["a", "b"]));
    until("both ends", || two.who(None, "10.96.0.7:80") == set(["a", "b"]));
    let seen: BTreeSet<_> = (0..24).map(|_| one.host.ask(in_c, "10.96.0.7:80").unwrap()).collect();
    assert_eq!(seen, set(["a 10.1.1.3", "b 10.1.1.3"]));
    for (node, inside) in [(&one, in_a), (&two, in_b), (&one, in_c), (&one, None), (&two, None)] {
        assert_eq!(node.who(inside, "10.96.0.7:80"), set(["a", "b"]), "cluster address");
        assert_eq!(node.who(inside, "192.0.2.1:30000"), set(["a", "b"]), "node port of one");
        assert_eq!(node.who(inside, "192.0.2.2:30000"), set(["a", "b"]), "node port of two");
    }
    let outside: BTreeSet<_> = (0..24).map(|_| switch.ask(None, "192.0.2.1:30000").unwrap()).collect();
    assert_eq!(outside, set(["a 10.1.1.1", "b 192.0.2.1"]), "through the node, and back through it");

    // The kernel tells the way to both, and that it was gone.
    let counted = |address: &'static str| {
        let network = Arc::clone(&one.network);
        let rules = one.host.wait(async move || network.path("lab", "web").await.unwrap());
        let there = rules.iter().filter(|rule| rule.endpoint.as_deref() == Some(address));
        there.map(|rule| rule.packets).sum::<u64>()
    };
    assert!(counted("10.1.1.2:8080") > 0 && counted("10.1.2.2:8080") > 0);
    assert_eq!(counted("10.1.2.3:8080"), 0);

    // UDP senders keep their port, and are sent elsewhere when their endpoint goes.
    let sockets: Vec<_> = (0..8).map(|_| one.host.udp(&c.netns)).collect();
    let ask_all = |to: &str| -> Vec<_> { sockets.iter().map(|s| exchange(s, to)).collect() };
    let first = ask_all("10.96.0.7:80");
    assert!(first.iter().all(Result::is_ok), "{first:?}");
    assert_eq!(ask_all("10.96.0.7:80"), first, "a sender keeps its endpoint");
    cluster.put(endpoints("web", &[("10.1.2.2", "two")]));
    until("one end", || one.who(in_c, "10.96.0.7:80") == set(["b"]));
    until("UDP follows", || ask_all("10.96.0.7:80").iter().all(|said| *said == Ok("b 10.1.1.3".into())));

    // What others remove is noticed and comes back; an agent that restarts keeps what is there and removes the stale.
    let is_intact = move || Iptables::detect(Some(backend)).and_then(|rules| rules.is_intact()).unwrap();
    assert!(one.host.run(is_intact));
    one.host.shell(&format!("{program} -t filter -F"));
    assert!(!one.host.run(is_intact), "the filter table was emptied");
    one.host.shell(&format!("{program} -t nat -N DHOW-SVC-stale; {program} -t nat -F DHOW-SERVICES"));
    assert!(one.host.ask(in_c, "10.96.0.7:80").is_err());
    let again = Node {
        network: Arc::new(Network::new(Options { backend: Some(backend), ..options() })),
        host: one.host,
    };
    again.start("one", &cluster);
    assert_eq!(again.who(in_c, "10.96.0.7:80"), set(["b"]));
    assert!(again.host.run(is_intact));
    assert!(!again.host.shell(&format!("{program} -t nat -S")).contains("stale"));

    // A node that is gone has no route; a service that is gone has no chain.
    cluster.remove(&node("two", "192.0.2.2", "10.1.2.0/24"));
    until("no route", || !again.host.ip("route").contains("10.1.2.0/24"));
    cluster.remove(&web);
    until("no chain", || !again.host.shell(&format!("{program} -t nat -S")).contains("DHOW-SVC"));

    // Nothing is left.
    let network = Arc::clone(&two.network);
    two.host.wait(async move || network.uninstall().await.unwrap());
    let rules =
        two.host.shell(&format!("{program} -t nat -S; {program} -S; ip route; ip -o link; ls /run/dhow"));
    assert!(!rules.to_lowercase().contains("dhow") && !rules.contains("10.1."), "{rules}");
}
