//! How the control plane is, in one screen. Pure.

use crate::print::table::align;
use shared_client::question::{ControlPlane, Latency, Member};

const DAY: i64 = 86_400;
/// A certificate with less than this left is worth a word.
const SOON: i64 = 30 * DAY;
/// A watcher that is so many revisions behind is slow.
const BEHIND: u64 = 1_000;

pub(crate) fn text(told: &ControlPlane) -> String {
    let mut text = format!("{}\n", answer(told));
    let mut section = |title: &str, rows: &[Vec<String>]| {
        text.push_str(&format!("\n{title}\n"));
        for line in align(rows).lines() {
            text.push_str(&format!("  {line}\n"));
        }
    };
    section("Members", &members(told));
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let log = if told.members.is_empty() {
        vec![row("none", "its state is in memory only".into())]
    } else {
        vec![
            row("last entry", told.last_index.to_string()),
            row("committed", behind(told.committed, told.last_index)),
            row("applied here", behind(told.applied, told.committed)),
            row("snapshot", format!("{} ({} of log since)", told.snapshot, size(told.log_bytes))),
            row("waiting to be written", told.waiting.to_string()),
        ]
    };
    section("Log", &log);
    section(
        "Store",
        &[
            row("revision", told.revision.to_string()),
            row("keys", told.keys.to_string()),
            row("size", size(told.bytes)),
            row(
                "history",
                format!(
                    "{} back, to revision {} ({})",
                    span(told.reach),
                    told.oldest,
                    size(told.history_bytes)
                ),
            ),
            row("watchers", told.watchers.to_string()),
            row("slowest watcher", format!("{} revisions behind", told.slowest)),
        ],
    );
    section("Requests", &requests(told));
    let mut certificates: Vec<_> =
        told.certificates.iter().map(|(name, left)| row(name, days(*left))).collect();
    if certificates.is_empty() {
        certificates.push(row("none", "it serves no port".into()));
    }
    section("Certificates", &certificates);
    let nodes = if told.nodes.is_empty() { "none".to_owned() } else { told.nodes.join(" ") };
    section("Agents connected here", &[vec![nodes]]);
    text
}

/// One sentence.
fn answer(told: &ControlPlane) -> String {
    if told.leader.is_none() && !told.members.is_empty() {
        return "Nobody leads: nothing can be written".into();
    }
    if let Some((name, left)) = told.certificates.iter().find(|(_, left)| *left < SOON) {
        return format!("The certificate {name} ends soon: {}", days(*left));
    }
    if told.slowest > BEHIND {
        return format!("A watcher is {} revisions behind", told.slowest);
    }
    let who = match told.leader {
        Some(leader) if leader == told.member => format!("member {leader}, which answers, leads"),
        Some(leader) => format!("member {leader} leads, member {} answers", told.member),
        None => "its state is in memory only".into(),
    };
    format!("The control plane is well: {who}")
}

fn members(told: &ControlPlane) -> Vec<Vec<String>> {
    let mut rows = vec![["MEMBER", "ADDRESS", "ROLE", "TERM", "HAS ENTRY"].map(String::from).to_vec()];
    let role = |member: &Member| match (told.leader == Some(member.id), member.votes) {
        (true, _) => "leads",
        (false, true) => "follows",
        (false, false) => "learns",
    };
    rows.extend(told.members.iter().map(|member| {
        let address = if member.address.is_empty() { "here" } else { &member.address };
        let has = member.matched.map_or("?".into(), |at| behind(at, told.last_index));
        vec![member.id.to_string(), address.to_owned(), role(member).into(), told.term.to_string(), has]
    }));
    if told.members.is_empty() {
        rows.push(["-", "in this process", "alone", "-", "-"].map(String::from).to_vec());
    }
    rows
}

fn requests(told: &ControlPlane) -> Vec<Vec<String>> {
    let mut rows = vec![["WHAT", "COUNT", "HALF BELOW", "99% BELOW", "MEAN"].map(String::from).to_vec()];
    rows.extend(told.latencies.iter().filter(|l| l.count > 0).map(|latency| {
        let Latency { what, count, seconds, half, most } = latency;
        #[allow(clippy::cast_precision_loss, reason = "a mean of that many is close enough")]
        let mean = seconds / *count as f64;
        vec![what.clone(), count.to_string(), took(*half), took(*most), took(mean)]
    }));
    rows.push(vec!["under way".into(), format!("{} reading, {} writing", told.reading, told.writing)]);
    rows
}

fn took(seconds: f64) -> String {
    if seconds >= 1.0 { format!("{seconds:.1}s") } else { format!("{:.1}ms", seconds * 1000.0) }
}

/// A place in the log, and how far it is from where it should be.
fn behind(at: u64, from: u64) -> String {
    match from.saturating_sub(at) {
        0 => at.to_string(),
        lag => format!("{at} ({lag} behind)"),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    if seconds < 120 { format!("{seconds}s") } else { format!("{}m", seconds / 60) }
}

fn days(left: i64) -> String {
    match left {
        ..=0 => format!("ended {} days ago", -left / DAY),
        left if left < 2 * DAY => format!("{} hours left", left / 3600),
        left => format!("{} days left", left / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> ControlPlane {
        ControlPlane {
            member: 1,
            leader: Some(1),
            term: 3,
            members: vec![
                Member { id: 1, address: String::new(), votes: true, matched: Some(120) },
                Member { id: 2, address: "10.0.0.2:6443".into(), votes: true, matched: Some(118) },
            ],
            last_index: 120,
            committed: 120,
            applied: 119,
            slowest: 4,
            latencies: vec![Latency { what: "GET".into(), count: 4, seconds: 0.02, half: 0.004, most: 0.02 }],
            certificates: vec![("server".into(), 300 * DAY)],
            ..ControlPlane::default()
        }
    }

    #[test]
    fn it_says_who_leads_and_who_is_behind() {
        let text = text(&told());
        for line in [
            "The control plane is well: member 1, which answers, leads",
            "  1        here            leads     3      120",
            "  2        10.0.0.2:6443   follows   3      118 (2 behind)",
            "  applied here            119 (1 behind)",
            "  slowest watcher   4 revisions behind",
            "  GET         4                      4.0ms        20.0ms      5.0ms",
            "  server   300 days left",
        ] {
            assert!(text.lines().any(|l| l == line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn what_is_kept_in_memory_has_no_log() {
        let text = text(&ControlPlane { revision: 7, ..ControlPlane::default() });
        assert!(text.contains("\nLog\n  none   its state is in memory only\n"), "{text}");
        assert!(!text.contains("last entry") && text.contains("revision          7"), "{text}");
    }

    #[test]
    fn the_first_line_is_what_is_wrong() {
        let check = |change: fn(&mut ControlPlane), wanted: &str| {
            let mut told = told();
            change(&mut told);
            assert_eq!(text(&told).lines().next(), Some(wanted));
        };
        check(|t| t.leader = None, "Nobody leads: nothing can be written");
        check(|t| t.certificates[0].1 = 5 * DAY, "The certificate server ends soon: 5 days left");
        check(|t| t.slowest = 2_000, "A watcher is 2000 revisions behind");
        check(|t| t.member = 2, "The control plane is well: member 1 leads, member 2 answers");
    }
}
