//! One pod's worker: sees, decides, and lets steps be done side by side.

mod noting;

use super::{
    Input, Report, Shared,
    report::{Reporter, report},
};
use crate::{
    act::{Failure, Job, Outcome},
    labels,
    observed::{Doing, Health, Mounted, Observed, Slot, Trouble},
    plan::{Step, plan, wake},
    probes::{Answer, Asked, Question, questions},
    restart::retry,
    sight::Sighting,
    stage::{Stage, container_of, containers_of, leaving, overdue, stage},
    status::{Host, status},
};
use agent_network::Sandbox;
use agent_runtime::Phase;
use agent_volumes::Volumes;
use shared_api::{
    Timestamp,
    core::{Container, Pod, PodStatus},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    task::{AbortHandle, Id, JoinError, JoinSet},
};

/// How far the work at a slot is.
type Progress = (Slot, String);

pub(super) struct Worker {
    shared: Arc<Shared>,
    uid: String,
    input: watch::Receiver<Input>,
    sight: watch::Receiver<Sighting>,
    seen: Observed,
    sandbox: Option<Sandbox>,
    jobs: JoinSet<Outcome>,
    slots: HashMap<Id, (Slot, bool)>,
    stops: BTreeMap<Slot, AbortHandle>,
    probes: JoinSet<()>,
    asking: HashMap<(String, Question), AbortHandle>,
    answers: (mpsc::Sender<Answer>, mpsc::Receiver<Answer>),
    progress: (mpsc::Sender<Progress>, mpsc::Receiver<Progress>),
    ending: watch::Sender<bool>,
    report: Report,
    reporter: Option<Reporter>,
    words: HashMap<String, String>,
    mounts: u64,
    told: Option<PodStatus>,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        uid: &str,
        input: watch::Receiver<Input>,
        sandbox: Option<Sandbox>,
    ) -> Self {
        let pod = Arc::clone(&input.borrow().pod);
        let (report, reporter) = report(Arc::clone(&shared), &pod);
        let held = shared.volumes.held(uid);
        let seen = Observed {
            volumes: if held { Mounted::Something } else { Mounted::Nothing },
            health: remembered(&pod),
            ..Observed::default()
        };
        Self {
            sight: shared.sight.subscribe(),
            shared,
            uid: uid.into(),
            input,
            seen,
            sandbox,
            jobs: JoinSet::new(),
            slots: HashMap::new(),
            stops: BTreeMap::new(),
            probes: JoinSet::new(),
            asking: HashMap::new(),
            answers: mpsc::channel(16),
            progress: mpsc::channel(16),
            ending: watch::Sender::new(false),
            report,
            reporter: Some(reporter),
            words: HashMap::new(),
            mounts: 0,
            told: None,
        }
    }

    /// Keeps the pod until nothing of it is left.
    pub(super) async fn run(mut self) {
        let Some(reporter) = self.reporter.take() else { return };
        let reporting = tokio::spawn(reporter.run());
        // Aborted with the worker, not with what it did last.
        let _guard = AbortOnDrop(reporting.abort_handle());
        let mut refresh = tokio::time::interval(self.shared.options.refresh);
        refresh.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        refresh.reset();
        loop {
            let input = self.input.borrow_and_update().clone();
            let blind = self.observe(&input).await;
            let now = (self.shared.options.clock)();
            if !blind {
                self.decide(&input, now);
            }
            let pause = wake(&input.pod, &self.seen, now).map(|at| until(at, now));
            tokio::select! {
                told = self.input.changed() => if told.is_err() { return },
                seen = self.sight.changed() => if seen.is_err() { return },
                Some(done) = self.jobs.join_next_with_id(), if !self.jobs.is_empty() => {
                    if self.note(done, &input.pod) {
                        return;
                    }
                }
                Some(answer) = self.answers.1.recv() => {
                    self.seen.health.entry(answer.id).or_default().note(answer.question, answer.yes);
                }
                Some((slot, text)) = self.progress.1.recv() => {
                    if let Some(Doing::Making(progress)) = self.seen.busy.get_mut(&slot) {
                        *progress = Some(text);
                    }
                }
                () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
                _ = refresh.tick(), if self.seen.volumes == Mounted::Ready => {
                    if Volumes::changing(&input.pod) {
                        self.mounts = u64::MAX;
                    }
                }
            }
        }
    }

    /// Sees what there is; true when nothing can be seen now.
    async fn observe(&mut self, input: &Input) -> bool {
        let sighting = self.sight.borrow_and_update().clone();
        self.seen.gone = input.gone;
        self.seen.pending.clone_from(&input.pending);
        self.seen.refused = input.refused;
        self.seen.address = self.sandbox.as_ref().map(|s| s.ip.to_string());
        let states = sighting.pods.get(&self.uid);
        let mut containers: Vec<_> = states.into_iter().flatten().filter_map(labels::read).collect();
        for seen in &mut containers {
            if matches!(seen.phase, Phase::Exited { .. }) {
                if !self.words.contains_key(&seen.id) {
                    let words = self.shared.last_words(&input.pod, seen).await;
                    self.words.insert(seen.id.clone(), words);
                }
                let words = self.words.get(&seen.id).cloned();
                seen.message = seen.message.take().or(words);
            }
        }
        self.seen.health.retain(|id, _| containers.iter().any(|c| c.id == *id && c.alive()));
        self.words.retain(|id, _| containers.iter().any(|c| c.id == *id));
        self.seen.containers = containers;
        if input.mounts != self.mounts {
            self.mounts = input.mounts;
            if self.seen.volumes == Mounted::Ready && Volumes::changing(&input.pod) {
                self.refresh(&input.pod);
            }
        }
        sighting.trouble.is_some()
    }

    fn decide(&mut self, input: &Input, now: Timestamp) {
        let pod = &input.pod;
        let stage = stage(pod, &self.seen, now);
        if stage == Stage::Ending && !self.ending.send_replace(true) && overdue(pod, now) {
            noting::overdue(self.shared.recorder(), pod);
        }
        self.tell(pod, now);
        self.ask(pod, &stage);
        for step in plan(pod, &self.seen, now) {
            tracing::debug!(pod = pod.metadata.name, ?step, "step");
            self.begin(pod, step);
        }
        // What was begun may be worth telling: a pull that begins shows in no other way.
        self.tell(pod, now);
    }

    /// Tells the cluster how the pod is.
    fn tell(&mut self, pod: &Pod, now: Timestamp) {
        // Once the end has begun there is less and less to see; the last report stands.
        let parting =
            self.seen.busy.contains_key(&Slot::Farewell) || self.seen.troubles.contains_key(&Slot::Farewell);
        if self.seen.gone || (parting && leaving(pod, &self.seen)) {
            return;
        }
        let status = status(pod, &self.seen, &Host { ip: &self.shared.options.host_ip }, now);
        self.report.tell(&status, pod);
        let old = self.told.as_ref().or(pod.status.as_ref());
        noting::note(self.shared.recorder(), pod, old, &status);
        noting::pending(self.shared.recorder(), pod, old, self.seen.pending.as_ref());
        noting::refused(self.shared.recorder(), pod, old, &status);
        self.told = Some(status);
    }

    /// Begins the questions that running containers are to be asked, and ends others.
    fn ask(&mut self, pod: &Arc<Pod>, stage: &Stage) {
        let mut wanted = Vec::new();
        let Some(spec) = &pod.spec else { return };
        for container in containers_of(spec) {
            let Some(seen) = self.seen.newest(&container.name) else { continue };
            let Phase::Running { started_at } = seen.phase else { continue };
            let making = matches!(self.seen.doing(&container.name), Some(Doing::Making(_)));
            let over = matches!(stage, Stage::Ended | Stage::Removing);
            if making || over {
                continue;
            }
            for question in questions(container, self.seen.health(&seen.id)) {
                // Whoever is about to be ended is not asked whether it is well.
                if question == Question::Readiness
                    || (*stage != Stage::Ending && self.seen.doing(&container.name).is_none())
                {
                    wanted.push((seen.id.clone(), question, container.clone(), started_at));
                }
            }
        }
        self.asking.retain(|key, task| {
            let keep = wanted.iter().any(|(id, question, ..)| *key == (id.clone(), *question));
            if !keep {
                task.abort();
            }
            keep
        });
        while self.probes.try_join_next().is_some() {}
        let now = (self.shared.options.clock)();
        for (id, question, container, started_at) in wanted {
            let key = (id.clone(), question);
            if self.asking.contains_key(&key) {
                continue;
            }
            let age = u64::try_from(now.as_nanosecond() - i128::from(started_at)).unwrap_or(0);
            let asked = Asked {
                runtime: Arc::clone(&self.shared.runtime),
                recorder: self.shared.recorder().clone(),
                pod: Arc::clone(pod),
                container,
                id,
                ip: self.shared.address(self.sandbox.as_ref()),
                age: Duration::from_nanos(age),
            };
            let task = self.probes.spawn(asked.ask(question, self.answers.0.clone()));
            self.asking.insert(key, task);
        }
    }

    fn begin(&mut self, pod: &Arc<Pod>, step: Step) {
        let (shared, pod) = (Arc::clone(&self.shared), Arc::clone(pod));
        let sandbox = self.sandbox.clone();
        match step {
            Step::CreateSandbox => self
                .spawn(Slot::Sandbox, Doing::Making(None), async move { shared.create_sandbox(&pod).await }),
            Step::Mount => {
                self.spawn(Slot::Volumes, Doing::Making(None), async move { shared.mount(&pod).await });
            }
            Step::Start { name, attempt, streak } => {
                let found = pod.spec.as_ref().and_then(|s| container_of(s, &name));
                let Some(container) = found else { return };
                let slot = Slot::Container(name);
                let (tell, about) = (self.progress.0.clone(), slot.clone());
                // Progress that nobody has read yet is overtaken by what comes next.
                let progress = Arc::new(move |text| drop(tell.try_send((about.clone(), text))));
                let ending = self.ending.subscribe();
                let job = Job { pod, container, attempt, streak, sandbox, ending, progress };
                self.spawn(slot, Doing::Making(None), async move { shared.start(job).await });
            }
            Step::Stop { id, name, grace, why } => {
                let found = pod.spec.as_ref().and_then(|s| container_of(s, &name));
                let container =
                    found.unwrap_or_else(|| Container { name: name.clone(), ..Container::default() });
                let slot = Slot::Container(name);
                if let Some(slower) = self.stops.remove(&slot) {
                    slower.abort();
                }
                self.spawn(slot, Doing::Stopping(grace), async move {
                    shared.stop(&pod, &container, &id, grace, why, sandbox.as_ref()).await
                });
            }
            Step::Resize { id, name } => {
                let found = pod.spec.as_ref().and_then(|s| container_of(s, &name));
                let Some(container) = found else { return };
                self.spawn(Slot::Resources(id.clone()), Doing::Making(None), async move {
                    shared.resize(&pod, &container, &id).await
                });
            }
            Step::Remove { id } => {
                let Some(seen) = self.seen.containers.iter().find(|c| c.id == id) else { return };
                let (name, attempt) = (seen.name.clone(), seen.attempt);
                self.spawn(Slot::Removal(id.clone()), Doing::Making(None), async move {
                    shared.remove(&pod, &id, &name, attempt).await
                });
            }
            Step::Release => {
                self.spawn(
                    Slot::Farewell,
                    Doing::Making(None),
                    async move { shared.release(&pod).await.into() },
                );
            }
            Step::Finish => {
                let last = (!self.seen.gone).then(|| self.report.clone());
                self.spawn_last(Slot::Farewell, async move { shared.finish(&pod, last).await.into() });
            }
        }
    }

    /// Reads again what the pod mounts, beside everything else.
    fn refresh(&mut self, pod: &Arc<Pod>) {
        if self.seen.busy.contains_key(&Slot::Volumes) {
            return;
        }
        let (shared, pod) = (Arc::clone(&self.shared), Arc::clone(pod));
        self.spawn(Slot::Volumes, Doing::Making(None), async move { shared.mount(&pod).await });
    }

    fn spawn(&mut self, slot: Slot, doing: Doing, work: impl Future<Output = Outcome> + Send + 'static) {
        let task = self.jobs.spawn(work);
        self.slots.insert(task.id(), (slot.clone(), false));
        if matches!(doing, Doing::Stopping(_)) {
            self.stops.insert(slot.clone(), task);
        }
        self.seen.busy.insert(slot, doing);
    }

    fn spawn_last(&mut self, slot: Slot, work: impl Future<Output = Outcome> + Send + 'static) {
        let task = self.jobs.spawn(work);
        self.slots.insert(task.id(), (slot.clone(), true));
        self.seen.busy.insert(slot, Doing::Making(None));
    }

    /// Takes note of what came of a step; true when nothing is left of the pod.
    fn note(&mut self, done: Result<(Id, Outcome), JoinError>, pod: &Pod) -> bool {
        let (id, outcome) = match done {
            Ok((id, outcome)) => (id, outcome),
            // Overruled by a quicker one, which has the slot now.
            Err(error) if error.is_cancelled() => {
                self.slots.remove(&error.id());
                return false;
            }
            Err(error) => (error.id(), Outcome::Failed(Failure::new("InternalError", &error))),
        };
        let Some((slot, last)) = self.slots.remove(&id) else { return false };
        self.seen.busy.remove(&slot);
        self.stops.remove(&slot);
        match outcome {
            Outcome::Done(sandbox) => {
                self.seen.troubles.remove(&slot);
                match slot {
                    Slot::Sandbox => self.sandbox = sandbox,
                    Slot::Volumes => self.seen.volumes = Mounted::Ready,
                    Slot::Farewell if last => {
                        tracing::info!(pod = pod.metadata.name, namespace = pod.metadata.namespace, "ended");
                        return true;
                    }
                    Slot::Farewell => {
                        self.sandbox = None;
                        self.seen.volumes = Mounted::Nothing;
                    }
                    Slot::Container(_) | Slot::Resources(_) | Slot::Removal(_) => {}
                }
            }
            Outcome::Failed(Failure { reason, message }) => {
                tracing::warn!(pod = pod.metadata.name, namespace = pod.metadata.namespace, ?slot, reason, error = %message, "step failed");
                let at = (self.shared.options.clock)();
                let count =
                    self.seen.troubles.get(&slot).filter(|t| t.reason == reason).map_or(0, |t| t.count) + 1;
                let retry_at = at.checked_add(retry(reason, count)).unwrap_or(Timestamp::MAX);
                self.seen
                    .troubles
                    .insert(slot, Trouble { reason: reason.into(), message, count, at, retry_at });
            }
            Outcome::Dropped => {}
        }
        false
    }
}

/// What the cluster remembers of containers that were asked before: a restarted agent does not take
/// a ready pod out of service until it has asked again.
fn remembered(pod: &Pod) -> BTreeMap<String, Health> {
    let status = pod.status.as_ref();
    let all = status.into_iter().flat_map(|s| {
        s.container_statuses.iter().flatten().chain(s.init_container_statuses.iter().flatten())
    });
    let health = all.filter(|s| s.state.as_ref().is_some_and(|s| s.running.is_some())).filter_map(|s| {
        let id = s.container_id.as_deref()?.strip_prefix("containerd://")?;
        let health = Health { startup: s.started.filter(|s| *s), readiness: Some(s.ready), liveness: None };
        Some((id.to_owned(), health))
    });
    health.collect()
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    // A millisecond more, so that the moment has surely come.
    Duration::from_nanos(u64::try_from(at.as_nanosecond() - now.as_nanosecond()).unwrap_or(0))
        + Duration::from_millis(1)
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
