//! Keeps pods off nodes whose taints they do not tolerate, and prefers nodes without mild ones.

use crate::{Ask, Plugin, Rates, Reasons, Seat, fit};
use shared_api::core::{Taint, Toleration};

pub(super) struct Taints;

impl Plugin for Taints {
    fn filter(&self, ask: &Ask, seat: &Seat) -> Result<(), Reasons> {
        let hard = |t: &&Taint| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute");
        if of(seat).filter(hard).all(|taint| tolerated(ask, taint)) {
            return Ok(());
        }
        Err(vec!["node(s) had untolerated taint(s)".into()])
    }

    fn rates(&self) -> Rates {
        Rates::Fewer(3)
    }

    fn score(&self, ask: &Ask, seat: &Seat) -> i64 {
        let mild = of(seat).filter(|t| t.effect == "PreferNoSchedule" && !tolerated(ask, t));
        i64::try_from(mild.count()).unwrap_or(i64::MAX)
    }
}

fn of(seat: &Seat) -> impl Iterator<Item = &Taint> {
    seat.node.iter().flat_map(|n| n.spec.iter()).flat_map(|s| s.taints.iter().flatten())
}

/// Whether a pod puts up with a taint.
pub(super) fn tolerated(ask: &Ask, taint: &Taint) -> bool {
    ask.spec().is_some_and(|spec| fit::tolerates(spec, taint))
}

/// Whether a toleration means a taint.
pub(crate) fn means(toleration: &Toleration, taint: &Taint) -> bool {
    let is =
        |field: &Option<String>, there: &str| field.as_deref().is_none_or(|f| f.is_empty() || f == there);
    let value = taint.value.as_deref().unwrap_or_default();
    let same = match toleration.operator.as_deref() {
        Some("Exists") => true,
        _ => toleration.value.as_deref().unwrap_or_default() == value,
    };
    is(&toleration.effect, &taint.effect) && is(&toleration.key, &taint.key) && same
}
