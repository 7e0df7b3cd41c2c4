//! The loop: observes, decides, binds.

use crate::{
    state::{State, Verdict},
    tell,
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use shared_api::{
    Key, Object, Query, Reason, Timestamp, WriteHow,
    core::{Node, Pod},
};
use shared_reconcile::{Cluster, Live, bind, record};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::broadcast::error::RecvError, time::Instant};

/// The scheduler's name, as events carry it; its user is `system:kube-scheduler`.
pub const NAME: &str = "default-scheduler";

/// How many pods are being bound at a time.
const AT_ONCE: usize = 64;
/// How many decisions are taken before events are looked at again.
const IN_A_ROW: usize = 64;
/// All that wait are tried again this often at most, however much changes.
const CALM: Duration = Duration::from_millis(250);
/// When a binding that was refused is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What the one watch of the process has to follow for the scheduler.
pub fn kinds() -> Vec<Query> {
    vec![Query::every::<Pod>(), Query::every::<Node>()]
}

/// Finds a node for every pod, until the future is dropped.
pub async fn run(live: Arc<Live>, cluster: Arc<dyn Cluster>) {
    let mut changes = live.changes();
    let mut standing = live.standing();
    live.synced().await;
    let mut state = State::default();
    state.look(&live.read());
    let mut busy: FuturesUnordered<BoxFuture<'_, Option<Key>>> = FuturesUnordered::new();
    let mut again: BTreeSet<(Instant, Key)> = BTreeSet::new();
    let mut calm_at = Instant::now();
    loop {
        if !standing.borrow_and_update().synced && standing.wait_for(|s| s.synced).await.is_err() {
            return;
        }
        let moment = Instant::now();
        while again.first().is_some_and(|(at, _)| *at <= moment) {
            let Some((_, key)) = again.pop_first() else { break };
            state.retry(&key, &live.read());
        }
        if state.freed && calm_at <= moment {
            state.reconsider();
            calm_at = moment + CALM;
        }
        let mut more = false;
        for n in 0..IN_A_ROW {
            if busy.len() >= AT_ONCE {
                break;
            }
            let Some(verdict) = state.decide() else { break };
            let now = live.now().now();
            busy.push(act(&*cluster, verdict, now).boxed());
            more = n + 1 == IN_A_ROW;
        }
        if more && busy.len() < AT_ONCE {
            tokio::task::yield_now().await;
        }
        let mut wakes = again.first().map_or(moment + Duration::from_hours(1), |(at, _)| *at);
        if state.freed {
            wakes = wakes.min(calm_at);
        }
        tokio::select! {
            events = changes.recv() => match events {
                Ok(events) => events.iter().for_each(|event| state.observe(event)),
                Err(RecvError::Lagged(missed)) => {
                    tracing::info!(missed, "looking at everything again");
                    state.look(&live.read());
                }
                Err(RecvError::Closed) => return,
            },
            Some(unbound) = busy.next() => {
                if let Some(key) = unbound {
                    state.forget(&key);
                    again.insert((Instant::now() + PAUSE, key));
                }
            }
            () = tokio::time::sleep_until(wakes) => {}
        }
    }
}

/// Binds, or says why not; the key of a pod for which that could not be done.
async fn act(cluster: &dyn Cluster, verdict: Verdict, now: Timestamp) -> Option<Key> {
    match verdict {
        Verdict::Bind { key, pod, node } => {
            let uid = pod.metadata.uid.as_deref().unwrap_or_default();
            let how = WriteHow { manager: Some(NAME.into()), ..WriteHow::default() };
            match bind(cluster, &key, uid, &node, &how).await {
                Ok(()) => {
                    tracing::info!(pod = %key, node, "bound");
                    record(cluster, NAME, tell::scheduled(&pod, &node), now).await;
                    None
                }
                Err(refusal) => {
                    let expected = matches!(refusal.reason, Reason::NotFound | Reason::Conflict);
                    if !expected {
                        tracing::warn!(pod = %key, node, error = %refusal, "not bound");
                        let why = format!("binding rejected: {}", refusal.message);
                        record(cluster, NAME, tell::failed(&pod, &why), now).await;
                    }
                    Some(key)
                }
            }
        }
        Verdict::Refuse { pod, why } => {
            let message = why.to_string();
            if let Some(told) = tell::unscheduled(&pod, "Unschedulable", &message, now) {
                tracing::info!(pod = %Key::from_kind(&*pod), why = message, "no node");
                let how = WriteHow { manager: Some(NAME.into()), ..WriteHow::status() };
                if let Err(refusal) = cluster.update(Object::from_kind(&told), &how).await {
                    tracing::debug!(error = %refusal, "condition not written");
                    return Some(Key::from_kind(&*pod));
                }
                record(cluster, NAME, tell::failed(&pod, &message), now).await;
            }
            None
        }
    }
}
