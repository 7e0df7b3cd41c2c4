//! Rules of watch.

use super::{Place, Told, edited};
use crate::{MetaWords, config_map, pod};
use serde_json::json;
use shared_api::{
    DeleteHow, LabelSelector, Selectors,
    core::{ConfigMap, Pod},
};
use shared_client::Event;

pub(super) async fn a_watch_tells_what_is_there_first(at: &Place) {
    let (a, b) = (at.map("a").await, at.map("b").await);
    let mut told = Told(at.cluster.watch(&[at.query::<ConfigMap>()], None).await.expect("a watch opens"));
    assert_eq!([told.next().await, told.next().await], [Event::Added(a), Event::Added(b.clone())]);
    let Event::Bookmark { revision, initial: true, .. } = told.next().await else {
        panic!("what was there ends with an initial bookmark")
    };
    assert!(revision >= b.revision());
    let c = at.map("c").await;
    assert_eq!(told.change().await, Event::Added(c));
}

pub(super) async fn a_watch_resumes_without_a_gap(at: &Place) {
    let first = at.map("a").await;
    let seen = at.cluster.list(&at.query::<ConfigMap>()).await.expect("is listed").revision;
    let second = at.update(edited(&first, |v| v["data"]["key"] = json!("2"))).await;
    let added = at.map("b").await;
    at.cluster.delete(&first.key(), &DeleteHow::default()).await.expect("is deleted");
    let mut told =
        Told(at.cluster.watch(&[at.query::<ConfigMap>()], Some(seen)).await.expect("a watch opens"));
    assert_eq!(told.change().await, Event::Modified(second.clone()));
    assert_eq!(told.change().await, Event::Added(added));
    let gone = told.change().await;
    assert!(matches!(&gone, Event::Deleted(o) if o.key() == first.key()), "{gone:?}");
    let mut told =
        Told(at.cluster.watch(&[at.query::<ConfigMap>()], Some(second.revision())).await.expect("opens"));
    assert!(matches!(told.change().await, Event::Added(o) if o.name() == "b"), "only what came after");
}

pub(super) async fn one_watch_over_two_kinds_is_in_order(at: &Place) {
    let queries = [at.query::<Pod>(), at.query::<ConfigMap>()];
    let mut told = Told(at.cluster.watch(&queries, None).await.expect("a watch opens"));
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.push(at.map(&format!("map-{n}")).await.revision());
        expected.push(at.create(pod(&format!("pod-{n}"))).await.revision());
    }
    let (mut seen, mut last) = (Vec::new(), 0);
    while seen.len() < expected.len() {
        let event = told.next().await;
        if let Some(object) = event.object() {
            // The control plane may touch a namespace's objects too; order is what counts.
            if object.name().starts_with("map-") || object.name().starts_with("pod-") {
                seen.push(event.revision());
            }
        }
        assert!(event.revision() >= last, "{event:?} comes after revision {last}");
        last = event.revision();
    }
    assert_eq!(seen, expected);
}

pub(super) async fn coming_to_match_is_added_and_ceasing_is_deleted(at: &Place) {
    let labels = LabelSelector::parse("app=web").expect("a selector");
    let query = at.query::<ConfigMap>().matching(Selectors { labels, ..Selectors::default() });
    let mut told = Told(at.cluster.watch(&[query], None).await.expect("a watch opens"));
    while told.next().await.object().is_some() {}
    at.map("never").await;
    let plain = at.map("a").await;
    let matching = at.update(edited(&plain, |v| v["metadata"]["labels"] = json!({"app": "web"}))).await;
    assert_eq!(told.change().await, Event::Added(matching.clone()));
    let changed = at.update(edited(&matching, |v| v["data"]["key"] = json!("2"))).await;
    assert_eq!(told.change().await, Event::Modified(changed.clone()));
    let ceased = at.update(edited(&changed, |v| v["metadata"]["labels"] = json!({"app": "db"}))).await;
    let event = told.change().await;
    assert!(matches!(&event, Event::Deleted(o) if o.name() == "a"), "{event:?}");
    assert_eq!(event.revision(), ceased.revision());
    at.cluster.delete(&ceased.key(), &DeleteHow::default()).await.expect("is deleted");
    let born = at.create(config_map("b").labelled("app", "web")).await;
    assert_eq!(told.change().await, Event::Added(born), "what did not match goes unnoticed");
}

pub(super) async fn a_deletion_is_later_than_the_object(at: &Place) {
    let map = at.map("a").await;
    let mut told = at.watch_maps().await;
    at.cluster.delete(&map.key(), &DeleteHow::default()).await.expect("is deleted");
    let Event::Deleted(last) = told.change().await else { panic!("a deletion is told") };
    assert_eq!((last.name(), last.uid()), ("a", map.uid()));
    assert!(last.revision() > map.revision());
    let again = at.map("a").await;
    assert_ne!(again.uid(), map.uid(), "a new object of the same name is another one");
    assert!(again.revision() > last.revision());
}
