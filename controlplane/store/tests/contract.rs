//! What every store keeps, asked of the one in memory and of the one on disk.

#![expect(clippy::unwrap_used, reason = "what fails here fails its test")]

use controlplane_store::{
    Change, Check, Entry, Error, Memory, Op, Options, Range, Revision, Store, Txn, Value, Window,
};
use futures::StreamExt;
use std::sync::Arc;

fn put(key: &str, value: &str) -> Op {
    Op::Put { key: key.to_owned().into(), value: Value { bytes: value.to_owned().into(), hole: None } }
}

fn delete(key: &str) -> Op {
    Op::Delete { key: key.to_owned().into(), last: None }
}

fn txn(ops: impl Into<Vec<Op>>) -> Txn {
    Txn { checks: vec![], ops: ops.into() }
}

fn only_if(key: &str, revision: Option<Revision>, op: Op) -> Txn {
    Txn { checks: vec![Check { key: key.to_owned().into(), revision }], ops: vec![op] }
}

fn range(prefix: &str) -> Range {
    Range { prefix: prefix.to_owned().into(), ..Range::default() }
}

fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| std::str::from_utf8(&entry.key).unwrap()).collect()
}

async fn reads_what_was_written(store: Arc<dyn Store>) {
    assert_eq!((store.revision(), store.get(b"a")), (0, None));
    assert_eq!(store.commit(txn([put("a", "1"), put("b", "2")])).await, Ok(1));
    let hole = Value { bytes: "<>".into(), hole: Some(1) };
    assert_eq!(store.commit(txn([Op::Put { key: "c".into(), value: hole }])).await, Ok(2));
    assert_eq!(store.get(b"a"), Some(Entry { key: "a".into(), value: "1".into(), revision: 1 }));
    assert_eq!(store.get(b"c").unwrap().value, "<2>");
    assert_eq!(store.commit(txn([delete("a"), delete("none")])).await, Ok(3));
    assert_eq!(store.get(b"a"), None);
    assert_eq!(store.barrier().await, Ok(3));
    assert!(*store.leads().borrow());
    assert!(!store.cluster().is_empty());
}

async fn checks_hold_or_nothing_happens(store: Arc<dyn Store>) {
    assert_eq!(store.commit(only_if("a", None, put("a", "1"))).await, Ok(1));
    let there = Entry { key: "a".into(), value: "1".into(), revision: 1 };
    let conflict = Error::Conflict(Box::new(("a".into(), Some(there))));
    assert_eq!(store.commit(only_if("a", None, put("b", "2"))).await, Err(conflict.clone()));
    assert_eq!(store.commit(only_if("a", Some(7), put("b", "2"))).await, Err(conflict));
    let absent = Error::Conflict(Box::new(("b".into(), None)));
    assert_eq!(store.commit(only_if("b", Some(1), put("b", "2"))).await, Err(absent));
    assert_eq!((store.revision(), store.get(b"b")), (1, None));
    assert_eq!(store.commit(only_if("a", Some(1), delete("a"))).await, Ok(2));
}

async fn pages_are_of_one_revision(store: Arc<dyn Store>) {
    for key in ["p/1", "p/2", "p/3", "p/4", "q/1"] {
        store.commit(txn([put(key, "old")])).await.unwrap();
    }
    let first = store.range(&Range { limit: 2, ..range("p/") }).unwrap();
    assert_eq!((keys(&first.entries), first.more, first.revision), (vec!["p/1", "p/2"], true, 5));
    store.commit(txn([put("p/25", "new"), delete("p/3"), put("p/4", "new")])).await.unwrap();
    let rest = Range { after: Some("p/2".into()), at: Some(first.revision), limit: 2, ..range("p/") };
    let rest = store.range(&rest).unwrap();
    assert_eq!((keys(&rest.entries), rest.more, rest.revision), (vec!["p/3", "p/4"], false, 5));
    assert_eq!((&rest.entries[1].value[..], rest.entries[1].revision), (&b"old"[..], 4));
    assert_eq!(keys(&store.range(&range("p/")).unwrap().entries), ["p/1", "p/2", "p/25", "p/4"]);
    assert_eq!(store.range(&range("")).unwrap().entries.len(), 5);
    let future = Range { at: Some(9), ..range("") };
    assert_eq!(store.range(&future), Err(Error::Future { asked: 9, newest: 6 }));
}

async fn watches_miss_nothing(store: Arc<dyn Store>) {
    store.commit(txn([put("a", "1")])).await.unwrap();
    store.commit(txn([put("a", "2"), put("b", "1")])).await.unwrap();
    let mut changes = store.watch(1).unwrap();
    store.commit(txn([])).await.unwrap();
    let last = Some(Value { bytes: "bye ".into(), hole: Some(4) });
    store.commit(txn([Op::Delete { key: "a".into(), last }])).await.unwrap();
    let batch = changes.next().await.unwrap().unwrap();
    assert_eq!((batch.len(), batch[0].revision, batch[0].previous.as_deref()), (2, 2, Some(&b"1"[..])));
    assert_eq!(batch[1].previous, None);
    let batch = changes.next().await.unwrap().unwrap();
    let expected = Change {
        revision: 4,
        key: "a".into(),
        value: "bye 4".into(),
        previous: Some("2".into()),
        deleted: true,
    };
    assert_eq!(batch[..], [expected]);
    assert_eq!(store.watch(5).err(), Some(Error::Future { asked: 5, newest: 4 }));
}

/// 64 callers count one number up with checks, and each writes keys of its own.
async fn callers_at_once_stay_exact(store: Arc<dyn Store>) {
    const CALLERS: usize = 64;
    const TURNS: usize = 20;
    store.commit(txn([put("n", "0")])).await.unwrap();
    let mut changes = store.watch(1).unwrap();
    let callers = (0..CALLERS).map(|caller| {
        let store = store.clone();
        tokio::spawn(async move {
            let (mut revisions, mut conflicts) = (Vec::new(), 0);
            for turn in 0..TURNS {
                revisions.push(
                    store.commit(txn([put(&format!("own/{caller}"), &turn.to_string())])).await.unwrap(),
                );
                loop {
                    let at = store.get(b"n").unwrap();
                    let number: usize = std::str::from_utf8(&at.value).unwrap().parse().unwrap();
                    let next = put("n", &(number + 1).to_string());
                    match store.commit(only_if("n", Some(at.revision), next)).await {
                        Ok(revision) => break revisions.push(revision),
                        Err(Error::Conflict(_)) => conflicts += 1,
                        Err(other) => panic!("{other}"),
                    }
                }
            }
            assert!(revisions.is_sorted(), "what one caller does happens in order");
            (revisions, conflicts)
        })
    });
    let mut all = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        all.extend(caller.await.unwrap().0);
    }
    all.sort_unstable();
    let last = (2 * CALLERS * TURNS + 1) as u64;
    assert!(all.into_iter().eq(2..=last), "every transaction has a revision of its own, and none is skipped");
    assert_eq!(store.get(b"n").unwrap().value, (CALLERS * TURNS).to_string());
    for revision in 2..=last {
        assert_eq!(changes.next().await.unwrap().unwrap()[0].revision, revision);
    }
}

macro_rules! contract {
    ($($promise:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise(super::Memory::new()).await;
            })*
        }
        mod on_disk {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let dir = tempfile::tempdir().unwrap();
                let store = controlplane_store::open(super::Options::new(dir.path())).await.unwrap();
                super::$promise(store.clone()).await;
                store.shutdown().await;
            })*
        }
    };
}

contract!(
    reads_what_was_written,
    checks_hold_or_nothing_happens,
    pages_are_of_one_revision,
    watches_miss_nothing,
    callers_at_once_stay_exact,
);

#[tokio::test]
async fn what_history_has_let_go_is_compacted() {
    let store = Memory::with_window(Window { revisions: 2, ..Window::default() });
    for _ in 0..5 {
        store.commit(txn([put("a", "1")])).await.unwrap();
    }
    let gone = Error::Compacted { asked: 2, oldest: 3 };
    assert_eq!(store.range(&Range { at: Some(2), ..range("") }), Err(gone.clone()));
    assert_eq!(store.watch(2).err(), Some(gone));
    assert!(store.range(&Range { at: Some(3), ..range("") }).is_ok());
}
