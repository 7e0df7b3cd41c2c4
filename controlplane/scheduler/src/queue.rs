//! The pods that wait for a node, the most important and the oldest first.

use shared_api::{Key, Timestamp, core::Pod};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Pods without a node: those to be tried, and those for which nothing was found as things stood.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: HashMap<Key, Arc<Pod>>,
    due: BTreeSet<Rank>,
}

type Rank = (Reverse<i32>, Option<Timestamp>, Key);

impl Queue {
    /// A pod waits. It is tried unless it was before and nothing about it changed that matters.
    pub(crate) fn add(&mut self, key: Key, pod: &Arc<Pod>) {
        let old = self.waiting.insert(key.clone(), Arc::clone(pod));
        let same = old.as_ref().is_some_and(|old| {
            old.metadata.uid == pod.metadata.uid
                && old.spec == pod.spec
                && old.metadata.labels == pod.metadata.labels
        });
        if same {
            return;
        }
        if let Some(old) = old {
            self.due.remove(&rank(key.clone(), &old));
        }
        self.due.insert(rank(key, pod));
    }

    /// A pod waits no more.
    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(pod) = self.waiting.remove(key) {
            self.due.remove(&rank(key.clone(), &pod));
        }
    }

    /// The next pod to try. It keeps waiting until it is removed.
    pub(crate) fn next(&mut self) -> Option<(Key, Arc<Pod>)> {
        while let Some((_, _, key)) = self.due.pop_first() {
            if let Some(pod) = self.waiting.get(&key) {
                return Some((key, Arc::clone(pod)));
            }
        }
        None
    }

    /// Things changed: every pod that waits is worth another try.
    pub(crate) fn reconsider(&mut self) {
        self.due = self.waiting.iter().map(|(key, pod)| rank(key.clone(), pod)).collect();
    }
}

fn rank(key: Key, pod: &Pod) -> Rank {
    let priority = pod.spec.as_ref().and_then(|s| s.priority).unwrap_or(0);
    (Reverse(priority), pod.metadata.creation_timestamp.as_ref().map(|t| t.0), key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::{MetaWords, PodWords, moment, pod};

    fn add(queue: &mut Queue, pod: Pod) {
        queue.add(Key::from_kind(&pod), &Arc::new(pod));
    }

    fn order(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.next()).map(|(key, _)| key.name).collect()
    }

    #[test]
    fn important_then_old_pods_come_first() {
        let mut queue = Queue::default();
        let later = Timestamp::from_second(moment().as_second() + 9).unwrap();
        let mut urgent = pod("urgent").created(later);
        urgent.spec_mut().priority = Some(9);
        add(&mut queue, pod("young").created(later));
        add(&mut queue, pod("old"));
        add(&mut queue, urgent);
        assert_eq!(order(&mut queue), ["urgent", "old", "young"]);
    }

    #[test]
    fn what_was_tried_waits_for_something_to_change() {
        let mut queue = Queue::default();
        add(&mut queue, pod("a"));
        assert_eq!(order(&mut queue), ["a"]);
        add(&mut queue, pod("a").condition("PodScheduled", "False"));
        assert_eq!(order(&mut queue), [""; 0], "its status is not what it asks for");
        add(&mut queue, pod("a").requests("cpu", "1"));
        assert_eq!(order(&mut queue), ["a"]);
        queue.reconsider();
        assert_eq!(order(&mut queue), ["a"]);
        queue.reconsider();
        queue.remove(&Key::of::<Pod>("default", "a"));
        assert_eq!(order(&mut queue), [""; 0]);
    }
}
