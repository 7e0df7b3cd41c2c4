//! What the runtime has, seen once and shown to everybody: a look for each change, none besides.

use crate::labels;
use agent_runtime::{ContainerState, Runtime};
use futures::StreamExt;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex, watch};

/// What the runtime has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sighting {
    /// Containers by uid of their pod.
    pub(crate) pods: Arc<HashMap<String, Vec<ContainerState>>>,
    /// It was seen at least once.
    pub(crate) seen: bool,
    /// Why it cannot be seen now; the containers are as they were.
    pub(crate) trouble: Option<String>,
}

pub(crate) struct Sight {
    runtime: Arc<dyn Runtime>,
    shown: watch::Sender<Sighting>,
    asked: AtomicU64,
    answered: Mutex<u64>,
}

impl Sight {
    pub(crate) fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self {
            runtime,
            shown: watch::Sender::new(Sighting::default()),
            asked: AtomicU64::new(0),
            answered: Mutex::new(0),
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Sighting> {
        self.shown.subscribe()
    }

    /// The containers of one pod, as last seen.
    pub(crate) fn of(&self, uid: &str) -> Vec<ContainerState> {
        self.shown.borrow().pods.get(uid).cloned().unwrap_or_default()
    }

    /// Looks; what was done before is seen afterwards. Those who ask meanwhile share one look.
    pub(crate) async fn look(&self) -> bool {
        let ticket = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut answered = self.answered.lock().await;
        if *answered >= ticket {
            return self.shown.borrow().trouble.is_none();
        }
        let upto = self.asked.load(Ordering::SeqCst);
        let list = self.runtime.list().await;
        *answered = upto;
        match list {
            Ok(list) => {
                let mut pods: HashMap<String, Vec<ContainerState>> = HashMap::new();
                for container in list {
                    if let Some(uid) = container.labels.get(labels::UID) {
                        pods.entry(uid.clone()).or_default().push(container);
                    }
                }
                self.shown.send_if_modified(|s| {
                    let new = !s.seen || s.trouble.is_some() || *s.pods != pods;
                    if new {
                        *s = Sighting { pods: Arc::new(pods), seen: true, trouble: None };
                    }
                    new
                });
                true
            }
            Err(error) => {
                self.blind(error.to_string());
                false
            }
        }
    }

    /// Looks after every change, for ever; a runtime that went away is waited for.
    pub(crate) async fn follow(&self) {
        let mut pause = FIRST;
        loop {
            match self.runtime.events().await {
                Ok(events) => {
                    // What happened before the events began is seen now.
                    if self.look().await {
                        pause = FIRST;
                        let mut events = events.ready_chunks(256);
                        while events.next().await.is_some() {
                            self.look().await;
                        }
                        self.blind("the runtime's events ended".into());
                        tracing::warn!("the container runtime went away; its containers go on");
                    }
                }
                Err(error) => self.blind(error.to_string()),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    fn blind(&self, why: String) {
        self.shown.send_if_modified(|s| {
            let new = s.trouble.is_none();
            s.trouble = Some(why);
            new
        });
    }
}

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
