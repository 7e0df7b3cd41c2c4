//! Random transactions against a plain map that remembers every revision.

use super::*;
use std::time::Duration;

type Model = BTreeMap<Bytes, (Revision, Bytes)>;

fn window(revisions: usize) -> Window {
    Window { revisions, bytes: usize::MAX, age: Duration::from_hours(1) }
}

fn value(text: impl Into<String>) -> Value {
    Value { bytes: text.into().into(), hole: None }
}

fn put(key: &'static str, text: &'static str) -> Op {
    Op::Put { key: key.into(), value: value(text) }
}

fn txn(ops: impl Into<Vec<Op>>) -> Txn {
    Txn { checks: vec![], ops: ops.into() }
}

/// A small generator: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn key(&mut self) -> Bytes {
        format!("{}/{}", ["a", "b"][usize::try_from(self.roll(2)).unwrap()], self.roll(12)).into()
    }

    fn txn(&mut self, model: &Model) -> Txn {
        let mut txn = Txn::default();
        for _ in 0..self.roll(3) {
            let key = self.key();
            let revision = match self.roll(4) {
                0 => None,
                1 => Some(self.roll(50)),
                _ => model.get(&key).map(|(revision, _)| *revision),
            };
            txn.checks.push(Check { key, revision });
        }
        for _ in 0..self.roll(4) {
            let key = self.key();
            let hole = (self.roll(2) == 0).then_some(2);
            txn.ops.push(match self.roll(3) {
                0 => Op::Delete { key, last: (self.roll(2) == 0).then(|| value("last")) },
                _ => Op::Put { key, value: Value { bytes: format!("v<>{}", self.roll(99)).into(), hole } },
            });
        }
        txn
    }
}

fn apply_to_model(model: &mut Model, txn: &Txn, revision: Revision) -> bool {
    let holds = txn.checks.iter().all(|c| model.get(&c.key).map(|(r, _)| *r) == c.revision);
    for op in txn.ops.iter().filter(|_| holds) {
        match op {
            Op::Put { key, value } => {
                let mut text = String::from_utf8(value.bytes.to_vec()).unwrap();
                if let Some(hole) = value.hole {
                    text.insert_str(hole as usize, &revision.to_string());
                }
                model.insert(key.clone(), (revision, text.into()));
            }
            Op::Delete { key, .. } => {
                model.remove(key);
            }
        }
    }
    holds
}

fn expected(model: &Model, range: &Range) -> (Vec<Entry>, bool) {
    let mut all: Vec<Entry> = model
        .iter()
        .filter(|(key, _)| wanted(range, key))
        .map(|(key, (revision, value))| Entry { key: key.clone(), value: value.clone(), revision: *revision })
        .collect();
    let more = range.limit > 0 && all.len() > range.limit;
    if more {
        all.truncate(range.limit);
    }
    (all, more)
}

#[test]
fn is_a_map_that_remembers() {
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let mut state = State::new(window(60), Instant::now());
        let mut models = vec![Model::new()];
        for _ in 0..300 {
            let newest = models.last().unwrap();
            let (txn, mut next) = (dice.txn(newest), newest.clone());
            let revision = state.revision() + 1;
            let holds = apply_to_model(&mut next, &txn, revision);
            match state.apply(&txn, Instant::now()) {
                Ok(applied) => {
                    assert!(holds);
                    assert_eq!(applied, revision);
                    models.push(next);
                }
                Err(conflict) => {
                    assert!(!holds);
                    assert_eq!(conflict.entry, state.get(&conflict.key));
                    assert_eq!(state.revision(), revision - 1);
                }
            }
            let at = dice.roll(revision + 2);
            let range = Range {
                prefix: ["", "a", "a/1", "b/"][usize::try_from(dice.roll(4)).unwrap()].into(),
                after: (dice.roll(2) == 0).then(|| dice.key()),
                limit: usize::try_from(dice.roll(5)).unwrap(),
                at: Some(at),
                count: true,
            };
            match state.range(&range) {
                Ok(page) => {
                    let model = &models[usize::try_from(at).unwrap()];
                    assert_eq!((page.entries, page.more), expected(model, &range), "{range:?}");
                }
                Err(Error::Future { .. }) => assert!(at > state.revision()),
                Err(Error::Compacted { oldest, .. }) => {
                    assert!(at < oldest && oldest + 60 == state.revision());
                }
                Err(other) => panic!("{other}"),
            }
        }
        let copy = State::with(window(1), state.entries.clone(), state.revision, Instant::now());
        assert_eq!(copy.sum(), state.sum(), "the sum follows every change");
    }
}

#[test]
fn fills_the_hole_where_it_is() {
    for (bytes, hole, filled) in [
        ("\"\"", Some(1), "\"120\""),
        ("ab", Some(0), "120ab"),
        ("ab", Some(2), "ab120"),
        ("ab", Some(99), "ab120"),
        ("ab", None, "ab"),
    ] {
        assert_eq!(fill(&Value { bytes: bytes.into(), hole }, 120), filled);
    }
}

#[test]
fn a_deletion_tells_what_it_was_asked_to_tell() {
    let mut state = State::new(window(9), Instant::now());
    state.apply(&txn([put("k", "old")]), Instant::now()).unwrap();
    let last = Some(Value { bytes: "gone at .".into(), hole: Some(8) });
    state.apply(&txn([Op::Delete { key: "k".into(), last }]), Instant::now()).unwrap();
    let past = state.history().since(1, 2).unwrap().next().unwrap();
    let change = &past.changes[0];
    assert_eq!((&change.value[..], change.previous.as_deref()), (&b"gone at 2."[..], Some(&b"old"[..])));
    assert!(change.deleted && change.revision == 2);
}

#[test]
fn the_window_is_bounded_by_age_and_bytes() {
    let start = Instant::now();
    let mut state =
        State::new(Window { revisions: 99, bytes: 1_000, age: Duration::from_secs(10) }, Instant::now());
    for second in 0..4 {
        state.apply(&txn([put("k", "v")]), start + Duration::from_secs(second * 4)).unwrap();
    }
    assert_eq!(state.history().oldest(), 1, "what is older than ten seconds went");
    state.apply(&txn([Op::Put { key: "k".into(), value: value("x".repeat(700)) }]), start).unwrap();
    assert_eq!(state.history().oldest(), 4, "what did not fit in the bytes went");
    state.apply(&txn([put("k", "v")]), start).unwrap();
    assert_eq!(state.history().oldest(), 5, "previous values count too");
}

#[test]
fn a_moment_has_the_revision_there_was() {
    let start = Instant::now();
    let at = |seconds: u64| start + Duration::from_secs(seconds);
    let mut state = State::with(Window { revisions: 2, ..window(0) }, BTreeMap::new(), 10, start);
    for second in [10, 20, 30] {
        state.apply(&txn([put("k", "v")]), at(second)).unwrap();
    }
    // Revision 11 of second 10 is the oldest that can be told of; it was so from then on.
    let then = |ago: u64| state.history().moment(Duration::from_secs(ago), at(40)).revision;
    assert_eq!([0, 10, 11, 20, 21, 30].map(then), [13, 13, 12, 12, 11, 11].map(Some));
    assert_eq!(then(31), None);
    let moment = state.history().moment(Duration::ZERO, at(40));
    assert_eq!((moment.oldest, moment.newest, moment.reach), (11, 13, Duration::from_secs(30)));
    assert_eq!(state.bytes(), 2);
}
