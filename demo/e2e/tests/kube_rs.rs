//! The `kube` library, as operators written in Rust use it.

use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, Namespace, Pod},
};
use kube::{
    Api, Client, ResourceExt,
    api::{
        AttachParams, DeleteParams, ListParams, LogParams, Patch, PatchParams, PostParams, WatchEvent,
        WatchParams,
    },
    config::{KubeConfigOptions, Kubeconfig},
    runtime::{WatchStreamExt, reflector, wait, watcher},
};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NAMESPACE: &str = "kube-rs";

async fn client() -> Client {
    let kubeconfig = Kubeconfig::read_from(demo_e2e::kubeconfig()).expect("a kubeconfig");
    let options = KubeConfigOptions::default();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a context");
    Client::try_from(config).expect("a client")
}

fn object<K: serde::de::DeserializeOwned>(value: serde_json::Value) -> K {
    serde_json::from_value(value).expect("a manifest")
}

/// A namespace of its own, empty.
async fn fresh(client: &Client) {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    if let Ok(Some(old)) = namespaces.get_opt(NAMESPACE).await {
        namespaces.delete(NAMESPACE, &DeleteParams::default()).await.expect("deleted");
        let uid = old.uid().expect("a uid");
        let gone = wait::conditions::is_deleted(&uid);
        let waited = wait::await_condition(namespaces.clone(), NAMESPACE, gone);
        tokio::time::timeout(Duration::from_secs(30), waited).await.expect("in time").expect("gone");
    }
    namespaces
        .create(&PostParams::default(), &object(json!({"metadata": {"name": NAMESPACE}})))
        .await
        .expect("created");
}

#[tokio::test]
async fn objects_are_made_watched_patched_and_used() {
    let client = client().await;
    assert_eq!(client.apiserver_version().await.expect("a version").minor, "35");
    fresh(&client).await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);

    // A watch from here on sees every change once.
    let start = maps.list(&ListParams::default()).await.expect("a list").metadata.resource_version;
    let mut events = maps
        .watch(&WatchParams::default().timeout(20), &start.expect("a version"))
        .await
        .expect("a watch")
        .boxed();
    maps.create(&PostParams::default(), &object(json!({"metadata": {"name": "a"}, "data": {"x": "1"}})))
        .await
        .expect("created");
    maps.patch("a", &PatchParams::default(), &Patch::Merge(json!({"data": {"y": "2"}})))
        .await
        .expect("patched");
    let applied =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"z": "3"}});
    let after =
        maps.patch("a", &PatchParams::apply("kube-rs"), &Patch::Apply(&applied)).await.expect("applied");
    assert_eq!(after.data.as_ref().map(std::collections::BTreeMap::len), Some(3));
    assert!(after.managed_fields().iter().any(|f| f.manager.as_deref() == Some("kube-rs")));
    let clash =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"z": "4"}});
    let refused = maps.patch("a", &PatchParams::apply("other"), &Patch::Apply(&clash)).await;
    assert!(matches!(&refused, Err(kube::Error::Api(status)) if status.code == 409), "{refused:?}");
    maps.delete("a", &DeleteParams::default()).await.expect("deleted");
    let mut seen = Vec::new();
    while let Some(event) = events.try_next().await.expect("an event") {
        let (word, name) = match &event {
            WatchEvent::Added(map) => ("added", map.name_any()),
            WatchEvent::Modified(map) => ("modified", map.name_any()),
            WatchEvent::Deleted(map) => ("deleted", map.name_any()),
            WatchEvent::Bookmark(_) => continue,
            WatchEvent::Error(error) => panic!("{error:?}"),
        };
        seen.extend((name == "a").then_some(word));
        if word == "deleted" {
            break;
        }
    }
    assert_eq!(seen, ["added", "modified", "modified", "deleted"]);

    let deployments: Api<Deployment> = Api::namespaced(client.clone(), NAMESPACE);
    let web = json!({"metadata": {"name": "web"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{"name": "web", "image": "service_test:latest", "imagePullPolicy": "IfNotPresent"}]}}}});
    deployments.create(&PostParams::default(), &object(web)).await.expect("created");
    let completed =
        wait::await_condition(deployments.clone(), "web", wait::conditions::is_deployment_completed());
    tokio::time::timeout(Duration::from_mins(1), completed).await.expect("in time").expect("rolled out");

    let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
    let pod = pods.list(&ListParams::default().labels("app=web")).await.expect("a list").items[0].name_any();

    let mut said = String::new();
    let mut cat =
        pods.exec(&pod, ["cat", "/www/util"], &AttachParams::default().stderr(false)).await.expect("exec");
    cat.stdout().expect("a stream").read_to_string(&mut said).await.expect("text");
    assert_eq!(said, "This is server\n");
    let status = cat.take_status().expect("a status").await.expect("told");
    assert_eq!(status.status.as_deref(), Some("Success"));

    let mut said = String::new();
    let mut echo =
        pods.exec(&pod, ["cat"], &AttachParams::default().stdin(true).stderr(false)).await.expect("exec");
    let mut input = echo.stdin().expect("a stream");
    let mut output = echo.stdout().expect("a stream");
    input.write_all(b"there and back\n").await.expect("written");
    let mut line = vec![0; 15];
    output.read_exact(&mut line).await.expect("read");
    said.push_str(std::str::from_utf8(&line).expect("text"));
    assert_eq!(said, "there and back\n");
    echo.abort();

    let mut forward = pods.portforward(&pod, &[8080]).await.expect("a forward");
    let mut stream = forward.take_stream(8080).expect("its stream");
    stream.write_all(b"GET /util HTTP/1.0\r\n\r\n").await.expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.ends_with("This is server\n"), "{answer}");

    let lines =
        pods.log_stream(&pod, &LogParams { timestamps: true, ..LogParams::default() }).await.expect("a log");
    let _: Vec<String> = lines.lines().try_collect().await.expect("lines");

    // A reflector holds what is there, by way of streamed lists too.
    let (reader, writer) = reflector::store::<Pod>();
    let config = watcher::Config::default().labels("app=web").streaming_lists();
    let stream = watcher(pods.clone(), config).default_backoff().reflect(writer).touched_objects();
    let fed = stream.try_for_each(|_| futures::future::ready(Ok(())));
    tokio::select! {
        ended = fed => panic!("the watch ended: {ended:?}"),
        ready = tokio::time::timeout(Duration::from_secs(10), reader.wait_until_ready()) => {
            ready.expect("in time").expect("a writer");
        }
    }
    assert!(reader.state().iter().any(|p| p.name_any() == pod));

    let namespaces: Api<Namespace> = Api::all(client);
    namespaces.delete(NAMESPACE, &DeleteParams::default()).await.expect("deleted");
}
