//! What is asked of the server itself.

use crate::asking::{Asking, MAPS};
use serde_json::json;

#[tokio::test]
async fn metrics_have_the_names_that_dashboards_know() {
    let it = Asking::new().await;
    it.map("a").await;
    assert_eq!(it.ask(&format!("GET {MAPS}/none")).await.code, 404);
    let found = it.ask("GET /metrics").await;
    assert_eq!(found.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    for start in [
        "apiserver_request_total{code=\"201\",dry_run=\"\",component=\"apiserver\",group=\"\",resource=\"configmaps\",scope=\"namespace\",subresource=\"\",verb=\"POST\"",
        "apiserver_request_total{code=\"404\"",
        "apiserver_request_duration_seconds_bucket{",
        "apiserver_current_inflight_requests{request_kind=\"mutating\"}",
        "apiserver_storage_objects{resource=\"configmaps\"} 1",
        "etcd_request_duration_seconds_count{operation=\"txn\"}",
        "process_resident_memory_bytes ",
        "process_cpu_seconds_total ",
    ] {
        assert!(found.text.lines().any(|line| line.starts_with(start)), "{start}\nis not in\n{}", found.text);
    }
    for line in found.text.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[tokio::test]
async fn health_version_and_the_index() {
    let it = Asking::new().await;
    assert_eq!(it.ask("GET /readyz").await.text, "ok");
    let verbose = it.ask("GET /livez?verbose&exclude=prepared").await.text;
    assert!(
        verbose.contains("[+]ping ok\n[+]prepared excluded: ok\n")
            && verbose.ends_with("livez check passed\n")
    );
    assert_eq!(it.ask("GET /readyz/none").await.text, "404 page not found\n");
    let version = it.ask("GET /version").await.json();
    assert_eq!((&version["major"], &version["minor"]), (&json!("1"), &json!("35")));
    assert!(version["gitVersion"].as_str().unwrap().starts_with("v1.35."));
    assert!(version["gitCommit"].as_str().unwrap().bytes().all(|b| b.is_ascii_hexdigit()));
    let paths = it.ask("GET /").await.json()["paths"].clone();
    for path in ["/api/v1", "/apis/apps", "/apis/apps/v1", "/metrics", "/openapi/v3"] {
        assert!(paths.as_array().unwrap().contains(&json!(path)), "{path}");
    }
}
