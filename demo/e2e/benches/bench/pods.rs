//! From creating a pod to `Running`, as a watch from outside sees it, next to a bare `ctr run` of the
//! same image on the same node.

use crate::{
    Outcome, Setting, api,
    statistics::{Sample, milliseconds},
    table::Row,
};
use futures::{StreamExt, future::try_join_all};
use serde_json::json;
use shared_api::{DeleteHow, Key, LabelSelector, Object, Query, Selectors, WriteHow, core::Pod};
use shared_client::{
    Cluster, Event,
    grpc::{Grpc, Options},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::{process::Command, sync::mpsc};

const ROUNDS: usize = 20;
const OVER_BARE: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(20);
const NODE: &str = "n1";
const LABEL: (&str, &str) = ("app", "dhow-bench");
const IMAGE: &str = "docker.io/library/busybox:latest";

/// What the watch told, and when.
struct Told {
    name: String,
    running: bool,
    gone: bool,
    at: Instant,
}

/// The demo's cluster, and how its first node is entered.
struct Demo {
    cluster: Grpc,
    node: String,
    told: mpsc::UnboundedReceiver<Told>,
}

/// Measures pods and bare containers in turn, then twenty of each at once.
pub(crate) async fn measure(setting: &Setting) -> Outcome {
    let file = setting.demo.join("run/pid").join(NODE);
    let node = std::fs::read_to_string(&file).map_err(|e| format!("reading {}: {e}", file.display()))?;
    let options = Options::from_access(&api::access(&setting.demo.join("run/kubeconfig"))?);
    let cluster = options.and_then(|o| Grpc::new(&o)).map_err(|e| e.to_string())?;
    let told = watch(&cluster).await?;
    let mut demo = Demo { cluster, node: node.trim().into(), told };
    let measured = measured(&mut demo).await;
    demo.clean().await?;
    measured
}

async fn measured(demo: &mut Demo) -> Outcome {
    // The first brings the image to the node.
    demo.pods(&["bench-warm".into()]).await?;
    demo.bare("bench-bare-warm").await?;
    let (mut pods, mut bare) = (Vec::new(), Vec::new());
    for n in 0..ROUNDS {
        pods.extend(demo.pods(&[format!("bench-{n}")]).await?);
        bare.push(demo.bare(&format!("bench-bare-{n}")).await?);
    }
    demo.clean().await?;
    let names: Vec<_> = (0..ROUNDS).map(|n| format!("bench-once-{n}")).collect();
    let pods_at_once = demo.pods(&names).await?;
    demo.clean().await?;
    let names: Vec<_> = (0..ROUNDS).map(|n| format!("bench-bare-once-{n}")).collect();
    let bare_at_once = try_join_all(names.iter().map(|name| demo.bare(name))).await?;

    let (pods, bare) = (Sample::of(pods), Sample::of(bare));
    let target = bare.percentile(50) + OVER_BARE;
    let text = format!("p50 ≤ {} (bare + 150 ms)", milliseconds(target));
    let all = |taken: Vec<Duration>| format!("all after {}", milliseconds(Sample::of(taken).percentile(100)));
    Ok(vec![
        Row::judged("pod: create → Running (20)", &text, pods.text(), pods.percentile(50) <= target),
        Row::told("bare `ctr run` of the same image, in turn (20)", bare.text()),
        Row::told("20 pods at once on one node", all(pods_at_once)),
        Row::told("20 bare `ctr run` at once", all(bare_at_once)),
    ])
}

impl Demo {
    /// Creates pods at once and says how long each took to run.
    async fn pods(&mut self, names: &[String]) -> Result<Vec<Duration>, String> {
        let began = Instant::now();
        let cluster = &self.cluster;
        let create = |name: &String| {
            let pod = pod(name);
            async move { cluster.create(pod?, &WriteHow::default()).await.map_err(|e| e.to_string()) }
        };
        try_join_all(names.iter().map(create)).await?;
        let mut ran = BTreeMap::new();
        let all = async {
            while ran.len() < names.len() {
                let told = self.told.recv().await.ok_or("the watch ended")?;
                if told.running && names.contains(&told.name) {
                    ran.entry(told.name).or_insert(told.at.duration_since(began));
                }
            }
            Ok::<_, String>(())
        };
        let done = tokio::time::timeout(PATIENCE, all).await;
        done.map_err(|_| format!("{} of {} pods ran within {PATIENCE:?}", ran.len(), names.len()))??;
        Ok(ran.into_values().collect())
    }

    /// Runs a container without us; `ctr` returns when its process has been started.
    async fn bare(&self, name: &str) -> Result<Duration, String> {
        let began = Instant::now();
        self.on(&["ctr", "-n", "dhow", "run", "--detach", IMAGE, name, "sleep", "3600"]).await?;
        Ok(began.elapsed())
    }

    /// Runs a command on the node.
    async fn on(&self, words: &[&str]) -> Result<String, String> {
        let enter = ["--target", &self.node, "--net", "--mount", "--wd=/"];
        let said = Command::new("nsenter").args(enter).args(words).output().await;
        let said = said.map_err(|e| format!("starting nsenter: {e}"))?;
        if said.status.success() {
            return Ok(String::from_utf8_lossy(&said.stdout).into_owned());
        }
        Err(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&said.stderr).trim()))
    }

    /// Removes every pod and container of ours, and waits until they are gone.
    async fn clean(&mut self) -> Result<(), String> {
        let pods = self.cluster.list(&ours()?).await.map_err(|e| e.to_string())?.items;
        for pod in &pods {
            let key = Key::of::<Pod>("default", pod.name());
            self.cluster.delete(&key, &DeleteHow::default()).await.map_err(|e| e.to_string())?;
        }
        let all = async {
            let mut gone = std::collections::BTreeSet::new();
            while !pods.iter().all(|p| gone.contains(p.name())) {
                let told = self.told.recv().await.ok_or("the watch ended")?;
                if told.gone {
                    gone.insert(told.name);
                }
            }
            Ok::<_, String>(())
        };
        tokio::time::timeout(PATIENCE, all)
            .await
            .map_err(|_| format!("pods are not gone after {PATIENCE:?}"))??;
        // A shim that is just leaving refuses the first try.
        let script = "bare() { ctr -n dhow c ls -q | grep ^bench-bare-; }
            for try in 1 2 3; do for c in $(bare); do ctr -n dhow t rm -f $c; ctr -n dhow c rm $c; done; done
            ! bare";
        self.on(&["sh", "-c", script]).await.map(drop)
    }
}

fn ours() -> Result<Query, String> {
    let labels = LabelSelector::parse(&format!("{}={}", LABEL.0, LABEL.1)).map_err(|e| e.to_string())?;
    Ok(Query::every::<Pod>().within("default").matching(Selectors { labels, ..Selectors::default() }))
}

fn pod(name: &str) -> Result<Object, String> {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "default", "name": name, "labels": {LABEL.0: LABEL.1}},
        "spec": {
            "nodeSelector": {"kubernetes.io/hostname": NODE},
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "main", "image": "busybox", "imagePullPolicy": "IfNotPresent",
                "command": ["sleep", "3600"],
            }],
        },
    });
    Object::from_value(&pod).map_err(|e| e.to_string())
}

/// Watches our pods from now on, noting when each thing was told.
async fn watch(cluster: &Grpc) -> Result<mpsc::UnboundedReceiver<Told>, String> {
    let mut events = cluster.watch(&[ours()?], None).await.map_err(|e| e.to_string())?;
    let (send, receive) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(event)) = events.next().await {
            let at = Instant::now();
            let Some(object) = event.object() else { continue };
            let running = object.value()["status"]["phase"] == "Running";
            let gone = matches!(event, Event::Deleted(_));
            let told = Told { name: object.name().into(), running: running && !gone, gone, at };
            if send.send(told).is_err() {
                return;
            }
        }
    });
    Ok(receive)
}
