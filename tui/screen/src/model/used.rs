//! What the nodes use together, as far back as it was heard here.

use crate::rows::Sheet;
use shared_api::{Amount, GroupKind, Timestamp, metrics::NodeMetrics};
use std::collections::VecDeque;

/// Seconds between two samples, and how many are kept: ten minutes.
const EVERY: i64 = 10;
const KEPT: usize = 60;

/// Heights of a column, from none to all.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What all nodes use, now and before.
#[derive(Debug, Default)]
pub(crate) struct Used {
    samples: VecDeque<Sample>,
    at: Option<Timestamp>,
}

/// What all nodes used at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Thousandths of a processor.
    pub(crate) cpu: i64,
    /// Bytes.
    pub(crate) memory: i64,
}

impl Used {
    /// The kind that says it.
    pub(crate) fn kind() -> GroupKind {
        GroupKind::of::<NodeMetrics>()
    }

    /// Takes a sample when it is time for one and there is something to be heard.
    pub(crate) fn note(&mut self, said: Option<&Sheet>, now: Timestamp) {
        if self.at.is_some_and(|at| now.as_second() - at.as_second() < EVERY) {
            return;
        }
        let sum = |at: usize, rows: &Sheet| -> Amount {
            let amounts = rows.iter().filter_map(|row| Amount::parse(row.cell(at)).ok());
            amounts.fold(Amount::default(), |sum, amount| sum + amount)
        };
        let Some(said) = said.filter(|said| said.iter().next().is_some()) else { return };
        self.at = Some(now);
        self.samples.push_back(Sample { cpu: sum(0, said).as_milli(), memory: sum(1, said).as_whole() });
        if self.samples.len() > KEPT {
            self.samples.pop_front();
        }
    }

    /// The newest sample.
    pub(crate) fn now(&self) -> Option<Sample> {
        self.samples.back().copied()
    }

    /// Columns as high as the values, the newest last; at most so many.
    pub(crate) fn columns(&self, value: fn(&Sample) -> i64, most: usize) -> String {
        let skipped = self.samples.len().saturating_sub(most);
        let values: Vec<_> = self.samples.iter().skip(skipped).map(|sample| value(sample).max(0)).collect();
        let highest = values.iter().copied().max().unwrap_or(0).max(1);
        let bar = |value: &i64| {
            let eighth = usize::try_from(value.saturating_mul(7) / highest).unwrap_or(0);
            BARS[eighth.min(7)]
        };
        values.iter().map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Delta, Digester};
    use serde_json::json;
    use shared_api::Object;
    use shared_client::Event;

    #[test]
    fn what_the_nodes_say_is_summed_every_ten_seconds() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let mut digester = Digester::of(shared_api::of("metrics.k8s.io", "NodeMetrics").unwrap());
        let mut sheet = Sheet::default();
        let mut used = Used::default();
        used.note(Some(&sheet), at(0));
        assert_eq!(used.now(), None, "nobody has said anything");
        for (seconds, name, cpu) in
            [(1, "n1", "500m"), (5, "n2", "1"), (11, "n2", "250000000n"), (21, "n1", "7250m")]
        {
            let value = json!({"apiVersion": "metrics.k8s.io/v1beta1", "kind": "NodeMetrics", "metadata": {"name": name},
                "usage": {"cpu": cpu, "memory": "1Ki"}});
            let event = Event::Modified(Object::from_value(&value).unwrap());
            let delta = digester.delta(&event, at(seconds)).unwrap();
            assert!(matches!(delta, Delta::Is(_)));
            sheet.take(delta);
            used.note(Some(&sheet), at(seconds));
        }
        let cpu: Vec<_> = used.samples.iter().map(|sample| sample.cpu).collect();
        assert_eq!(cpu, [500, 750, 7500], "the fifth second is too soon");
        assert_eq!(used.now(), Some(Sample { cpu: 7500, memory: 2048 }));
        assert_eq!(used.columns(|s| s.cpu, 9), "▁▁█");
        assert_eq!(used.columns(|s| s.memory, 2), "██");
    }
}
