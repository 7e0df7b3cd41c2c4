//! Watching over REST: what is told first, in which form, and over which wire.

use crate::asking::{Asking, MAPS};
use axum::body::Body;
use controlplane_store::Window;
use futures::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// The next line of a watch that sends line by line.
async fn line(body: &mut Body) -> Value {
    let frame = body.frame().await.expect("the watch goes on").unwrap();
    serde_json::from_slice(&frame.into_data().unwrap()).unwrap()
}

/// Every line until the watch ends.
async fn lines(it: &Asking, line: &str, accept: &str) -> Vec<Value> {
    let answer = it.accepting(line, accept).await;
    assert_eq!(answer.code, 200, "{}", answer.text);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn said(line: &Value) -> String {
    let meta = &line["object"]["metadata"];
    format!("{} {}", line["type"].as_str().unwrap(), meta["name"].as_str().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_watch_begins_where_it_is_told_to() {
    let it = Asking::new().await;
    let first = it.map("a").await;
    let second = it.map("b").await;
    let initial = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    for (query, expected) in [
        ("watch=1".to_owned(), vec!["ADDED a", "ADDED b"]),
        ("watch=1&limit=1".into(), vec!["ADDED a", "ADDED b"]),
        ("watch=true&resourceVersion=0".into(), vec!["ADDED a", "ADDED b"]),
        (format!("watch=true&resourceVersion={first}"), vec!["ADDED b"]),
        (format!("watch=true&resourceVersion={second}"), vec![]),
        (format!("watch=true&resourceVersion={second}&allowWatchBookmarks=1"), vec!["BOOKMARK "]),
        (format!("watch=true&{initial}"), vec!["ADDED a", "ADDED b", "BOOKMARK ", "BOOKMARK "]),
        ("watch=true&fieldSelector=metadata.name%3Db".into(), vec!["ADDED b"]),
    ] {
        let told = lines(&it, &format!("GET {MAPS}?{query}&timeoutSeconds=9"), "").await;
        assert_eq!(told.iter().map(said).collect::<Vec<_>>(), expected, "{query}");
        let marks: Vec<_> = told.iter().filter(|line| line["type"] == "BOOKMARK").collect();
        for mark in &marks {
            assert_eq!(mark["object"]["metadata"]["resourceVersion"], second.to_string(), "{query}");
        }
        if query.contains("Initial") {
            let end = &marks[0]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"];
            assert_eq!(end, "true");
        }
    }
    let old = format!("GET {}/a?timeoutSeconds=9", MAPS.replace("/v1/", "/v1/watch/"));
    assert_eq!(lines(&it, &old, "").await.iter().map(said).collect::<Vec<_>>(), ["ADDED a"]);
    assert_eq!(it.ask(&format!("GET {MAPS}/a?watch=true")).await.json()["kind"], "ConfigMap");
    for (query, code) in [
        ("sendInitialEvents=true", 422),
        ("resourceVersionMatch=NotOlderThan", 422),
        ("resourceVersion=x", 400),
        (&format!("{initial}&resourceVersion=999999"), 504),
        ("timeoutSeconds=x", 400),
    ] {
        let refused = it.ask(&format!("GET {MAPS}?watch=1&{query}")).await;
        assert_eq!(refused.code, code, "{query}: {}", refused.text);
    }
}

#[tokio::test]
async fn forgotten_history_is_an_error_event() {
    let it = Asking::remembering(Window { revisions: 2, ..Window::default() }).await;
    for name in ["a", "b", "c"] {
        it.map(name).await;
    }
    let told = lines(&it, &format!("GET {MAPS}?watch=1&resourceVersion=1"), "").await;
    let status = &told[0]["object"];
    assert_eq!(
        (&told[0]["type"], &status["code"], &status["reason"]),
        (&json!("ERROR"), &json!(410), &json!("Expired"))
    );
    assert!(status["message"].as_str().unwrap().starts_with("too old resource version: 1 ("), "{status}");
}

#[tokio::test(start_paused = true)]
async fn tables_and_metadata_flow_too() {
    let it = Asking::new().await;
    it.map("a").await;
    it.map("b").await;
    let path = format!("GET {MAPS}?watch=1&timeoutSeconds=1");
    for version in ["v1", "v1beta1"] {
        let told = lines(&it, &path, &format!("application/json;as=Table;v={version};g=meta.k8s.io")).await;
        let tables: Vec<_> = told.iter().map(|line| &line["object"]).collect();
        assert!(tables.iter().all(|table| table["apiVersion"] == format!("meta.k8s.io/{version}")));
        assert!(tables[0]["columnDefinitions"].is_array() && tables[1]["columnDefinitions"].is_null());
        assert_eq!(tables[1]["rows"][0]["cells"][0], "b");
        let accept = format!("application/json;as=PartialObjectMetadata;v={version};g=meta.k8s.io");
        let told = lines(&it, &path, &accept).await;
        let object = &told[0]["object"];
        assert_eq!(
            (&object["kind"], &object["metadata"]["name"]),
            (&json!("PartialObjectMetadata"), &json!("a"))
        );
        assert_eq!(object["apiVersion"], format!("meta.k8s.io/{version}"));
    }
}

#[tokio::test]
async fn what_leaves_a_selector_is_deleted_and_what_enters_is_added() {
    let it = Asking::new().await;
    it.map("a").await;
    let response = it.open(&format!("GET {MAPS}?watch=1&labelSelector=name%3Da"), &[], "").await;
    let mut body = response.into_body();
    assert_eq!(said(&line(&mut body).await), "ADDED a");
    let patch = [("content-type", "application/merge-patch+json")];
    for (label, expected) in [("z", "DELETED a"), ("a", "ADDED a")] {
        let labels = json!({"metadata": {"labels": {"name": label}}}).to_string();
        let patched = it.with(&format!("PATCH {MAPS}/a"), &patch, &labels).await;
        let told = line(&mut body).await;
        assert_eq!(said(&told), expected);
        assert_eq!(told["object"]["metadata"]["resourceVersion"], patched.version().to_string());
    }
    it.ask(&format!("DELETE {MAPS}/a")).await;
    assert_eq!(said(&line(&mut body).await), "DELETED a");
}

#[tokio::test]
async fn a_watch_flows_over_a_websocket_as_well() {
    let it = Asking::new().await;
    it.map("a").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(axum::serve(listener, it.router()).into_future());
    let stream = TcpStream::connect(address).await.unwrap();
    let url = format!("ws://{address}{MAPS}?watch=true");
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    let mut next = async || match socket.next().await.unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str::<Value>(&text).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&next().await), "ADDED a");
    it.map("b").await;
    assert_eq!(said(&next().await), "ADDED b");
    socket.close(None).await.unwrap();
    assert!(socket.flush().await.is_ok() || socket.next().await.is_none());
    serving.abort();
}
