//! Where a watch begins, what it says by itself, and when it ends.

use super::*;
use crate::rest::{
    accept::{self, Offer},
    request,
};
use http::HeaderMap;
use serde_json::Value;

fn asked(query: &str) -> Wanted {
    wanted(&Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap()).unwrap()
}

#[test]
fn where_a_watch_begins() {
    let newest = Freshness::Newest;
    let plain = Wanted { from: None, initial: true, mark: false, bookmarks: false, freshness: newest };
    assert_eq!(asked(""), plain);
    assert_eq!(asked("resourceVersion=0"), Wanted { freshness: Freshness::Any, ..plain });
    assert_eq!(asked("resourceVersion=7"), Wanted { from: Some(7), freshness: Freshness::Any, ..plain });
    let informer = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    assert_eq!(asked(informer), Wanted { mark: true, bookmarks: true, ..plain });
    let at_least = Wanted { mark: true, bookmarks: true, freshness: Freshness::AtLeast(9), ..plain };
    assert_eq!(asked(&format!("{informer}&resourceVersion=9")), at_least);
    let later = "sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
    assert_eq!(asked(later), Wanted { initial: false, freshness: Freshness::Any, ..plain });
}

fn lines(events: Vec<Result<Event>>, query: &str, seconds: u64) -> Lines {
    let form = accept::form(&HeaderMap::new(), &Parameters::default(), Offer::Stream).unwrap();
    let info = request::parse(&http::Method::GET, "/api/v1/pods", true).unwrap().unwrap();
    let events = futures::stream::iter(events).chain(futures::stream::pending()).boxed();
    Lines::new(events, &info, form, asked(query), Duration::from_secs(seconds))
}

fn reached(revision: Revision) -> Event {
    Event::Bookmark { revision, initial: false, cluster: Arc::from("") }
}

async fn told(lines: &mut Lines) -> Option<(u64, String)> {
    let began = Instant::now();
    let line: Value = serde_json::from_slice(&lines.next().await?).unwrap();
    let revision = &line["object"]["metadata"]["resourceVersion"];
    Some((began.elapsed().as_secs(), format!("{} {revision}", line["type"])))
}

#[tokio::test(start_paused = true)]
async fn bookmarks_come_every_minute_and_before_the_end() {
    let events = || vec![Ok(reached(5)), Ok(reached(8))];
    let mut lines_ = lines(events(), "resourceVersion=3&allowWatchBookmarks=1", 100);
    let mark = r#""BOOKMARK" "8""#.to_owned();
    assert_eq!(told(&mut lines_).await, Some((60, mark.clone())));
    assert_eq!(told(&mut lines_).await, Some((38, mark)));
    assert_eq!(told(&mut lines_).await, None);
    let silent = lines(events(), "resourceVersion=3", 100).pieces().collect::<Vec<_>>().await;
    assert!(silent.is_empty(), "nobody asked for bookmarks");
}

#[tokio::test(start_paused = true)]
async fn an_error_is_the_last_line() {
    let events = vec![Err(Refusal::new(Reason::Expired, "too old resource version: 1 (9)")), Ok(reached(5))];
    let told: Vec<_> = lines(events, "", 100).pieces().collect().await;
    let told = told.concat();
    let line: Value = serde_json::from_slice(&told[0]).unwrap();
    assert_eq!((told.len(), &line["type"], &line["object"]["code"]), (1, &json!("ERROR"), &json!(410)));
}
