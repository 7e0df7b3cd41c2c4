//! Whether the node has room for what its pods newly ask for: what does not fit waits, and says why.

use crate::stage::sidecar;
use agent_volumes::Allocatable;
use shared_api::{
    Amount,
    core::{Container, Pod, PodSpec, ResourceRequirements, resources::request},
};
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Why a pod does not get what it now asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// `Deferred`: not now; `Infeasible`: never on this node.
    pub reason: &'static str,
    /// What there is too little of.
    pub message: String,
    /// What the event says: all that is asked for.
    pub told: String,
}

/// A pod as it was promised its resources, and why it is not given others.
pub(crate) type Waiting = (Arc<Pod>, Pending);

/// The pods of the node whose new resources have to wait, by uid. Who was told yes keeps it.
pub(crate) fn waiting(
    pods: &[Arc<Pod>],
    node: Allocatable,
    granted: &mut HashSet<String>,
) -> HashMap<String, Waiting> {
    let uid = |pod: &Pod| pod.metadata.uid.clone().unwrap_or_default();
    let mut asking: Vec<(&Arc<Pod>, Pod)> =
        pods.iter().filter_map(|pod| Some((pod, promised(pod)?))).collect();
    granted.retain(|known| asking.iter().any(|(pod, _)| uid(pod) == *known));
    if asking.is_empty() {
        return HashMap::new();
    }
    let room = ["cpu", "memory"].map(|what| {
        let has = if what == "cpu" { node.cpu } else { node.memory };
        (what, has)
    });
    let mut used = HashMap::new();
    for pod in pods.iter().filter(|p| !over(p)) {
        let old = asking.iter().find(|(p, _)| Arc::ptr_eq(p, pod)).map_or(&**pod, |(_, old)| old);
        for (what, _) in room {
            *used.entry(what).or_insert_with(Amount::default) += asks(old, what);
        }
    }
    // Who was granted it first, then who matters more.
    asking.sort_by_key(|(pod, _)| {
        let priority = pod.spec.as_ref().and_then(|s| s.priority).unwrap_or(0);
        (!granted.contains(&uid(pod)), Reverse(priority))
    });
    let mut waiting = HashMap::new();
    for (pod, old) in asking {
        let short = room.iter().find_map(|(what, has)| {
            let (asked, had) = (asks(pod, what), asks(&old, what));
            let others = used[what] - had;
            let number = |amount: Amount| if *what == "cpu" { amount.as_milli() } else { amount.as_whole() };
            if asked <= had {
                None
            } else if asked > *has {
                let (asked, has) = (number(asked), number(*has));
                let why = format!("Node didn't have enough capacity: {what}, requested: {asked}, capacity: {has}");
                Some(("Infeasible", why))
            } else if others + asked > *has && !granted.contains(&uid(pod)) {
                let (asked, used, has) = (number(asked), number(others), number(*has));
                let why = format!(
                    "Node didn't have enough resource: {what}, requested: {asked}, used: {used}, capacity: {has}"
                );
                Some(("Deferred", why))
            } else {
                None
            }
        });
        if let Some((reason, message)) = short {
            let told = format!("Pod resize {reason}: {}", summary(pod, &message));
            waiting.insert(uid(pod), (Arc::new(old), Pending { reason, message, told }));
        } else {
            granted.insert(uid(pod));
            for (what, _) in room {
                let sum = used[what] - asks(&old, what) + asks(pod, what);
                used.insert(what, sum);
            }
        }
    }
    waiting
}

/// The pod with the resources that it was promised, when it now asks for others.
fn promised(pod: &Arc<Pod>) -> Option<Pod> {
    let status = pod.status.as_ref().filter(|_| !over(pod))?;
    let told = || {
        let inits = status.init_container_statuses.iter().flatten();
        inits.chain(status.container_statuses.iter().flatten())
    };
    let had = |container: &Container| -> Option<ResourceRequirements> {
        let had = told().find(|s| s.name == container.name)?.resources.clone()?;
        (Some(&had) != container.resources.as_ref()).then_some(had)
    };
    let spec = pod.spec.as_ref()?;
    if !spec.containers.iter().chain(spec.init_containers.iter().flatten()).any(|c| had(c).is_some()) {
        return None;
    }
    let mut old = (**pod).clone();
    let spec = old.spec.as_mut()?;
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        if let Some(had) = had(container) {
            container.resources = Some(had);
        }
    }
    Some(old)
}

fn over(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// What a pod asks of its node.
fn asks(pod: &Pod, what: &str) -> Amount {
    let none = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&none);
    let of = |container: &Container| request(container, what).unwrap_or_default();
    let (staying, passing): (Vec<&Container>, Vec<&Container>) =
        spec.init_containers.iter().flatten().partition(|c| sidecar(c));
    let together =
        staying.into_iter().chain(&spec.containers).map(of).fold(Amount::default(), |sum, more| sum + more);
    let most = passing.into_iter().map(of).fold(together, Amount::max);
    most + spec.overhead.as_ref().and_then(|o| o.get(what)).map(Amount::of).unwrap_or_default()
}

/// All that a pod asks for, as Kubernetes tells it.
fn summary(pod: &Pod, why: &str) -> String {
    let none = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&none);
    let list = |containers: &[Container]| -> Vec<serde_json::Value> {
        containers.iter().map(|c| serde_json::json!({"name": c.name, "resources": c.resources})).collect()
    };
    let mut all = serde_json::json!({"containers": list(&spec.containers),
        "generation": pod.metadata.generation, "error": why});
    let inits = list(spec.init_containers.as_deref().unwrap_or_default());
    if !inits.is_empty() {
        all["initContainers"] = inits.into();
    }
    all.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A pod that had `had` and now asks for `asks`, in thousandths of a processor.
    fn pod(name: &str, had: i64, asks: i64) -> Arc<Pod> {
        let resources = |milli: i64| json!({"requests": {"cpu": format!("{milli}m"), "memory": "1Mi"}});
        Arc::new(
            serde_json::from_value(json!({
                "metadata": {"name": name, "uid": name, "generation": 2},
                "spec": {"containers": [{"name": "a", "image": "b", "resources": resources(asks)}]},
                "status": {"phase": "Running", "containerStatuses": [{"name": "a", "image": "b", "imageID": "",
                    "ready": true, "restartCount": 0, "resources": resources(had)}]}
            }))
            .unwrap(),
        )
    }

    fn waits(pods: &[Arc<Pod>], granted: &mut HashSet<String>) -> Vec<(String, &'static str, String)> {
        let node = Allocatable {
            cpu: Amount::milli(2000),
            memory: Amount::whole(1 << 30),
            ..Allocatable::default()
        };
        let all = waiting(pods, node, granted).into_iter();
        let mut all: Vec<_> = all.map(|(uid, (_, p))| (uid, p.reason, p.message)).collect();
        all.sort();
        all
    }

    #[test]
    fn what_does_not_fit_waits() {
        let one =
            |had, asks, others| waits(&[pod("p", had, asks), pod("q", others, others)], &mut HashSet::new());
        assert_eq!(one(100, 100, 1500), []);
        assert_eq!(one(100, 500, 1500), []);
        assert_eq!(one(900, 100, 1900), [], "less always fits");
        let deferred = "Node didn't have enough resource: cpu, requested: 501, used: 1500, capacity: 2000";
        assert_eq!(one(100, 501, 1500), [("p".to_owned(), "Deferred", deferred.to_owned())]);
        let never = "Node didn't have enough capacity: cpu, requested: 2001, capacity: 2000";
        assert_eq!(one(100, 2001, 0), [("p".to_owned(), "Infeasible", never.to_owned())]);
    }

    #[test]
    fn the_last_room_is_given_once() {
        let mut granted = HashSet::new();
        let (p, q) = (pod("p", 100, 1500), pod("q", 100, 1500));
        assert_eq!(waits(&[q.clone(), p.clone()], &mut granted)[0].0, "p");
        assert_eq!(waits(&[p.clone(), q], &mut granted)[0].0, "p", "a grant is kept");
        assert_eq!(waits(&[p, pod("q", 100, 100)], &mut granted), []);
    }

    #[test]
    fn who_waits_has_what_it_was_promised() {
        let node = Allocatable { cpu: Amount::milli(1000), ..Allocatable::default() };
        let waiting = waiting(&[pod("p", 100, 1500)], node, &mut HashSet::new());
        let (old, pending) = &waiting["p"];
        assert_eq!(asks(old, "cpu"), Amount::milli(100));
        assert!(
            pending.told.starts_with("Pod resize Infeasible: {\"containers\":[{\"name\":\"a\""),
            "{pending:?}"
        );
    }
}
