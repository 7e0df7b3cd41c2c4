//! What every node says about a pod that has none, which comes nearest, and what would make it fit.

use super::{Known, Report};
use shared_api::core::{Node, Pod, Taint};
use shared_placement::{Nodes, Verdict, verdicts};
use std::sync::Arc;

pub(super) fn tell(pod: &Arc<Pod>, known: &Known<'_>, report: &mut Report) {
    let found = verdicts(pod, &Nodes::of(known.world));
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|verdict| {
            let why = if verdict.reasons.is_empty() { "would do".into() } else { verdict.reasons.join(", ") };
            vec![verdict.node.clone(), why, short(verdict)]
        })
        .collect();
    report.table("Nodes", &rows);
    let Some(nearest) = found.first() else {
        report.try_this("there is no node: join one");
        return;
    };
    if nearest.reasons.is_empty() {
        report.try_this(format!(
            "{} would do now: it is tried again as soon as something changes",
            nearest.node
        ));
        return;
    }
    for remedy in remedies(pod, nearest, known) {
        report.try_this(remedy);
    }
}

fn short(verdict: &Verdict) -> String {
    let each = verdict.short.iter().map(|s| {
        format!("asks {} {}, {} of {} left", s.asked.binary(), s.resource, s.left.binary(), s.all.binary())
    });
    each.collect::<Vec<_>>().join("; ")
}

/// What would make the pod fit where the least is against it.
fn remedies(pod: &Pod, nearest: &Verdict, known: &Known<'_>) -> Vec<String> {
    let mut remedies = Vec::new();
    let node = &nearest.node;
    for short in &nearest.short {
        if short.asked > short.all {
            remedies.push(format!(
                "no pod that asks {} {} fits on {node}, which has {}: ask for less, or join a larger node",
                short.asked.binary(),
                short.resource,
                short.all.binary()
            ));
        } else {
            remedies.push(format!(
                "free {} {} on {node}, or ask for at most {}",
                (short.asked - short.left).binary(),
                short.resource,
                short.left.binary()
            ));
        }
    }
    let Some(there) = known.world.named::<Node>("", node) else { return remedies };
    if there.spec.as_ref().is_some_and(|s| s.unschedulable == Some(true)) {
        remedies.push(format!("{node} is cordoned: uncordon {node}"));
    }
    if nearest.reasons.iter().any(|why| why.contains("taint")) {
        let hard = |t: &&Taint| t.effect != "PreferNoSchedule" && t.key != "node.kubernetes.io/unschedulable";
        let taints = there.spec.iter().flat_map(|s| s.taints.iter().flatten()).filter(hard);
        let words = taints.map(|t| match t.value.as_deref().unwrap_or_default() {
            "" => format!("{}:{}", t.key, t.effect),
            value => format!("{}={value}:{}", t.key, t.effect),
        });
        let words: Vec<_> = words.collect();
        if !words.is_empty() {
            remedies.push(format!("tolerate the taints of {node}: {}", words.join(", ")));
        }
    }
    let labels = there.metadata.labels.clone().unwrap_or_default();
    let wanted = pod.spec.iter().flat_map(|s| s.node_selector.iter().flatten());
    let lacking = wanted.filter(|(key, value)| labels.get(*key) != Some(value));
    let lacking: Vec<_> = lacking.map(|(key, value)| format!("{key}={value}")).collect();
    if !lacking.is_empty() {
        remedies.push(format!(
            "{node} lacks the labels {}: label node {node} {}",
            lacking.join(","),
            lacking.join(" ")
        ));
    }
    remedies
}
