//! What a pod asks of its node, and what a node has to give. Pure.

use serde::Deserialize;
use serde_json::Value;
use shared_api::Amount;
use std::{collections::BTreeMap, ops::AddAssign};

/// Amounts of what is scarce.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Asks {
    pub(crate) pods: i64,
    /// Thousandths of a processor.
    pub(crate) cpu: i64,
    /// Bytes.
    pub(crate) memory: i64,
}

impl AddAssign for Asks {
    fn add_assign(&mut self, other: Self) {
        self.pods += other.pods;
        self.cpu += other.cpu;
        self.memory += other.memory;
    }
}

/// Amounts by name, as objects have them.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(super) struct Amounts(BTreeMap<String, Value>);

impl Amounts {
    fn of(&self, name: &str) -> Amount {
        let text = match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Amount::default(),
        };
        Amount::parse(&text).unwrap_or_default()
    }

    pub(super) fn asks(&self) -> Asks {
        let (cpu, memory) = (self.of("cpu").as_milli(), self.of("memory").as_whole());
        Asks { pods: self.of("pods").as_whole(), cpu, memory }
    }
}

/// What a pod asks: its containers together, or more when one that prepares asks more; and its overhead.
pub(super) fn of_pod(running: &[Asks], preparing: &[Asks], overhead: Asks) -> Asks {
    let mut all = Asks::default();
    for asks in running {
        all += *asks;
    }
    for asks in preparing {
        (all.cpu, all.memory) = (all.cpu.max(asks.cpu), all.memory.max(asks.memory));
    }
    all += overhead;
    Asks { pods: 1, ..all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prepares_counts_when_it_asks_more() {
        let amounts = |text: &str| serde_json::from_str::<Amounts>(text).unwrap().asks();
        let web = amounts(r#"{"cpu": "250m", "memory": "1Gi"}"#);
        let side = amounts(r#"{"cpu": 1}"#);
        let init = amounts(r#"{"cpu": "100m", "memory": "2Gi"}"#);
        let all = of_pod(&[web, side], &[init], Asks::default());
        assert_eq!(all, Asks { pods: 1, cpu: 1250, memory: 2 << 30 });
        assert_eq!(amounts(r#"{"pods": "110", "x": []}"#).pods, 110);
    }
}
