//! What was recommended and done before: a number that was wanted a moment ago is not forgotten at once.

use shared_api::{
    Timestamp,
    autoscaling::{HPAScalingRules, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec},
};

/// So many entries are kept, the newest.
const KEPT: usize = 240;

/// Kept as text: `3 2@1767225600,4@1767225900 +2@1767225900`, that is the last recommendation, those before
/// it and until when they were made, and what was done and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    /// What was recommended last, and is again until something else is.
    last: i32,
    before: Vec<(i32, i64)>,
    scaled: Vec<(i32, i64)>,
    now: i64,
}

impl History {
    /// The annotation that keeps it.
    pub(super) const KEPT: &'static str = "autoscaling.dhow/history";

    /// What is remembered; of an autoscaler that is new, that the present size was wanted.
    pub(super) fn of(autoscaler: &HorizontalPodAutoscaler, current: i32, now: Timestamp) -> Self {
        let now = now.as_second();
        let text = autoscaler.metadata.annotations.as_ref().and_then(|notes| notes.get(Self::KEPT));
        let new = Self { last: current, before: Vec::new(), scaled: Vec::new(), now };
        text.and_then(|text| Self::read(text, now)).unwrap_or(new)
    }

    fn read(text: &str, now: i64) -> Option<Self> {
        let mut parts = text.split(' ');
        let last = parts.next()?.parse().ok()?;
        let mut entries = || -> Vec<(i32, i64)> {
            let entries = parts.next().unwrap_or_default().split(',');
            let read = entries.filter_map(|entry| {
                let (number, at) = entry.split_once('@')?;
                Some((number.parse().ok()?, at.parse().ok()?))
            });
            // Whoever else writes here cannot make it grow.
            read.take(KEPT).collect()
        };
        Some(Self { last, before: entries(), scaled: entries(), now })
    }

    pub(super) fn text(&self) -> String {
        let entries = |entries: &[(i32, i64)]| {
            entries.iter().map(|(number, at)| format!("{number}@{at}")).collect::<Vec<_>>().join(",")
        };
        format!("{} {} {}", self.last, entries(&self.before), entries(&self.scaled)).trim_end().to_owned()
    }

    /// Takes note of a recommendation; nothing is written as long as it stays the same.
    pub(super) fn recommended(&mut self, replicas: i32, window: i64) {
        if replicas == self.last {
            return;
        }
        self.before.push((self.last, self.now));
        let now = self.now;
        self.before.retain(|(_, until)| now - until < window);
        self.before.drain(..self.before.len().saturating_sub(KEPT));
        self.last = replicas;
    }

    /// What was recommended during the last `window` seconds.
    pub(super) fn within(&self, window: i64) -> impl Iterator<Item = i32> {
        let recent = self.before.iter().filter(move |(_, until)| self.now - until < window);
        recent.map(|(replicas, _)| *replicas)
    }

    /// Takes note of a change of size, for as long as a policy asks for it.
    pub(super) fn scaled(&mut self, spec: &HorizontalPodAutoscalerSpec, by: i32) {
        let rules = |rules: &Option<HPAScalingRules>| {
            rules.iter().flat_map(|r| r.policies.clone().unwrap_or_default()).collect::<Vec<_>>()
        };
        let policies =
            spec.behavior.iter().flat_map(|b| rules(&b.scale_up).into_iter().chain(rules(&b.scale_down)));
        let Some(longest) = policies.map(|policy| i64::from(policy.period_seconds)).max() else { return };
        let now = self.now;
        self.scaled.push((by, now));
        self.scaled.retain(|(_, at)| now - at < longest);
        self.scaled.drain(..self.scaled.len().saturating_sub(KEPT));
    }

    /// By how many it grew, less by how many it shrank, during the last `period` seconds.
    pub(super) fn change(&self, period: i64) -> i32 {
        self.scaled.iter().filter(|(_, at)| self.now - at < period).map(|(by, _)| by).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_reads_back() {
        for text in ["3", "3 2@100,4@200", "3  2@100", "3 2@100 -1@90,2@95"] {
            assert_eq!(History::read(text, 0).unwrap().text(), text);
        }
        assert_eq!(History::read("nonsense", 0), None);
    }

    #[test]
    fn a_recommendation_lasts_until_another_comes() {
        let mut history = History::read("3 9@10", 100).unwrap();
        history.recommended(3, 300);
        assert_eq!(history.text(), "3 9@10");
        history.recommended(2, 300);
        assert_eq!(history.text(), "2 9@10,3@100");
        let later = History::read(&history.text(), 350).unwrap();
        assert_eq!(later.within(300).collect::<Vec<_>>(), [3]);
        assert_eq!(later.within(200).collect::<Vec<_>>(), [0; 0]);
    }
}
