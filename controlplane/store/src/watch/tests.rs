//! Watchers see everything once, in order, or are told that they cannot.

use super::*;
use crate::{Op, Txn, Value, Window};
use std::time::{Duration, Instant};

fn live(revisions: usize) -> Live {
    Live::new(State::new(
        Window { revisions, bytes: usize::MAX, age: Duration::from_hours(1) },
        Instant::now(),
    ))
}

fn put(live: &Live, key: &str) -> Revision {
    let op = Op::Put { key: key.to_owned().into(), value: Value { bytes: "v".into(), hole: None } };
    live.write(|state| state.apply(&Txn { checks: vec![], ops: vec![op] }, Instant::now())).unwrap()
}

#[tokio::test]
async fn a_place_outside_history_is_refused() {
    let live = live(2);
    for _ in 0..5 {
        put(&live, "k");
    }
    assert_eq!(live.watch(2).err(), Some(Error::Compacted { asked: 2, oldest: 3 }));
    assert_eq!(live.watch(6).err(), Some(Error::Future { asked: 6, newest: 5 }));
    let seen: Vec<_> = live.watch(3).unwrap().take(2).map(|c| c.unwrap()[0].revision).collect().await;
    assert_eq!(seen, [4, 5]);
}

#[tokio::test]
async fn a_reader_that_falls_out_of_history_is_told() {
    let live = live(3);
    let mut changes = live.watch(0).unwrap();
    put(&live, "k");
    assert_eq!(changes.next().await.unwrap().unwrap()[0].revision, 1);
    for _ in 0..9 {
        put(&live, "k");
    }
    assert_eq!(changes.next().await, Some(Err(Error::Compacted { asked: 1, oldest: 7 })));
    assert_eq!(changes.next().await, None);
}

#[tokio::test]
async fn closing_ends_a_watch_after_what_was_left() {
    let live = live(9);
    let mut changes = live.watch(0).unwrap();
    put(&live, "k");
    live.close();
    assert!(changes.next().await.unwrap().is_ok());
    assert_eq!(changes.next().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_watchers_see_every_change_once() {
    let live = live(10_000);
    let watchers: Vec<_> = (0..1_000)
        .map(|_| {
            let changes = live.watch(0).unwrap();
            tokio::spawn(changes.take(200).map(|c| c.unwrap()[0].revision).collect::<Vec<_>>())
        })
        .collect();
    for _ in 0..200 {
        put(&live, "k");
        tokio::task::yield_now().await;
    }
    for watcher in watchers {
        assert!(watcher.await.unwrap().into_iter().eq(1..=200));
    }
}

#[tokio::test]
async fn the_slowest_watcher_is_known() {
    let live = live(99);
    let mut quick = live.watch(0).unwrap();
    let slow = live.watch(0).unwrap();
    for _ in 0..5 {
        put(&live, "k");
        quick.next().await.unwrap().unwrap();
    }
    let report = live.report();
    assert_eq!((report.watchers, report.slowest, report.revision, report.keys), (2, 5, 5, 1));
    drop(slow);
    assert_eq!(live.report().slowest, 0);
}
