//! The loop: observes, lets the controller decide, acts.

use crate::{
    Controller, Plan,
    act::{Actor, Outcome},
    ear::{Inbox, listen},
    note::reference,
    queue::{Ending, Queue},
};
use futures::{StreamExt, stream::FuturesUnordered};
use shared_api::{GroupKind, Key, Query, Timestamp, core::ObjectReference};
use shared_client::{Cluster, Live, World};
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::{task::JoinSet, time::Instant};

/// How many objects one controller works on at a time.
const AT_ONCE: usize = 16;
/// How many decisions are taken before the world may be changed again.
const IN_A_ROW: usize = 64;

/// What the one watch of a process has to follow so that these controllers see all they read.
pub fn queries(controllers: &[Arc<dyn Controller>]) -> Vec<Query> {
    let kinds: BTreeSet<GroupKind> = controllers.iter().flat_map(|c| c.reads()).collect();
    if kinds.contains(&GroupKind::every()) {
        return vec![Query::everything()];
    }
    kinds.into_iter().map(Query::all).collect()
}

/// Runs every controller, each through its own door to the cluster, until the future is dropped.
pub async fn run_all(
    controllers: Vec<Arc<dyn Controller>>,
    live: Arc<Live>,
    cluster_for: impl Fn(&'static str) -> Arc<dyn Cluster>,
) {
    let mut tasks = JoinSet::new();
    // Subscribed before anything is looked at: what comes later is heard.
    let changes = live.changes();
    let mut all = Vec::new();
    for controller in controllers {
        let (cluster, inbox) = (cluster_for(controller.name()), Arc::<Inbox>::default());
        all.push((Arc::clone(&controller), Arc::clone(&inbox)));
        tasks.spawn(run(controller, Arc::clone(&live), inbox, cluster));
    }
    tasks.spawn(listen(changes, live, all));
    // Dropping the set ends them all; none ends by itself.
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a controller stopped");
        }
    }
}

/// Keeps one controller's promise, until the future is dropped.
async fn run(controller: Arc<dyn Controller>, live: Arc<Live>, inbox: Arc<Inbox>, cluster: Arc<dyn Cluster>) {
    let reads: BTreeSet<GroupKind> = controller.reads().into_iter().collect();
    let mut standing = live.standing();
    live.synced().await;
    let mut queue = Queue::new(controller.alone());
    controller.everything(&live.read()).into_iter().for_each(|key| queue.add(key));
    let mut busy = FuturesUnordered::new();
    loop {
        // A picture with holes would look like a world of deleted objects.
        if !standing.borrow_and_update().synced && standing.wait_for(|s| s.synced).await.is_err() {
            return;
        }
        inbox.empty(&*controller, &live, &mut queue);
        // Said before the world is looked at, so that what it shows in between is heard of.
        inbox.awaits(queue.awaits());
        queue.observed(live.read().revision());
        let (decided, more) = decide(&*controller, &live, &mut queue, AT_ONCE.saturating_sub(busy.len()));
        for decision in decided {
            busy.push(perform(&*cluster, controller.name(), &reads, decision));
        }
        if more {
            tokio::task::yield_now().await;
            continue;
        }
        let wakes = queue.wakes().unwrap_or_else(|| Instant::now() + Duration::from_hours(1));
        tokio::select! {
            () = inbox.wait() => {}
            Some((key, outcome, again)) = busy.next() => {
                queue.done(key, outcome.ending, outcome.wrote, again, Instant::now());
            }
            () = tokio::time::sleep_until(wakes) => {}
        }
    }
}

/// What was decided about a key.
struct Decision {
    key: Key,
    plan: Plan,
    about: Option<ObjectReference>,
    now: Timestamp,
}

/// Decides about what is due, until `room` plans have something to do; and whether more may be due.
fn decide(controller: &dyn Controller, live: &Live, queue: &mut Queue, room: usize) -> (Vec<Decision>, bool) {
    let mut decided = Vec::new();
    let mut moment = None;
    for _ in 0..IN_A_ROW {
        if decided.len() >= room {
            return (decided, false);
        }
        let Some(key) = queue.next(Instant::now()) else { return (decided, false) };
        let world = moment.get_or_insert_with(|| live.now());
        let Some(plan) = guarded(controller, &key, world) else {
            queue.done(key, Ending::Refused, 0, None, Instant::now());
            continue;
        };
        if plan.changes.is_empty() {
            queue.done(key, Ending::Done, 0, plan.again_in, Instant::now());
            continue;
        }
        let about = world.object(&key).map(reference);
        decided.push(Decision { key, plan, about, now: world.now() });
    }
    (decided, true)
}

/// One object that makes a controller fail does not keep it from the others.
fn guarded(controller: &dyn Controller, key: &Key, world: &World) -> Option<Plan> {
    let plan = catch_unwind(AssertUnwindSafe(|| controller.decide(key, world))).ok();
    if plan.is_none() {
        tracing::error!(controller = controller.name(), %key, "failed to decide; this is a bug");
    }
    plan
}

async fn perform(
    cluster: &dyn Cluster,
    name: &'static str,
    reads: &BTreeSet<GroupKind>,
    decision: Decision,
) -> (Key, Outcome, Option<Duration>) {
    let Decision { key, plan, about, now } = decision;
    let failing = plan.failing.map(|condition| (key.clone(), condition));
    tracing::debug!(controller = name, %key, changes = plan.changes.len(), "acting");
    let actor = Actor { cluster, name, reads, about, failing, now };
    let outcome = actor.perform(plan.changes).await;
    (key, outcome, plan.again_in)
}
