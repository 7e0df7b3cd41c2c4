//! The walk of an unmodified kubectl through every verb.

use crate::{
    door::cluster,
    program::{Kubectl, text},
};
use shared_api::{
    Key, WriteHow,
    apps::{Deployment, DeploymentStatus},
    core::{ConfigMap, Pod},
};
use shared_client::Cluster;
use shared_testkit::{deployment, object};
use tokio::io::{AsyncBufReadExt, BufReader};

const DEPLOYMENT: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "busybox:1.36"}]}
"#;

const MAP: &str =
    r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_reads_in_every_form() {
    let Some(kubectl) = Kubectl::over(cluster()).await else { return };
    let pods = kubectl.says("get pods", "").await;
    assert!(pods.contains("NAME") && pods.contains("web"), "{pods}");
    let wide = kubectl.says("get pods,nodes -A -o wide", "").await;
    assert!(wide.contains("pod/web") && wide.contains("node/n1"), "{wide}");
    assert!(kubectl.says("get pod web -o yaml", "").await.contains("podIP: 10.0.0.7"));
    assert_eq!(kubectl.says("get po web -o jsonpath={.metadata.name}", "").await, "web");
    assert_eq!(kubectl.says("get pods -l app=none -o name", "").await, "");
    assert_eq!(kubectl.says("get pods --field-selector metadata.name=web -o name", "").await, "pod/web\n");
    assert!(kubectl.says("describe pod web", "").await.contains("10.0.0.7"));
    assert!(kubectl.says("get all", "").await.contains("web"));
    assert!(kubectl.says("describe node n1", "").await.contains("n1"));
    let resources = kubectl.says("api-resources", "").await;
    for kind in shared_api::KINDS {
        assert!(resources.contains(kind.plural) && resources.contains(kind.kind), "{resources}");
    }
    assert!(kubectl.says("api-versions", "").await.contains("apps/v1"));
    assert!(kubectl.says("version", "").await.contains("Server Version: v1.35"));
    assert_eq!(kubectl.says("get --raw /readyz", "").await, "ok");
    let missing = kubectl.run("get pod nobody", "").await;
    assert!(text(&missing.stderr).contains(r#"Error from server (NotFound): pods "nobody" not found"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_writes_with_every_verb() {
    let cluster = cluster();
    let Some(kubectl) = Kubectl::over(cluster.clone()).await else { return };
    assert_eq!(kubectl.says("create -f -", MAP).await, "configmap/m created\n");
    let again = kubectl.run("create -f -", MAP).await;
    assert!(text(&again.stderr).contains("AlreadyExists"), "{}", text(&again.stderr));
    let warned = kubectl.run("apply -f -", DEPLOYMENT).await;
    assert_eq!(text(&warned.stdout), "deployment.apps/web created\n", "{}", text(&warned.stderr));
    assert!(text(&warned.stderr).contains("Warning: this cluster is a fake"), "{}", text(&warned.stderr));
    assert_eq!(kubectl.says("apply -f -", DEPLOYMENT).await, "deployment.apps/web unchanged\n");
    let changed = DEPLOYMENT.replace(
        "labels: {app: web}}\nspec:\n  replicas: 2",
        "labels: {app: web, v: x}}\nspec:\n  replicas: 4",
    );
    let applied = kubectl.run("apply -f -", &changed).await;
    assert_eq!(text(&applied.stdout), "deployment.apps/web configured\n", "{}", text(&applied.stderr));
    assert!(!text(&applied.stderr).to_lowercase().contains("openapi"), "{}", text(&applied.stderr));
    assert_eq!(kubectl.says("scale deployment web --replicas=3", "").await, "deployment.apps/web scaled\n");
    assert_eq!(
        kubectl.says("scale deployment web --current-replicas=3 --replicas=5", "").await,
        "deployment.apps/web scaled\n"
    );
    assert_eq!(kubectl.says("get deployment web -o jsonpath={.spec.replicas}", "").await, "5");
    for (line, said) in [
        ("label configmap m tier=front", "labeled"),
        ("annotate configmap m why=because", "annotated"),
        ("label configmap m tier-", "unlabeled"),
        ("patch configmap m --type=merge -p {\"data\":{\"b\":\"2\"}}", "patched"),
        (
            "patch configmap m --type=json -p [{\"op\":\"add\",\"path\":\"/data/c\",\"value\":\"3\"}]",
            "patched",
        ),
        ("patch configmap m -p {\"data\":{\"d\":\"4\"}}", "patched"),
    ] {
        let output = kubectl.says(line, "").await;
        assert!(output.contains(said), "{line}: {output}");
    }
    let map =
        cluster.get(&Key::of::<ConfigMap>("default", "m")).await.unwrap().to_kind::<ConfigMap>().unwrap();
    let keys: Vec<_> = map.data.iter().flatten().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a", "b", "c", "d"]);
    assert!(kubectl.says("replace -f -", MAP).await.contains("replaced"));
    let dry = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"dry\"}}";
    for line in ["create --dry-run=server -f -", "apply --dry-run=server -f -"] {
        assert!(kubectl.says(line, dry).await.contains("created (server dry run)"), "{line}");
    }
    assert!(cluster.get(&Key::of::<ConfigMap>("default", "dry")).await.is_err());
    assert!(kubectl.says("cordon n1", "").await.contains("cordoned"));
    assert!(kubectl.says("delete configmap m", "").await.contains("deleted"));
    assert!(kubectl.says("delete deployment -l app=web", "").await.contains("deleted"));
    assert!(cluster.get(&Key::of::<Deployment>("default", "web")).await.is_err());
}

/// The typed clients behind `kubectl create` send protobuf and do not ask twice.
#[tokio::test(flavor = "multi_thread")]
async fn kubectl_creates_what_it_makes_itself() {
    let cluster = cluster();
    let Some(kubectl) = Kubectl::over(cluster.clone()).await else { return };
    for (line, path, expected) in [
        (
            "deployment d --image=a:1 --replicas=0",
            "{.spec.replicas} {.spec.template.spec.containers[0].image}",
            "0 a:1",
        ),
        ("namespace n", "{.metadata.name}", "n"),
        ("configmap c --from-literal=a=1 --from-literal=b=", "{.data}", r#"{"a":"1","b":""}"#),
        ("secret generic s --from-literal=a=1", "{.data.a} {.type}", "MQ== Opaque"),
        (
            "secret docker-registry r --docker-username=a --docker-password=b",
            "{.type}",
            "kubernetes.io/dockerconfigjson",
        ),
        ("serviceaccount a", "{.metadata.name}", "a"),
        (
            "service clusterip i --tcp=80:http",
            "{.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.type}",
            "80 http ClusterIP",
        ),
        ("service nodeport p --tcp=80:8080", "{.spec.ports[0].targetPort} {.spec.type}", "8080 NodePort"),
        ("job j --image=a:1 -- true", "{.spec.template.spec.containers[0].command}", r#"["true"]"#),
        ("cronjob k --image=a:1 --schedule=*/5_*_*_*_*", "{.spec.schedule}", "*/5 * * * *"),
        ("role o --verb=get,list --resource=pods", "{.rules[0].verbs}", r#"["get","list"]"#),
        ("rolebinding q --role=o --user=me", "{.subjects[0].name} {.roleRef.name}", "me o"),
        ("clusterrole t --verb=get --non-resource-url=/x", "{.rules[0].nonResourceURLs}", r#"["/x"]"#),
        ("clusterrolebinding u --clusterrole=t --group=g", "{.subjects[0].kind}", "Group"),
        ("quota v --hard=pods=2,memory=1Gi", "{.spec.hard}", r#"{"memory":"1Gi","pods":"2"}"#),
        ("poddisruptionbudget w --selector=a=b --min-available=0", "{.spec.minAvailable}", "0"),
        ("priorityclass x --value=7 --description=why", "{.value} {.description}", "7 why"),
        ("ingress y --rule=h/p*=s:80", "{.spec.rules[0].http.paths[0].backend.service.port.number}", "80"),
    ] {
        let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
        let arguments = ["create"].into_iter().chain(words.iter().map(String::as_str));
        let output = kubectl.start(&arguments.collect::<Vec<_>>()).wait_with_output().await.unwrap();
        assert!(output.status.success(), "create {line}: {}", text(&output.stderr));
        let what = text(&output.stdout).split(' ').next().unwrap_or_default().to_owned();
        let got =
            kubectl.start(&["get", &what, &format!("-ojsonpath={path}")]).wait_with_output().await.unwrap();
        assert_eq!(text(&got.stdout), expected, "create {line}: {}", text(&got.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_waits_and_watches() {
    let cluster = cluster();
    let Some(kubectl) = Kubectl::over(cluster.clone()).await else { return };
    assert!(
        kubectl.says("wait pod/web --for=condition=Ready --timeout=20s", "").await.contains("condition met")
    );

    let mut ready = deployment("web", 2);
    ready.status = Some(DeploymentStatus {
        observed_generation: ready.metadata.generation,
        replicas: Some(2),
        updated_replicas: Some(2),
        available_replicas: Some(2),
        ..DeploymentStatus::default()
    });
    cluster.put(&object(&ready));
    let rolled = kubectl.says("rollout status deployment/web --timeout=20s", "").await;
    assert!(rolled.contains("successfully rolled out"), "{rolled}");

    let mut watching = kubectl.start(&["get", "configmaps", "-w", "--no-headers"]);
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    kubectl.says("create -f -", MAP).await;
    assert!(lines.next_line().await.unwrap().unwrap().starts_with('m'));

    let waiting = kubectl.start(&["wait", "configmap/m", "--for=jsonpath={.data.a}=2", "--timeout=20s"]);
    let mut map =
        (*cluster.get(&Key::of::<ConfigMap>("default", "m")).await.unwrap().to_kind::<ConfigMap>().unwrap())
            .clone();
    map.data.get_or_insert_default().insert("a".into(), "2".into());
    cluster.update(object(&map), &WriteHow::default()).await.unwrap();
    let waited = waiting.wait_with_output().await.unwrap();
    assert!(waited.status.success(), "{}", text(&waited.stderr));
    assert!(lines.next_line().await.unwrap().unwrap().starts_with('m'));

    // Deleting waits until the watch says that the pod is gone.
    let deleting = kubectl.start(&["delete", "pod", "web", "--timeout=20s"]);
    let key = Key::of::<Pod>("default", "web");
    let marked = async {
        let mut events = cluster.watch(&[shared_api::Query::every::<Pod>()], None).await.unwrap();
        while let Some(Ok(event)) = futures::StreamExt::next(&mut events).await {
            if event.object().is_some_and(|o| o.metadata().deletion_timestamp.is_some()) {
                return;
            }
        }
    };
    marked.await;
    let now = shared_api::DeleteHow { grace_seconds: Some(0), ..shared_api::DeleteHow::default() };
    cluster.delete(&key, &now).await.unwrap();
    let deleted = deleting.wait_with_output().await.unwrap();
    assert!(deleted.status.success(), "{}{}", text(&deleted.stdout), text(&deleted.stderr));
    watching.kill().await.unwrap();
}
