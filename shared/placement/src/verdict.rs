//! What every node says about a pod, one by one.

use crate::{Ask, Nodes, plugins::PLUGINS};
use shared_api::{Amount, core::Pod};
use std::sync::Arc;

/// What a node says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The node.
    pub node: String,
    /// Everything that is against it; nothing when it would do.
    pub reasons: Vec<String>,
    /// The resources it has too little of.
    pub short: Vec<Short>,
}

impl Verdict {
    /// The greatest part of what is asked that is not there, in thousandths.
    fn lacks(&self) -> i128 {
        let lack = |s: &Short| {
            let (asked, left) = (i128::from(s.asked.as_milli()), i128::from(s.left.as_milli()));
            (asked - left) * 1000 / asked.max(1)
        };
        self.short.iter().map(lack).max().unwrap_or(0)
    }
}

/// A resource of which too little is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// `cpu`, `memory`, …
    pub resource: String,
    /// What the pod asks for.
    pub asked: Amount,
    /// What nobody was promised yet.
    pub left: Amount,
    /// All there is.
    pub all: Amount,
}

/// What every node says about a pod, those first that come nearest.
pub fn verdicts(pod: &Arc<Pod>, nodes: &Nodes) -> Vec<Verdict> {
    let ask = Ask::of(pod);
    let mut found: Vec<_> = nodes
        .seats()
        .map(|(name, seat)| {
            let against = PLUGINS.iter().filter_map(|plugin| plugin.filter(&ask, seat).err());
            let reasons = against.flatten().map(std::borrow::Cow::into_owned).collect();
            let none = Amount::default();
            let short = ask.requests.iter().filter(|(r, asked)| **asked > none && **asked > seat.left(r));
            let short = short.map(|(resource, asked)| Short {
                resource: resource.clone(),
                asked: *asked,
                left: seat.left(resource),
                all: seat.allocatable.get(resource).copied().unwrap_or_default(),
            });
            Verdict { node: name.clone(), reasons, short: short.collect() }
        })
        .collect();
    found.sort_by(|a, b| (a.reasons.len(), a.lacks(), &a.node).cmp(&(b.reasons.len(), b.lacks(), &b.node)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_client::World;
    use shared_testkit::*;

    #[test]
    fn every_node_says_all_that_is_against_it() {
        let nodes = Nodes::of(&World::of([
            object(&node("far").cpu("1").ready().tainted("a", "NoSchedule")),
            object(&node("near").cpu("2").ready()),
            object(&node("fits").cpu("8").ready()),
            object(&node("a-small").cpu("1").ready()),
        ]));
        let found = verdicts(&Arc::new(pod("p").requests("cpu", "4")), &nodes);
        let names: Vec<_> = found.iter().map(|v| (v.node.as_str(), v.reasons.len(), v.short.len())).collect();
        assert_eq!(names, [("fits", 0, 0), ("near", 1, 1), ("a-small", 1, 1), ("far", 2, 1)]);
        assert_eq!((found[1].short[0].asked, found[1].short[0].all), (Amount::whole(4), Amount::whole(2)));
    }
}
