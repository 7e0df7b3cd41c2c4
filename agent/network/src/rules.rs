//! Chains as a value, and the text that turns one set of chains into another.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{Display, Write as _},
    net::Ipv4Addr,
};

/// What every chain of ours begins with.
pub const PREFIX: &str = "DHOW-";

/// A table of iptables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Who may talk.
    Filter,
    /// Whom one really talks to.
    Nat,
}

impl Table {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Filter, Self::Nat];

    /// As iptables names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Nat => "nat",
        }
    }
}

/// UDP packets to `front` go to `back`. A front on every address of the node is `0.0.0.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Address and port the sender knows.
    pub front: (Ipv4Addr, u16),
    /// Address and port of the endpoint.
    pub back: (Ipv4Addr, u16),
}

/// Every chain of ours, in order, and what the kernel must not remember otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The lines of each chain, as `iptables-restore` reads them.
    chains: BTreeMap<(Table, String), String>,
    /// Whom UDP senders are sent to.
    pub flows: BTreeSet<Flow>,
}

impl Rules {
    /// Takes in a chain; one of the same name is replaced.
    pub fn insert(&mut self, table: Table, chain: Chain) {
        self.chains.insert((table, chain.name), chain.lines);
    }

    /// Takes in a chain of which only the name is known: it differs from every other.
    pub fn unknown(&mut self, table: Table, chain: &str) {
        self.chains.insert((table, chain.to_owned()), "?".into());
    }

    /// How many chains there are.
    pub fn len(&self) -> usize {
        self.chains.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    /// The names of a table's chains.
    pub fn names(&self, table: Table) -> impl Iterator<Item = &str> {
        self.chains.keys().filter(move |(of, _)| *of == table).map(|(_, name)| name.as_str())
    }

    fn has(&self, table: Table, name: &str) -> bool {
        self.chains.contains_key(&(table, name.to_owned()))
    }

    /// Everything as one text.
    pub fn text(&self) -> String {
        diff(&Self::default(), self)
    }
}

/// Chains in one run of `iptables-restore`, whose time on nft grows with their square.
const BATCH: usize = 1000;

/// Everything, as the inputs of as few runs of `iptables-restore --noflush` as are quick. A chain comes
/// after those it leads to, so that each run leaves rules that work.
pub fn batches(rules: &Rules) -> Vec<String> {
    if rules.chains.len() <= 2 * BATCH {
        return vec![rules.text()];
    }
    let mut texts = Vec::new();
    for table in Table::ALL {
        let chains: Vec<_> = rules.chains.iter().filter(|((of, _), _)| *of == table).collect();
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        let mut waiting: Vec<_> = chains.iter().map(|((_, name), lines)| (name.as_str(), lines)).collect();
        for depth in 0.. {
            // What leads nowhere but to chains that have a depth is next.
            let placed = |target: &str| depths.contains_key(target) || !rules.has(table, target);
            let (ready, rest): (Vec<_>, Vec<_>) =
                waiting.iter().copied().partition(|(_, lines)| targets(lines).all(placed));
            if ready.is_empty() {
                break;
            }
            depths.extend(ready.iter().map(|(name, _)| (*name, depth)));
            waiting = rest;
        }
        let mut order: Vec<_> = chains;
        order.sort_by_key(|((_, name), _)| depths.get(name.as_str()).copied().unwrap_or(usize::MAX));
        for batch in order.chunks(BATCH) {
            let chains = batch.iter().map(|(key, lines)| ((*key).clone(), (*lines).clone())).collect();
            texts.push(Rules { chains, flows: BTreeSet::new() }.text());
        }
    }
    texts
}

/// The chains that rules lead to.
fn targets(lines: &str) -> impl Iterator<Item = &str> {
    lines.lines().filter_map(|line| line.rsplit_once("-j ")?.1.split(' ').next())
}

/// One chain while it is written.
#[derive(Debug, Clone)]
pub struct Chain {
    name: String,
    lines: String,
}

impl Chain {
    /// A chain without rules.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), lines: String::new() }
    }

    /// What other chains call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends a rule.
    pub fn rule(&mut self, rule: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.lines, "-A {} {rule}", self.name);
    }

    /// The chain with one more rule.
    #[must_use]
    pub fn with(mut self, rule: impl Display) -> Self {
        self.rule(rule);
        self
    }
}

/// The input of one `iptables-restore --noflush` that turns `old` into `new`; empty when they agree.
///
/// A chain's header creates it, or empties it when it is there. So whatever refers to a chain that goes
/// has been rewritten or emptied by the time it goes.
pub fn diff(old: &Rules, new: &Rules) -> String {
    let mut text = String::new();
    for table in Table::ALL {
        let (mut heads, mut lines, mut gone) = (String::new(), String::new(), String::new());
        for ((_, name), body) in new.chains.iter().filter(|((of, _), _)| *of == table) {
            if old.chains.get(&(table, name.clone())) != Some(body) {
                let _ = writeln!(heads, ":{name} - [0:0]");
                lines.push_str(body);
            }
        }
        for (key, _) in old.chains.iter().filter(|((of, _), _)| *of == table) {
            if !new.chains.contains_key(key) {
                let _ = writeln!(heads, ":{} - [0:0]", key.1);
                let _ = writeln!(gone, "-X {}", key.1);
            }
        }
        if !heads.is_empty() {
            let _ = write!(text, "*{}\n{heads}{lines}{gone}COMMIT\n", table.name());
        }
    }
    text
}

#[cfg(test)]
mod tests;
