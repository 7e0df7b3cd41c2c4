//! Connections the kernel remembers although their pod or their endpoint is gone.
//!
//! TCP notices by itself. A UDP sender that keeps its port would be sent to a dead address for ever,
//! so such entries are deleted, by the `conntrack` program where there is one.

use crate::{iptables::run, rules::Flow};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

/// Forgets every connection of a pod that is gone.
pub(crate) async fn forget_pod(ip: Ipv4Addr) {
    let ip = ip.to_string();
    let work = move || {
        for side in ["--orig-src", "--reply-src"] {
            // It fails when nothing matched, or is not installed: both leave nothing to do.
            if let Err(error) = run("conntrack", &["-D", side, &ip], "") {
                tracing::trace!(%error, "no connection was forgotten");
            }
        }
    };
    let _ = tokio::task::spawn_blocking(work).await;
}

/// Forgets UDP senders that are served by an endpoint which no longer is one, or by nobody.
/// `fronts` are the addresses that were or are served.
pub(crate) fn forget_stale(fronts: &BTreeSet<(Ipv4Addr, u16)>, flows: &BTreeSet<Flow>) {
    let Ok(listing) = run("conntrack", &["-L", "-p", "udp"], "") else { return };
    for entry in stale(&listing, fronts, flows) {
        let [sport, dport] = [entry.sport, entry.dport].map(|p| p.to_string());
        let [src, dst] = [entry.src, entry.dst].map(|a| a.to_string());
        let tuple = ["-D", "-p", "udp", "-s", &src, "-d", &dst, "--sport", &sport, "--dport", &dport];
        if let Err(error) = run("conntrack", &tuple, "") {
            tracing::debug!(%error, "a UDP connection ended by itself");
        }
    }
}

/// A connection as its first packet had it, and who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    src: Ipv4Addr,
    dst: Ipv4Addr,
    sport: u16,
    dport: u16,
    answers: (Ipv4Addr, u16),
}

/// The entries of `conntrack -L` to forget. A front on every node address is `0.0.0.0`.
fn stale(listing: &str, fronts: &BTreeSet<(Ipv4Addr, u16)>, flows: &BTreeSet<Flow>) -> Vec<Entry> {
    let mut served: BTreeMap<(Ipv4Addr, u16), BTreeSet<(Ipv4Addr, u16)>> = BTreeMap::new();
    for flow in flows {
        served.entry(flow.front).or_default().insert(flow.back);
    }
    let is_stale = |entry: &Entry| {
        let exact = (entry.dst, entry.dport);
        let any = (Ipv4Addr::UNSPECIFIED, entry.dport);
        // A node port is any address of the node: the entry counts only when it was translated.
        let translated = entry.answers != exact;
        let front = if fronts.contains(&exact) || served.contains_key(&exact) {
            exact
        } else if translated && (fronts.contains(&any) || served.contains_key(&any)) {
            any
        } else {
            return false;
        };
        !served.get(&front).is_some_and(|backs| backs.contains(&entry.answers))
    };
    listing.lines().filter_map(parse).filter(is_stale).collect()
}

fn parse(line: &str) -> Option<Entry> {
    let values = |key: &str| -> Vec<&str> {
        line.split_whitespace().filter_map(|word| word.strip_prefix(key)?.strip_prefix('=')).collect()
    };
    let (src, dst, sport, dport) = (values("src"), values("dst"), values("sport"), values("dport"));
    Some(Entry {
        src: src.first()?.parse().ok()?,
        dst: dst.first()?.parse().ok()?,
        sport: sport.first()?.parse().ok()?,
        dport: dport.first()?.parse().ok()?,
        answers: (src.get(1)?.parse().ok()?, sport.get(1)?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::{Flow, parse, stale};
    use std::{collections::BTreeSet, net::Ipv4Addr};

    const DNS: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 10);
    const POD: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 5);

    fn entry(dst: &str, answers: &str) -> String {
        let (ip, port) = answers.split_once(':').unwrap();
        let (dst, dport) = dst.split_once(':').unwrap();
        format!(
            "udp      17 28 src=10.1.0.9 dst={dst} sport=4000 dport={dport} [UNREPLIED] src={ip} dst=10.1.0.9 \
             sport={port} dport=4000 mark=0 use=1"
        )
    }

    fn check(line: &str, expected: bool) {
        let fronts = BTreeSet::from([(Ipv4Addr::new(10, 96, 0, 11), 53)]);
        let flows = BTreeSet::from([
            Flow { front: (DNS, 53), back: (POD, 5353) },
            Flow { front: (Ipv4Addr::UNSPECIFIED, 30053), back: (POD, 5353) },
        ]);
        assert_eq!(stale(line, &fronts, &flows).len(), usize::from(expected), "{line}");
    }

    #[test]
    fn an_entry_whose_endpoint_is_gone_is_forgotten() {
        check(&entry("10.96.0.10:53", "10.1.0.5:5353"), false);
        check(&entry("10.96.0.10:53", "10.1.0.6:5353"), true);
        check(&entry("10.96.0.10:53", "10.96.0.10:53"), true);
        check(&entry("10.96.0.11:53", "10.1.0.5:5353"), true);
        check(&entry("192.0.2.7:30053", "10.1.0.5:5353"), false);
        check(&entry("192.0.2.7:30053", "10.1.0.6:5353"), true);
        check(&entry("192.0.2.7:30053", "192.0.2.7:30053"), false);
        check(&entry("8.8.8.8:53", "8.8.8.8:53"), false);
    }

    #[test]
    fn other_lines_are_passed_over() {
        assert_eq!(parse("conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown."), None);
        assert_eq!(
            parse(
                "udp 17 28 src=fd00::1 dst=fd00::2 sport=1 dport=2 src=fd00::2 dst=fd00::1 sport=2 dport=1"
            ),
            None
        );
    }
}
