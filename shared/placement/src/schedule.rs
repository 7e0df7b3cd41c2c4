//! The decision: which node, or why none.

use crate::{Nodes, Rates, Seat, ask::Ask, plugins::PLUGINS};
use shared_api::core::Pod;
use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap, fmt, sync::Arc};

/// Why no node would do: each reason and how many nodes gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unschedulable {
    nodes: usize,
    reasons: BTreeMap<Cow<'static, str>, usize>,
}

/// Kubernetes' wording: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`
impl fmt::Display for Unschedulable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nodes == 0 {
            return f.write_str("no nodes available to schedule pods");
        }
        let mut reasons: Vec<_> = self.reasons.iter().map(|(why, n)| format!("{n} {why}")).collect();
        reasons.sort();
        write!(f, "0/{} nodes are available: {}.", self.nodes, reasons.join(", "))
    }
}

/// The best node for `pod`, as things stand.
pub fn schedule(pod: &Arc<Pod>, nodes: &Nodes) -> Result<String, Unschedulable> {
    choose(&Ask::of(pod), nodes)
}

/// The best node for what a pod asks.
pub fn choose(ask: &Ask, nodes: &Nodes) -> Result<String, Unschedulable> {
    let mut why = Unschedulable::default();
    let mut fit: Vec<(&String, &Seat)> = Vec::new();
    for (name, seat) in nodes.seats() {
        why.nodes += 1;
        match PLUGINS.iter().try_for_each(|plugin| plugin.filter(ask, seat)) {
            Ok(()) => fit.push((name, seat)),
            Err(reasons) => {
                for reason in reasons {
                    *why.reasons.entry(reason).or_default() += 1;
                }
            }
        }
    }
    let ratings = ratings(ask, &fit);
    // Of equals the one with fewer pods is taken, then the first by name.
    let best = fit
        .iter()
        .zip(&ratings)
        .max_by_key(|((name, seat), rating)| (**rating, Reverse(seat.pods.len()), Reverse(*name)));
    best.map(|((name, _), _)| (*name).clone()).ok_or(why)
}

/// What every plugin thinks of every node, summed up.
fn ratings(ask: &Ask, fit: &[(&String, &Seat)]) -> Vec<i64> {
    let mut sums = vec![0; fit.len()];
    if fit.len() < 2 {
        return sums;
    }
    for plugin in PLUGINS {
        let rates = plugin.rates();
        if rates == Rates::Nothing {
            continue;
        }
        let marks: Vec<i64> = fit.iter().map(|(_, seat)| plugin.score(ask, seat)).collect();
        let most = marks.iter().copied().max().unwrap_or(0).max(0);
        for (sum, mark) in sums.iter_mut().zip(marks) {
            *sum += match rates {
                Rates::Nothing => 0,
                Rates::AsTheyAre(weight) => weight * mark,
                Rates::More(_) if most == 0 => 0,
                Rates::More(weight) => weight * (mark * 100 / most),
                Rates::Fewer(weight) if most == 0 => weight * 100,
                Rates::Fewer(weight) => weight * (100 - mark * 100 / most),
            };
        }
    }
    sums
}

#[cfg(test)]
mod tests;
