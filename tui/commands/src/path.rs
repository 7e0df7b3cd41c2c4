//! Where a service's packets go: from its address through the chains of each node to the endpoints. Pure.

use crate::print::table::align;
use shared_client::question::{Backend, NodePath, Paths, Rule};
use std::collections::BTreeMap;

/// The way of the packets of the service called `title`.
pub(crate) fn text(title: &str, paths: &Paths) -> String {
    let mut text = format!("{}\n", answer(title, paths));
    for front in &paths.fronts {
        text.push_str(&format!("  {front}\n"));
    }
    text.push_str("\nEndpoints\n");
    indent(&align(&endpoints(paths)), &mut text);
    for node in &paths.nodes {
        text.push_str(&format!("\nOn {}\n", node.node));
        match &node.trouble {
            Some(trouble) => text.push_str(&format!("  not told: {trouble}\n")),
            None if node.rules.is_empty() => text.push_str("  its kernel knows no rule for it\n"),
            None => indent(&align(&tree(node)), &mut text),
        }
    }
    if paths.nodes.is_empty() {
        text.push_str("\nNo node's agent is connected\n");
    }
    if paths.left_out > 0 {
        text.push_str(&format!("\n{} more nodes were not asked\n", paths.left_out));
    }
    text.push_str("\nA rule of the nat table counts the first packet of each connection.\n");
    text
}

fn answer(title: &str, paths: &Paths) -> String {
    let ready = paths.backends.iter().filter(|b| b.ready).count();
    let lacking: Vec<_> = paths.nodes.iter().filter(|n| n.trouble.is_none() && misses(n, paths)).collect();
    match (&lacking[..], ready) {
        ([first, ..], _) => {
            format!("Service {title}: the kernel of {} does not lead to every endpoint", first.node)
        }
        ([], 0) => format!("Service {title} ({}) leads to nobody", paths.kind),
        ([], ready) => {
            let nodes = paths.nodes.iter().filter(|n| n.trouble.is_none()).count();
            format!("Service {title} ({}) leads to {ready} endpoints from {nodes} nodes", paths.kind)
        }
    }
}

/// Whether a node leads to fewer than all ready endpoints; nobody is led anywhere by a headless service.
fn misses(node: &NodePath, paths: &Paths) -> bool {
    let led: Vec<&str> = node.rules.iter().filter_map(|r| r.endpoint.as_deref()).collect();
    let headless = paths.fronts.iter().all(|front| front.starts_with("None"));
    !headless && paths.backends.iter().any(|b| b.ready && !led.contains(&b.address.as_str()))
}

/// Each endpoint, with what all nodes sent there.
fn endpoints(paths: &Paths) -> Vec<Vec<String>> {
    let mut sums = BTreeMap::<&str, (u64, u64)>::new();
    for rule in paths.nodes.iter().flat_map(|n| &n.rules) {
        if let Some(endpoint) = &rule.endpoint {
            let sum = sums.entry(endpoint).or_default();
            *sum = (sum.0 + rule.packets, sum.1 + rule.bytes);
        }
    }
    let mut rows =
        vec![["ADDRESS", "POD", "NODE", "READY", "CONNECTIONS", "BYTES"].map(String::from).to_vec()];
    for Backend { address, pod, node, ready } in &paths.backends {
        let (packets, bytes) = sums.remove(address.as_str()).unwrap_or_default();
        let ready = if *ready { "yes" } else { "no" };
        rows.push(vec![
            address.clone(),
            pod.clone(),
            node.clone(),
            ready.into(),
            packets.to_string(),
            bytes.to_string(),
        ]);
    }
    for (address, (packets, bytes)) in sums {
        let row = [address, "(not listed any longer)", "", ""].map(String::from).into_iter();
        rows.push(row.chain([packets.to_string(), bytes.to_string()]).collect());
    }
    rows
}

/// The rules of a node, each below those that lead to it.
fn tree(node: &NodePath) -> Vec<Vec<String>> {
    let mut depth = BTreeMap::<&str, usize>::new();
    let mut rows = vec![["PACKETS", "BYTES", "CHAIN", "WHICH", "LEADS TO"].map(String::from).to_vec()];
    for rule in &node.rules {
        let at = depth.get(rule.chain.as_str()).copied().unwrap_or(0);
        depth.entry(&rule.target).or_insert(at + 1);
        let target = rule.endpoint.as_ref().unwrap_or(&rule.target);
        rows.push(vec![
            rule.packets.to_string(),
            rule.bytes.to_string(),
            format!("{}{}", "  ".repeat(at), rule.chain),
            which(rule),
            target.clone(),
        ]);
    }
    rows
}

/// What a rule asks of a packet, without what every reader knows.
fn which(rule: &Rule) -> String {
    let asked = rule.rule.split(" -j ").next().unwrap_or_default();
    let (mut words, mut kept) = (asked.split_whitespace(), Vec::new());
    while let Some(word) = words.next() {
        match word {
            // Told by the heading and by what follows.
            "--comment" | "-m" | "--mode" => drop(words.next()),
            "-p" => kept.extend(words.next().map(str::to_owned)),
            "-d" => kept.extend(words.next().map(|to| format!("to {}", to.trim_end_matches("/32")))),
            "-s" => kept.extend(words.next().map(|from| format!("from {}", from.trim_end_matches("/32")))),
            "--dport" => kept.extend(words.next().map(|port| format!("port {port}"))),
            "--probability" => {
                kept.extend(words.next().map(|share| format!("chance {}", share.get(..5).unwrap_or(share))));
            }
            "!" => kept.push("not".into()),
            other => kept.push(other.trim_start_matches('-').to_owned()),
        }
    }
    if rule.rule.starts_with("-j") { String::new() } else { kept.join(" ") }
}

fn indent(lines: &str, text: &mut String) {
    for line in lines.lines() {
        text.push_str(&format!("  {line}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(chain: &str, packets: u64, rule: &str, target: &str, endpoint: Option<&str>) -> Rule {
        Rule {
            table: "nat".into(),
            chain: chain.into(),
            packets,
            bytes: packets * 60,
            rule: rule.into(),
            target: target.into(),
            endpoint: endpoint.map(Into::into),
        }
    }

    fn paths() -> Paths {
        let backend = |address: &str, pod: &str| Backend {
            address: address.into(),
            pod: pod.into(),
            node: "n1".into(),
            ready: true,
        };
        let rules = vec![
            rule(
                "DHOW-NWA-1",
                7,
                r#"-d 10.96.0.9/32 -p tcp -m tcp --dport 80 -m comment --comment "shop/web:http" -j DHOW-SVC-1"#,
                "DHOW-SVC-1",
                None,
            ),
            rule(
                "DHOW-SVC-1",
                4,
                "-m statistic --mode random --probability 0.5000000000 -j DHOW-SEP-1",
                "DHOW-SEP-1",
                None,
            ),
            rule("DHOW-SVC-1", 3, "-j DHOW-SEP-2", "DHOW-SEP-2", None),
            rule(
                "DHOW-SEP-1",
                4,
                "-p tcp -m tcp -j DNAT --to-destination 10.1.0.2:8080",
                "DNAT",
                Some("10.1.0.2:8080"),
            ),
            rule(
                "DHOW-SEP-2",
                3,
                "-p tcp -m tcp -j DNAT --to-destination 10.1.0.3:8080",
                "DNAT",
                Some("10.1.0.3:8080"),
            ),
        ];
        Paths {
            kind: "ClusterIP".into(),
            fronts: vec!["10.96.0.9:80/TCP http".into()],
            backends: vec![backend("10.1.0.2:8080", "web-1"), backend("10.1.0.3:8080", "web-2")],
            nodes: vec![
                NodePath { node: "n1".into(), rules, trouble: None },
                NodePath { node: "n2".into(), rules: Vec::new(), trouble: Some("gone".into()) },
            ],
            left_out: 0,
        }
    }

    #[test]
    fn the_way_is_told_from_the_address_to_the_endpoints() {
        let wanted = "Service shop/web (ClusterIP) leads to 2 endpoints from 1 nodes
  10.96.0.9:80/TCP http

Endpoints
  ADDRESS         POD     NODE   READY   CONNECTIONS   BYTES
  10.1.0.2:8080   web-1   n1     yes     4             240
  10.1.0.3:8080   web-2   n1     yes     3             180

On n1
  PACKETS   BYTES   CHAIN            WHICH                       LEADS TO
  7         420     DHOW-NWA-1       to 10.96.0.9 tcp port 80    DHOW-SVC-1
  4         240       DHOW-SVC-1     chance 0.500                DHOW-SEP-1
  3         180       DHOW-SVC-1                                 DHOW-SEP-2
  4         240         DHOW-SEP-1   tcp                         10.1.0.2:8080
  3         180         DHOW-SEP-2   tcp                         10.1.0.3:8080

On n2
  not told: gone

A rule of the nat table counts the first packet of each connection.
";
        let squeezed = |text: &str| {
            let lines = text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
            lines.collect::<Vec<_>>().join("\n")
        };
        let found = text("shop/web", &paths());
        assert_eq!(squeezed(&found), squeezed(wanted), "{found}");
    }

    #[test]
    fn a_kernel_that_lags_behind_is_the_answer() {
        let mut paths = paths();
        paths.nodes[0].rules.pop();
        assert!(
            text("shop/web", &paths)
                .starts_with("Service shop/web: the kernel of n1 does not lead to every endpoint")
        );
    }
}
