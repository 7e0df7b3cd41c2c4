//! A [`Runtime`] in memory, for tests: what is asked is done at once and written down, and the test
//! plays the world: `fake.exit(id, 1)`, `fake.refuse_pull(image, why)`, `fake.disappear()`.
//!
//! Its clock counts calls, so that a test sees the same times on every run; [`Fake::set_now`] moves it.

mod process;

use crate::{
    Changed, ContainerSpec, ContainerState, Credentials, Error, Exec, Image, OnProgress, Phase, Process,
    Progress, Resources, Result, Runtime, Usage,
};
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// What was asked of the fake, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// [`Runtime::pull`] of this image.
    Pull(String),
    /// [`Runtime::create`] of this container.
    Create(String),
    /// [`Runtime::start`].
    Start(String),
    /// [`Runtime::kill`] with this signal.
    Kill(String, i32),
    /// [`Runtime::remove`].
    Remove(String),
    /// [`Runtime::exec`] of this command.
    Exec(String, Vec<String>),
    /// [`Runtime::probe`] with this command.
    Probe(String, Vec<String>),
}

/// The runtime in memory.
pub struct Fake {
    state: Mutex<State>,
}

struct State {
    now: i64,
    gone: bool,
    containers: BTreeMap<String, (ContainerSpec, ContainerState)>,
    images: BTreeMap<String, Image>,
    refused_pulls: BTreeMap<String, String>,
    refused_creates: BTreeMap<String, String>,
    refused_starts: BTreeMap<String, String>,
    stubborn: BTreeSet<String>,
    probe: (i32, String),
    usage: BTreeMap<String, Usage>,
    calls: Vec<Call>,
    changes: Option<broadcast::Sender<Changed>>,
}

impl Default for Fake {
    fn default() -> Self {
        Self::new()
    }
}

impl Fake {
    /// An empty node: no containers, no images; every pull succeeds and every probe answers 0.
    pub fn new() -> Self {
        let state = State {
            now: 1_700_000_000_000_000_000,
            gone: false,
            containers: BTreeMap::new(),
            images: BTreeMap::new(),
            refused_pulls: BTreeMap::new(),
            refused_creates: BTreeMap::new(),
            refused_starts: BTreeMap::new(),
            stubborn: BTreeSet::new(),
            probe: (0, String::new()),
            usage: BTreeMap::new(),
            calls: Vec::new(),
            changes: Some(broadcast::channel(1024).0),
        };
        Self { state: Mutex::new(state) }
    }

    /// The container's process ends with `code`.
    pub fn exit(&self, id: &str, code: i32) {
        self.lock().end(id, code, false);
    }

    /// Memory ran out in the container.
    pub fn oom(&self, id: &str) {
        self.lock().end(id, 137, true);
    }

    /// The image is present, without a pull.
    pub fn put_image(&self, name: &str) -> Image {
        self.lock().image(name)
    }

    /// As [`Fake::put_image`], with all that is known of it.
    pub fn put(&self, image: &Image) {
        let mut state = self.lock();
        for name in image.names.clone() {
            state.images.insert(name, image.clone());
        }
    }

    /// Pulls of this image fail from now on.
    pub fn refuse_pull(&self, image: &str, why: &str) {
        self.lock().refused_pulls.insert(image.into(), why.into());
    }

    /// Pulls of this image succeed again.
    pub fn allow_pull(&self, image: &str) {
        self.lock().refused_pulls.remove(image);
    }

    /// Containers of this image cannot be made from now on ([`Error::Invalid`]).
    pub fn refuse_create(&self, image: &str, why: &str) {
        self.lock().refused_creates.insert(image.into(), why.into());
    }

    /// Containers of this image cannot be started from now on ([`Error::Unstartable`]).
    pub fn refuse_start(&self, image: &str, why: &str) {
        self.lock().refused_starts.insert(image.into(), why.into());
    }

    /// The container ignores every signal but `SIGKILL`.
    pub fn stubborn(&self, id: &str) {
        self.lock().stubborn.insert(id.into());
    }

    /// What every probe and exec answers: exit status and output.
    pub fn probes_answer(&self, code: i32, output: &str) {
        self.lock().probe = (code, output.into());
    }

    /// What [`Runtime::usage`] says of the container.
    pub fn set_usage(&self, id: &str, usage: Usage) {
        self.lock().usage.insert(id.into(), usage);
    }

    /// Nanoseconds since 1970 of the next thing that happens.
    pub fn set_now(&self, now: i64) {
        self.lock().now = now;
    }

    /// containerd goes away: every call fails, event streams end; containers go on.
    pub fn disappear(&self) {
        let mut state = self.lock();
        state.gone = true;
        state.changes = None;
    }

    /// containerd is back.
    pub fn come_back(&self) {
        let mut state = self.lock();
        state.gone = false;
        state.changes = Some(broadcast::channel(1024).0);
    }

    /// All that was asked so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Images whose pull was asked for, in order.
    pub fn pulls(&self) -> Vec<String> {
        let pulled = |call: &Call| if let Call::Pull(image) = call { Some(image.clone()) } else { None };
        self.lock().calls.iter().filter_map(pulled).collect()
    }

    /// What the container was made from.
    pub fn spec(&self, id: &str) -> Option<ContainerSpec> {
        self.lock().containers.get(id).map(|(spec, _)| spec.clone())
    }

    /// What every container was made from, by id.
    pub fn specs(&self) -> Vec<ContainerSpec> {
        self.lock().containers.values().map(|(spec, _)| spec.clone()).collect()
    }

    /// The container with this label value, when there is one.
    pub fn labelled(&self, key: &str, value: &str) -> Option<ContainerState> {
        let state = self.lock();
        let mut all = state.containers.values().map(|(_, container)| container);
        all.find(|container| container.labels.get(key).is_some_and(|v| v == value)).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.lock();
        state.now += 1_000_000;
        if state.gone {
            return Err(Error::Unreachable { socket: "fake".into(), why: "it was told to disappear".into() });
        }
        Ok(state)
    }
}

impl State {
    fn tell(&self, id: &str) {
        if let Some(changes) = &self.changes {
            let _ = changes.send(Changed { id: id.into() });
        }
    }

    fn end(&mut self, id: &str, code: i32, oom: bool) {
        self.now += 1_000_000;
        let now = self.now;
        let Some((_, container)) = self.containers.get_mut(id) else { return };
        let started_at = match container.phase {
            Phase::Exited { .. } => return,
            Phase::Created => now,
            Phase::Running { started_at } => started_at,
        };
        container.phase = Phase::Exited { started_at, finished_at: now, code, oom };
        container.pid = None;
        self.tell(id);
    }

    fn image(&mut self, name: &str) -> Image {
        let made = || Image {
            id: format!("sha256:{:064x}", name.len()),
            digest: format!("{name}@sha256:{:064x}", name.len()),
            size: 1 << 20,
            names: vec![name.into()],
            user: None,
            user_name: None,
        };
        self.images.entry(name.into()).or_insert_with(made).clone()
    }

    fn running(&self, id: &str) -> Result<()> {
        match self.containers.get(id).map(|(_, container)| &container.phase) {
            None => Err(Error::NotFound(format!("container {id}"))),
            Some(Phase::Running { .. }) => Ok(()),
            Some(Phase::Created | Phase::Exited { .. }) => {
                Err(Error::Failed { what: "exec", why: format!("container {id} is not running") })
            }
        }
    }
}

#[async_trait]
impl Runtime for Fake {
    async fn pull(&self, image: &str, _: Option<&Credentials>, progress: OnProgress) -> Result<Image> {
        let mut state = self.reach()?;
        state.calls.push(Call::Pull(image.into()));
        if let Some(why) = state.refused_pulls.get(image) {
            return Err(Error::Pull { image: image.into(), why: why.clone() });
        }
        let pulled = state.image(image);
        progress(Progress { total: pulled.size, done: pulled.size });
        Ok(pulled)
    }

    async fn image(&self, image: &str) -> Result<Option<Image>> {
        Ok(self.reach()?.images.get(image).cloned())
    }

    async fn images(&self) -> Result<Vec<Image>> {
        Ok(self.reach()?.images.values().cloned().collect())
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<()> {
        let mut state = self.reach()?;
        state.calls.push(Call::Create(spec.id.clone()));
        if let Some(why) = state.refused_creates.get(&spec.image) {
            return Err(Error::Invalid(why.clone()));
        }
        if !state.images.contains_key(&spec.image) {
            return Err(Error::NotFound(format!("image {}", spec.image)));
        }
        if state.containers.contains_key(&spec.id) {
            return Ok(());
        }
        let container = ContainerState {
            id: spec.id.clone(),
            labels: spec.labels.clone(),
            image: spec.image.clone(),
            resources: Some(spec.resources.clone()),
            phase: Phase::Created,
            why: None,
            pid: None,
            created_at: state.now / 1_000_000_000,
        };
        state.containers.insert(spec.id.clone(), (spec.clone(), container));
        state.tell(&spec.id);
        Ok(())
    }

    async fn start(&self, id: &str) -> Result<()> {
        let mut state = self.reach()?;
        state.calls.push(Call::Start(id.into()));
        let started_at = state.now;
        let pid = 1000 + u32::try_from(state.calls.len()).unwrap_or(0);
        let image = state.containers.get(id).map(|(_, container)| container.image.clone());
        if let Some(why) = image.and_then(|image| state.refused_starts.get(&image).cloned()) {
            if let Some((_, container)) = state.containers.get_mut(id) {
                let ended = Phase::Exited { started_at, finished_at: started_at, code: 128, oom: false };
                (container.phase, container.why) = (ended, Some(why.clone()));
                state.tell(id);
            }
            return Err(Error::Unstartable(why));
        }
        let Some((_, container)) = state.containers.get_mut(id) else {
            return Err(Error::NotFound(format!("container {id}")));
        };
        match container.phase {
            Phase::Created => {
                container.phase = Phase::Running { started_at };
                container.pid = Some(pid);
                state.tell(id);
                Ok(())
            }
            Phase::Running { .. } => Ok(()),
            Phase::Exited { .. } => Err(Error::Failed { what: "starting", why: format!("{id} has ended") }),
        }
    }

    async fn update(&self, id: &str, resources: &Resources) -> Result<()> {
        let mut state = self.reach()?;
        state.running(id)?;
        if let Some((_, container)) = state.containers.get_mut(id) {
            container.resources = Some(resources.clone());
        }
        state.tell(id);
        Ok(())
    }

    async fn kill(&self, id: &str, signal: i32) -> Result<()> {
        let mut state = self.reach()?;
        state.calls.push(Call::Kill(id.into(), signal));
        if signal == 9 || !state.stubborn.contains(id) {
            state.end(id, 128 + signal, false);
        }
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<()> {
        let mut state = self.reach()?;
        state.calls.push(Call::Remove(id.into()));
        if state.containers.remove(id).is_some() {
            state.tell(id);
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ContainerState>> {
        Ok(self.reach()?.containers.values().map(|(_, container)| container.clone()).collect())
    }

    async fn events(&self) -> Result<BoxStream<'static, Changed>> {
        let state = self.reach()?;
        let Some(changes) = &state.changes else {
            return Ok(futures::stream::empty().boxed());
        };
        Ok(BroadcastStream::new(changes.subscribe()).filter_map(|change| async move { change.ok() }).boxed())
    }

    async fn exec(&self, id: &str, exec: &Exec) -> Result<Process> {
        let mut state = self.reach()?;
        state.calls.push(Call::Exec(id.into(), exec.command.clone()));
        state.running(id)?;
        let (code, output) = state.probe.clone();
        Ok(process::answering(code, &output, exec.tty))
    }

    async fn attach(&self, id: &str, once: bool) -> Result<Process> {
        let state = self.reach()?;
        state.running(id)?;
        Ok(process::echoing(once))
    }

    async fn probe(&self, id: &str, command: &[String], _: Duration) -> Result<(i32, String)> {
        let mut state = self.reach()?;
        state.calls.push(Call::Probe(id.into(), command.to_vec()));
        state.running(id)?;
        Ok(state.probe.clone())
    }

    async fn usage(&self, id: &str) -> Result<Usage> {
        let state = self.reach()?;
        state.running(id)?;
        Ok(state.usage.get(id).copied().unwrap_or_default())
    }

    async fn version(&self) -> Result<String> {
        self.reach().map(|_| "fake://1".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_container_lives_and_ends_and_tells() {
        let fake = Fake::new();
        fake.put_image("busybox");
        let mut events = fake.events().await.unwrap();
        let spec = ContainerSpec { id: "a".into(), image: "busybox".into(), ..Default::default() };
        fake.create(&spec).await.unwrap();
        fake.start("a").await.unwrap();
        fake.exit("a", 3);
        for _ in 0..3 {
            assert_eq!(events.next().await.unwrap().id, "a");
        }
        let phase = fake.list().await.unwrap().remove(0).phase;
        assert!(matches!(phase, Phase::Exited { code: 3, oom: false, .. }), "{phase:?}");
        fake.disappear();
        assert!(events.next().await.is_none());
        assert!(matches!(fake.list().await, Err(Error::Unreachable { .. })));
    }

    #[tokio::test]
    async fn pulls_are_recorded_and_can_be_refused() {
        let fake = Fake::new();
        fake.refuse_pull("nope", "manifest unknown");
        assert!(fake.pull("nope", None, Box::new(|_| ())).await.is_err());
        assert_eq!(fake.pull("busybox", None, Box::new(|_| ())).await.unwrap().names, ["busybox"]);
        assert_eq!(fake.pulls(), ["nope", "busybox"]);
    }
}
