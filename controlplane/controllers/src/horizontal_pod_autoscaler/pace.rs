//! How fast a size may change: not back and forth, and not by too much at once.

use super::{Scene, history::History};
use shared_api::autoscaling::HPAScalingRules;

/// Seconds during which the highest recommendation counts, unless something else is said.
const WINDOW: i64 = 300;

/// A size that may be had now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Paced {
    pub(super) replicas: i32,
    /// Reason and message of what can be done.
    pub(super) able: (&'static str, &'static str),
    /// Whether something stood in the way of a proposal, and what.
    pub(super) limited: (bool, &'static str, &'static str),
}

const FITS: (&str, &str) = ("DesiredWithinRange", "the desired count is within the acceptable range");
const TOO_MANY: (&str, &str) =
    ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
const TOO_FEW: (&str, &str) =
    ("TooFewReplicas", "the desired replica count is less than the minimum replica count");
const UP_LIMIT: (&str, &str) =
    ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
const DOWN_LIMIT: (&str, &str) =
    ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");

/// The proposal, as far as it may be followed now.
pub(super) fn paced(scene: &Scene<'_>, history: &mut History, current: i32, proposed: i32) -> Paced {
    let behavior = scene.spec.behavior.as_ref();
    let (up, down) =
        (behavior.and_then(|b| b.scale_up.as_ref()), behavior.and_then(|b| b.scale_down.as_ref()));
    let window = |rules: Option<&HPAScalingRules>, usual: i64| {
        rules.and_then(|r| r.stabilization_window_seconds).map_or(usual, i64::from)
    };
    let (up_window, down_window) = (window(up, 0), window(down, WINDOW));
    history.recommended(proposed, up_window.max(down_window));
    let lowest = history.within(up_window).fold(proposed, i32::min);
    let highest = history.within(down_window).fold(proposed, i32::max);
    let wanted = current.max(lowest).min(highest);
    let able = if wanted == proposed {
        ("ReadyForNewScale", "recommended size matches current size")
    } else if proposed >= current {
        (
            "ScaleUpStabilized",
            "recent recommendations were lower than current one, applying the lowest recent recommendation",
        )
    } else {
        (
            "ScaleDownStabilized",
            "recent recommendations were higher than current one, applying the highest recent recommendation",
        )
    };
    let (most, why_most) = match behavior {
        None => (current.saturating_mul(2).max(4), UP_LIMIT),
        Some(_) => (limit(up, history, current, true), UP_LIMIT),
    };
    let (most, why_most) = if scene.most() > most { (most, why_most) } else { (scene.most(), TOO_MANY) };
    let least = behavior.map_or(i32::MIN, |_| limit(down, history, current, false));
    let (least, why_least) =
        if scene.least() < least { (least, DOWN_LIMIT) } else { (scene.least(), TOO_FEW) };
    let (replicas, (reason, message)) = if wanted > current.max(scene.least()) && wanted > most {
        (most, why_most)
    } else if wanted < least {
        (least, why_least)
    } else {
        (wanted, FITS)
    };
    Paced { replicas, able, limited: (replicas != wanted, reason, message) }
}

/// How far the policies let a size go up or down.
fn limit(rules: Option<&HPAScalingRules>, history: &History, current: i32, up: bool) -> i32 {
    let policies = rules.and_then(|r| r.policies.as_deref()).unwrap_or_default();
    let select = rules.and_then(|r| r.select_policy.as_deref());
    if select == Some("Disabled") {
        return current;
    }
    let limits = policies.iter().map(|policy| {
        let begun = current - history.change(policy.period_seconds.into());
        let (begun, value) = (i64::from(begun), i64::from(policy.value));
        let limit = match (policy.type_.as_str(), up) {
            ("Pods", true) => begun + value,
            ("Pods", false) => begun - value,
            // Rounded so that a small size can change at all.
            (_, true) => (begun * (100 + value) + 99).div_euclid(100),
            (_, false) => (begun * (100 - value)).div_euclid(100),
        };
        i32::try_from(limit).unwrap_or(i32::MAX)
    });
    // The policy that allows most is the one that goes farthest.
    let farthest = if (select == Some("Min")) == up { limits.min() } else { limits.max() };
    let limit = farthest.unwrap_or(current);
    if up { limit.max(current) } else { limit.min(current) }
}
