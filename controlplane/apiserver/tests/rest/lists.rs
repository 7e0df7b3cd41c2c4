//! Getting and listing: how new, how many, where it goes on, in which form.

use crate::asking::{Asking, MAPS};
use controlplane_store::Window;
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn versions_mean_what_kubernetes_means() {
    let it = Asking::new().await;
    let first = it.map("a").await;
    let second = it.map("b").await;
    for (query, expected) in [
        (String::new(), vec!["a", "b"]),
        ("?resourceVersion=0".into(), vec!["a", "b"]),
        (format!("?resourceVersion={first}"), vec!["a", "b"]),
        (format!("?resourceVersion={first}&resourceVersionMatch=NotOlderThan"), vec!["a", "b"]),
        (format!("?resourceVersion={first}&resourceVersionMatch=Exact"), vec!["a"]),
        (format!("?resourceVersion={first}&limit=5"), vec!["a"]),
        (format!("?resourceVersion={second}&resourceVersionMatch=Exact"), vec!["a", "b"]),
        ("?limit=1&resourceVersion=0".into(), vec!["a", "b"]),
        ("?limit=-1".into(), vec!["a", "b"]),
    ] {
        let found = it.ask(&format!("GET {MAPS}{query}")).await;
        assert_eq!(found.names(), expected, "{query}");
        let exact = query.contains("Exact") || query.contains("limit=5");
        assert!(!exact || query.contains(&format!("resourceVersion={}", found.version())), "{query}");
    }
    for path in [MAPS.to_owned(), format!("{MAPS}/a")] {
        let later = it.ask(&format!("GET {path}?resourceVersion=9999")).await;
        let status = later.json();
        assert_eq!((later.code, &status["reason"]), (504, &json!("Timeout")), "{path}");
        assert_eq!(
            status["message"],
            format!("Timeout: Too large resource version: 9999, current: {second}")
        );
        assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
        assert_eq!(later.headers["retry-after"], "1");
        let wrong = it.ask(&format!("GET {path}?resourceVersion=x")).await;
        assert_eq!(wrong.code, 400, "{}", wrong.text);
    }
    assert_eq!(it.ask(&format!("GET {MAPS}/a?resourceVersion=0")).await.code, 200);
}

#[tokio::test]
async fn who_asks_for_what_is_about_to_happen_waits_for_it() {
    let it = Asking::new().await;
    let now = it.map("a").await;
    let list = format!("GET {MAPS}?resourceVersion={}", now + 1);
    let (found, _) = tokio::join!(it.ask(&list), it.map("b"));
    assert_eq!(found.names(), ["a", "b"]);
}

#[tokio::test]
async fn pages_show_one_moment_and_count_what_is_left() {
    let it = Asking::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        it.map(name).await;
    }
    let first = it.ask(&format!("GET {MAPS}?limit=2")).await;
    let meta = first.json()["metadata"].clone();
    assert_eq!((first.names(), &meta["remainingItemCount"]), (vec!["a".into(), "b".into()], &json!(3)));
    it.map("bb").await;
    it.ask(&format!("DELETE {MAPS}/d")).await;
    let token = meta["continue"].as_str().unwrap();
    let rest = it.ask(&format!("GET {MAPS}?limit=5&continue={token}")).await;
    assert_eq!((rest.names(), rest.version()), (vec!["c".into(), "d".into(), "e".into()], first.version()));
    assert_eq!(rest.json()["metadata"]["remainingItemCount"], Value::Null);
    let selected = it.ask(&format!("GET {MAPS}?limit=1&labelSelector=name")).await;
    assert_eq!(selected.json()["metadata"]["remainingItemCount"], Value::Null);
    assert!(selected.json()["metadata"]["continue"].is_string());
    for (query, code) in [
        (format!("continue={token}&resourceVersion=5"), 400),
        (format!("continue={token}&resourceVersion=0"), 200),
        (format!("continue={token}&resourceVersionMatch=Exact"), 422),
        ("continue=nonsense".into(), 400),
    ] {
        let found = it.ask(&format!("GET {MAPS}?{query}")).await;
        assert_eq!(found.code, code, "{query}: {}", found.text);
    }
}

#[tokio::test]
async fn an_expired_token_leads_on_to_the_present() {
    let it = Asking::remembering(Window { revisions: 3, ..Window::default() }).await;
    for name in ["a", "b", "c"] {
        it.map(name).await;
    }
    let first = it.ask(&format!("GET {MAPS}?limit=1")).await;
    let token = first.json()["metadata"]["continue"].as_str().unwrap().to_owned();
    for name in ["d", "e", "f", "g"] {
        it.map(name).await;
    }
    let old =
        it.ask(&format!("GET {MAPS}?resourceVersion={}&resourceVersionMatch=Exact", first.version())).await;
    let message = "The resourceVersion for the provided list is too old.";
    assert_eq!((old.code, &old.json()["message"]), (410, &json!(message)));
    let expired = it.ask(&format!("GET {MAPS}?limit=2&continue={token}")).await;
    let status = expired.json();
    assert_eq!((expired.code, &status["reason"]), (410, &json!("Expired")));
    assert!(status["message"].as_str().unwrap().contains("inconsistent list"), "{status}");
    let token = status["metadata"]["continue"].as_str().unwrap();
    let on = it.ask(&format!("GET {MAPS}?limit=2&continue={token}")).await;
    assert_eq!(on.names(), ["b", "c"]);
    let token = on.json()["metadata"]["continue"].as_str().unwrap().to_owned();
    let on = it.ask(&format!("GET {MAPS}?limit=9&continue={token}")).await;
    assert_eq!(on.names(), ["d", "e", "f", "g"]);
}

#[tokio::test]
async fn selectors_and_names() {
    let it = Asking::new().await;
    for name in ["a", "b"] {
        it.map(name).await;
    }
    for (query, expected) in [
        ("fieldSelector=metadata.name%3Db", vec!["b"]),
        ("labelSelector=name+in+%28a%29", vec!["a"]),
        ("labelSelector=name%3Da&fieldSelector=metadata.name%3Db", vec![]),
    ] {
        assert_eq!(it.ask(&format!("GET {MAPS}?{query}")).await.names(), expected, "{query}");
    }
}

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

#[tokio::test]
async fn every_form_has_its_version_and_its_place() {
    let it = Asking::new().await;
    it.map("a").await;
    let list = format!("GET {MAPS}");
    let one = format!("GET {MAPS}/a");
    let meta = |what: &str, version: &str| format!("application/json;as={what};v={version};g=meta.k8s.io");
    for version in ["v1", "v1beta1"] {
        let api = format!("meta.k8s.io/{version}");
        for (line, what, items) in [
            (&list, "PartialObjectMetadataList", "items"),
            (&one, "PartialObjectMetadata", ""),
            (&list, "Table", "rows"),
        ] {
            let found = it.accepting(line, &meta(what, version)).await.json();
            assert_eq!((&found["kind"], &found["apiVersion"]), (&json!(what), &json!(api)), "{found}");
            let item = match items {
                "items" => &found["items"][0],
                "rows" => &found["rows"][0]["object"],
                _ => &found,
            };
            assert_eq!(
                (&item["apiVersion"], &item["metadata"]["name"]),
                (&json!(api), &json!("a")),
                "{found}"
            );
        }
    }
    for (line, what) in
        [(&list, "PartialObjectMetadata"), (&one, "PartialObjectMetadataList"), (&one, "Other")]
    {
        assert_eq!(it.accepting(line, &meta(what, "v1")).await.code, 406, "{what}");
    }
    let fallback = format!("{},application/json", meta("Other", "v1"));
    assert_eq!(it.accepting(&one, &fallback).await.json()["kind"], "ConfigMap");
    let rows = it.accepting(&format!("{list}?includeObject=None"), TABLE).await.json();
    assert_eq!(rows["rows"][0]["object"], Value::Null);
    assert_eq!(it.accepting(&format!("{list}?includeObject=All"), TABLE).await.code, 400);
}

#[tokio::test]
async fn people_and_those_who_can_unfold_get_it_their_way() {
    let it = Asking::new().await;
    it.map("a").await;
    let plain = it.ask(&format!("GET {MAPS}/a")).await;
    let curl = it.with(&format!("GET {MAPS}/a"), &[("user-agent", "curl/8.0")], "").await;
    assert!(curl.text.starts_with("{\n  \"apiVersion\": \"v1\",\n"), "{}", curl.text);
    assert_eq!(curl.json(), plain.json());
    let list = it.ask(&format!("GET {MAPS}?pretty=true")).await;
    assert!(list.text.contains("\n  \"items\": [\n    {\n"), "{}", list.text);
    let refused = it.with(&format!("GET {MAPS}/z"), &[("user-agent", "curl/8.0")], "").await;
    assert!(refused.code == 404 && refused.text.starts_with("{\n  \""), "{}", refused.text);
    let yaml = it.accepting(&format!("GET {MAPS}"), "application/yaml").await;
    assert!(yaml.text.contains("\nitems:\n"), "{}", yaml.text);
    let long = json!({"metadata": {"name": "long"}, "data": {"x": "y".repeat(200_000)}}).to_string();
    assert_eq!(it.with(&format!("POST {MAPS}"), &[], &long).await.code, 201);
    for path in [MAPS.to_owned(), format!("{MAPS}/long")] {
        let folded = it.open(&format!("GET {path}"), &[("accept-encoding", "gzip")], "").await;
        assert_eq!(folded.headers()["content-encoding"], "gzip", "{path}");
        assert!(!folded.headers().contains_key("content-length"));
        assert!(!it.ask(&format!("GET {path}")).await.headers.contains_key("content-encoding"));
    }
}
