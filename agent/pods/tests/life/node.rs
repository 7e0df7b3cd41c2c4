//! A node for tests: fakes on all sides of the pods' loop.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

use agent_network::{Result, Sandbox, Sandboxes};
use agent_pods::{Options, Paths, Pods, labels};
use agent_runtime::{Phase, Runtime, fake::Fake};
use agent_volumes::Allocatable;
use async_trait::async_trait;
use shared_api::{
    Amount, DeleteHow, Key, Query, Timestamp,
    core::{ConfigMap, Event, Pod, Secret, Service},
};
use shared_client::{Cluster, Live};
use shared_testkit::{FakeCluster, PodWords, pod};
use std::{
    cell::OnceCell,
    collections::BTreeMap,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};

const BEGINNING: i64 = 1_767_225_600;

/// Time as it passes in the test.
pub fn clock() -> Timestamp {
    thread_local!(static START: OnceCell<Instant> = const { OnceCell::new() });
    let passed = START.with(|s| s.get_or_init(Instant::now).elapsed());
    Timestamp::from_second(BEGINNING).unwrap().checked_add(passed).unwrap()
}

/// A pod bound to the node.
pub fn web(name: &str) -> Pod {
    pod(name).on("n1")
}

/// Networks in memory.
#[derive(Default)]
pub struct Nets(Mutex<BTreeMap<String, Sandbox>>);

impl Nets {
    pub fn ids(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

#[async_trait]
impl Sandboxes for Nets {
    async fn create(&self, id: &str) -> Result<Sandbox> {
        let mut all = self.0.lock().unwrap();
        let next = u8::try_from(all.len()).unwrap() + 2;
        let made = Sandbox {
            id: id.into(),
            netns: format!("/run/netns/{id}").into(),
            ip: Ipv4Addr::new(10, 1, 0, next),
        };
        Ok(all.entry(id.into()).or_insert(made).clone())
    }

    async fn remove(&self, id: &str) -> Result<()> {
        self.0.lock().unwrap().remove(id);
        Ok(())
    }

    fn resolver(&self) -> Option<Ipv4Addr> {
        Some(Ipv4Addr::new(10, 1, 0, 1))
    }

    async fn list(&self) -> Result<Vec<Sandbox>> {
        Ok(self.0.lock().unwrap().values().cloned().collect())
    }
}

pub struct Node {
    pub runtime: Arc<Fake>,
    pub sandboxes: Arc<Nets>,
    pub cluster: Arc<FakeCluster>,
    root: PathBuf,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>, JoinHandle<()>)>,
}

impl Node {
    pub fn new(name: &str) -> Self {
        clock();
        let root = std::env::temp_dir().join(format!("dhow-pods-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let runtime = Arc::new(Fake::new());
        runtime.set_now(i64::try_from(clock().as_nanosecond()).unwrap());
        Self { runtime, sandboxes: Arc::default(), cluster: FakeCluster::new(), root, running: None }
    }

    /// Starts the agent.
    pub fn begin(&mut self) -> Pods {
        let live = Live::guarded(clock);
        let (cluster, seen) = (self.cluster.door(), Arc::clone(&live));
        let watching = tokio::spawn(async move {
            let all = [
                Query::every::<Pod>(),
                Query::every::<Service>(),
                Query::every::<ConfigMap>(),
                Query::every::<Secret>(),
            ];
            seen.run(&*cluster, &all).await;
        });
        let node =
            Allocatable { cpu: Amount::whole(4), memory: Amount::whole(1 << 32), storage: Amount::default() };
        let options = Options {
            paths: Paths {
                pods: self.root.join("pods"),
                logs: self.root.join("logs"),
                cgroups: self.root.join("cgroups"),
                etc: self.root.join("etc"),
            },
            clock,
            tmpfs: false,
            ..Options::new("n1", "10.0.0.1", node)
        };
        let runtime: Arc<dyn Runtime> = self.runtime.clone();
        let pods = Pods::new(runtime, self.sandboxes.clone(), self.cluster.door(), live, options);
        let (stop, stopped) = oneshot::channel();
        let kept = pods.clone();
        let task = tokio::spawn(async move { kept.run(async { drop(stopped.await) }).await });
        self.running = Some((stop, task, watching));
        pods
    }

    /// Stops the agent, and nothing else.
    pub async fn end(&mut self) {
        let (stop, task, watching) = self.running.take().unwrap();
        watching.abort();
        stop.send(()).unwrap();
        task.await.unwrap();
    }

    pub fn pod(&self, name: &str) -> Option<Pod> {
        let key = Key::of::<Pod>("default", name);
        let found = self.cluster.objects().into_iter().find(|o| o.key() == key)?;
        Some((*found.to_kind::<Pod>().unwrap()).clone())
    }

    /// Waits until the pod is as wanted.
    pub async fn until(&self, name: &str, wanted: impl Fn(&Pod) -> bool) -> Pod {
        for _ in 0..60_000 {
            if let Some(pod) = self.pod(name).filter(|p| wanted(p)) {
                return pod;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{name} never came to be as wanted: {:#?}", self.pod(name).map(|p| p.status));
    }

    pub async fn until_gone(&self, name: &str) {
        self.wait("the pod is gone", || self.pod(name).is_none()).await;
        self.settle().await;
    }

    pub async fn wait(&self, what: &str, fact: impl Fn() -> bool) {
        for _ in 0..60_000 {
            if fact() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never came true that {what}; events: {:#?}", self.cluster.objects().len());
    }

    /// Lets everything come to rest: time passes at once when nobody has anything to do.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(90)).await;
    }

    #[allow(clippy::unused_self)] // It reads better where it is used.
    pub fn id(&self, pod: &str, container: &str, attempt: u32) -> String {
        labels::id(&format!("uid-{pod}"), container, attempt)
    }

    /// The container's process ends.
    pub fn exit(&self, id: &str, code: i32) {
        self.runtime.set_now(i64::try_from(clock().as_nanosecond()).unwrap());
        self.runtime.exit(id, code);
    }

    /// The container has written `text`, in the form in which logs are kept.
    pub fn write_log(&self, pod: &str, container: &str, attempt: u32, text: &str) {
        let folder = self.root.join("logs").join(format!("default_{pod}_uid-{pod}")).join(container);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{attempt}.log")), text).unwrap();
    }

    pub fn running(&self, pod: &str, container: &str, attempt: u32) -> bool {
        let id = self.id(pod, container, attempt);
        let name = self.runtime.spec(&id).map(|s| s.labels[labels::CONTAINER].clone());
        let list = futures::executor::block_on(self.runtime.list()).unwrap();
        name.is_some() && list.iter().any(|c| c.id == id && matches!(c.phase, Phase::Running { .. }))
    }

    pub async fn gone_container(&self, pod: &str, container: &str, attempt: u32) {
        let id = self.id(pod, container, attempt);
        self.wait("an old container is removed", || self.runtime.spec(&id).is_none()).await;
    }

    pub async fn no_containers(&self) {
        self.wait("no container is left", || self.runtime.specs().is_empty()).await;
    }

    pub async fn delete(&self, name: &str) {
        self.cluster.delete(&Key::of::<Pod>("default", name), &DeleteHow::default()).await.unwrap();
    }

    pub async fn force(&self, name: &str) {
        let how = DeleteHow { grace_seconds: Some(0), ..DeleteHow::default() };
        self.cluster.delete(&Key::of::<Pod>("default", name), &how).await.unwrap();
    }

    /// Events about a pod: reason and message.
    pub fn events(&self, name: &str) -> Vec<String> {
        let about = |e: &Event| e.involved_object.name.as_deref() == Some(name);
        let line = |e: Event| format!("{} {}", e.reason.unwrap_or_default(), e.message.unwrap_or_default());
        self.all_events().into_iter().filter(about).map(line).collect()
    }

    pub fn counted(&self, name: &str, reason: &str) -> i32 {
        let all = self.all_events();
        let mut about = all.iter().filter(|e| e.involved_object.name.as_deref() == Some(name));
        about.find(|e| e.reason.as_deref() == Some(reason)).and_then(|e| e.count).unwrap_or(0)
    }

    pub async fn told(&self, name: &str, event: &str) {
        self.wait(event, || self.events(name).iter().any(|e| e == event)).await;
    }

    fn all_events(&self) -> Vec<Event> {
        let objects = self.cluster.objects();
        let events = objects.iter().filter(|o| o.kind() == "Event");
        events.map(|o| (*o.to_kind::<Event>().unwrap()).clone()).collect()
    }

    pub fn nothing_left(&self) {
        assert!(self.runtime.specs().is_empty(), "containers");
        assert!(self.sandboxes.ids().is_empty(), "networks");
        for dir in ["pods", "logs"] {
            let left: Vec<_> =
                std::fs::read_dir(self.root.join(dir)).into_iter().flatten().flatten().collect();
            assert!(left.is_empty(), "{dir}: {left:?}");
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}
