//! Deleting: what is answered, what must hold, and what becomes of what is owned.

use crate::asking::{Asking, MAPS};
use serde_json::{Value, json};

const PODS: &str = "/api/v1/namespaces/default/pods";

async fn pod(it: &Asking, name: &str, node: &str) -> Value {
    let body = json!({"metadata": {"name": name}, "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}});
    let made = it.with(&format!("POST {PODS}"), &[], &body.to_string()).await;
    assert_eq!(made.code, 201, "{}", made.text);
    made.json()
}

#[tokio::test]
async fn what_is_gone_is_a_status_and_what_stays_is_itself() {
    let it = Asking::new().await;
    it.map("a").await;
    let gone = it.ask(&format!("DELETE {MAPS}/a")).await;
    let status = gone.json();
    assert_eq!((gone.code, &status["kind"], &status["status"]), (200, &json!("Status"), &json!("Success")));
    assert_eq!((&status["details"]["name"], &status["details"]["kind"]), (&json!("a"), &json!("configmaps")));
    assert!(status["details"]["uid"].is_string());
    assert_eq!(it.ask(&format!("DELETE {MAPS}/a")).await.code, 404);
    for (query, code, finalizer) in [
        ("?propagationPolicy=Foreground", 200, "foregroundDeletion"),
        ("?propagationPolicy=Orphan", 200, "orphan"),
        ("?orphanDependents=true", 200, "orphan"),
    ] {
        it.map("b").await;
        let stays = it.ask(&format!("DELETE {MAPS}/b{query}")).await;
        let meta = stays.json()["metadata"].clone();
        assert_eq!((stays.code, &meta["finalizers"]), (code, &json!([finalizer])), "{query}");
        assert_eq!(meta["deletionGracePeriodSeconds"], 0);
        let none = json!({"metadata": {"finalizers": null}}).to_string();
        let patch = [("content-type", "application/merge-patch+json")];
        assert_eq!(it.with(&format!("PATCH {MAPS}/b"), &patch, &none).await.code, 200);
        assert_eq!(it.ask(&format!("GET {MAPS}/b")).await.code, 404, "nothing holds it any more");
    }
}

#[tokio::test]
async fn a_pod_gets_time_where_it_runs_and_can_only_be_hurried() {
    let it = Asking::new().await;
    pod(&it, "idle", "").await;
    assert_eq!(it.ask(&format!("DELETE {PODS}/idle")).await.json()["kind"], "Pod");
    assert_eq!(it.ask(&format!("GET {PODS}/idle")).await.code, 404);
    pod(&it, "busy", "n1").await;
    let grace = |answer: &Value| answer["metadata"]["deletionGracePeriodSeconds"].as_i64();
    let deleted = it.ask(&format!("DELETE {PODS}/busy")).await.json();
    assert_eq!(grace(&deleted), Some(30));
    let longer = it.ask(&format!("DELETE {PODS}/busy?gracePeriodSeconds=60")).await.json();
    assert_eq!(longer, deleted);
    let shorter = it.with(&format!("DELETE {PODS}/busy"), &[], r#"{"gracePeriodSeconds":5}"#).await.json();
    assert_eq!(grace(&shorter), Some(5));
    assert!(
        shorter["metadata"]["deletionTimestamp"].as_str() < deleted["metadata"]["deletionTimestamp"].as_str()
    );
    let shortest = it.ask(&format!("DELETE {PODS}/busy?gracePeriodSeconds=-7")).await.json();
    assert_eq!(grace(&shortest), Some(1));
    assert_eq!(it.ask(&format!("DELETE {PODS}/busy?gracePeriodSeconds=0")).await.code, 200);
    assert_eq!(it.ask(&format!("GET {PODS}/busy")).await.code, 404);
}

#[tokio::test]
async fn preconditions_hold_or_nothing_happens() {
    let it = Asking::new().await;
    let version = it.map("a").await;
    let uid = it.ask(&format!("GET {MAPS}/a")).await.json()["metadata"]["uid"].as_str().unwrap().to_owned();
    let delete = async |preconditions: Value| {
        let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions});
        it.with(&format!("DELETE {MAPS}/a"), &[], &body.to_string()).await
    };
    let other = delete(json!({"uid": "other"})).await;
    assert_eq!(other.code, 409);
    let said = format!(
        "Operation cannot be fulfilled on configmaps \"a\": the UID in the precondition (other) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
    );
    assert_eq!(other.json()["message"], said);
    let older = delete(json!({"resourceVersion": "1"})).await;
    assert!(
        older.code == 409 && older.text.contains("the ResourceVersion in the precondition (1)"),
        "{}",
        older.text
    );
    let dry = it.ask(&format!("DELETE {MAPS}/a?dryRun=All")).await;
    assert_eq!((dry.code, it.ask(&format!("GET {MAPS}/a")).await.code), (200, 200));
    assert_eq!(delete(json!({"uid": uid, "resourceVersion": version.to_string()})).await.code, 200);
}

#[tokio::test]
async fn a_collection_goes_as_it_is_selected() {
    let it = Asking::new().await;
    for name in ["a", "b", "c"] {
        it.map(name).await;
    }
    let dry = it.ask(&format!("DELETE {MAPS}?dryRun=All")).await;
    assert_eq!((dry.names().len(), it.ask(&format!("GET {MAPS}")).await.names().len()), (3, 3));
    let some = it.ask(&format!("DELETE {MAPS}?labelSelector=name+in+%28a%2Cb%29")).await;
    assert_eq!((some.code, some.names()), (200, vec!["a".into(), "b".into()]));
    assert_eq!(it.ask(&format!("GET {MAPS}")).await.names(), ["c"]);
    let body = r#"{"propagationPolicy":"Foreground"}"#;
    let held = it.with(&format!("DELETE {MAPS}"), &[], body).await.json();
    assert_eq!(held["items"][0]["metadata"]["finalizers"], json!(["foregroundDeletion"]));
}

#[tokio::test]
async fn a_namespace_waits_for_its_content() {
    let it = Asking::new().await;
    let named = json!({"metadata": {"name": "x"}}).to_string();
    assert_eq!(it.with("POST /api/v1/namespaces", &[], &named).await.code, 201);
    for _ in 0..2 {
        let ending = it.ask("DELETE /api/v1/namespaces/x").await;
        assert_eq!((ending.code, &ending.json()["status"]["phase"]), (200, &json!("Terminating")));
    }
    let empty = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}, "spec": {"finalizers": []}});
    let done = it.with("PUT /api/v1/namespaces/x/finalize", &[], &empty.to_string()).await;
    assert_eq!(done.code, 200, "{}", done.text);
    assert_eq!(it.ask("GET /api/v1/namespaces/x").await.code, 404);
}
