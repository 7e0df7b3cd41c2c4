//! Which pods the node cannot take although they were bound to it: whoever asks for a port of the node that
//! another has. Only pods that name their node come that far; the scheduler sends none.

use crate::stage::terminal;
use shared_api::core::Pod;
use shared_placement::fit::share_a_port;
use std::{collections::HashSet, sync::Arc};

/// Kubernetes' word for it.
pub(crate) const REASON: &str = "NodePorts";
/// Kubernetes' sentence.
pub(crate) const MESSAGE: &str = "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports \
                                  for the requested pod ports";

/// The uids of the pods that are refused. Who was refused stays so; who has begun is not refused any more.
pub(crate) fn refused(pods: &[Arc<Pod>], before: &HashSet<String>) -> HashSet<String> {
    let uid = |pod: &Pod| pod.metadata.uid.clone().unwrap_or_default();
    let begun = |pod: &Pod| pod.status.as_ref().is_some_and(|s| s.start_time.is_some());
    let mut asking: Vec<&Arc<Pod>> = pods.iter().filter(|p| asks(p) && !terminal(p)).collect();
    let age = |pod: &Pod| pod.metadata.creation_timestamp.as_ref().map(|t| t.0);
    asking.sort_by_key(|p| (before.contains(&uid(p)), !begun(p), age(p), uid(p)));
    let (mut taken, mut refused): (Vec<&Arc<Pod>>, _) = (Vec::new(), HashSet::new());
    for pod in asking {
        let clash = |other: &&Arc<Pod>| {
            pod.spec.as_ref().zip(other.spec.as_ref()).is_some_and(|(one, other)| share_a_port(one, other))
        };
        if before.contains(&uid(pod)) || (!begun(pod) && taken.iter().any(clash)) {
            refused.insert(uid(pod));
        } else {
            taken.push(pod);
        }
    }
    refused
}

/// Whether a pod asks for any port of its node.
fn asks(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|spec| share_a_port(spec, spec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, port: Option<i32>, phase: &str, begun: Option<&str>) -> Arc<Pod> {
        Arc::new(
            serde_json::from_value(json!({
                "metadata": {"name": name, "uid": name},
                "spec": {"containers": [{"name": "a", "image": "b", "ports": [{"containerPort": 80, "hostPort": port}]}]},
                "status": {"phase": phase, "startTime": begun}
            }))
            .unwrap(),
        )
    }

    #[test]
    fn a_port_is_given_once() {
        let began = Some("2026-01-01T00:00:00Z");
        let all = |pods: &[Arc<Pod>], before: &[&str]| -> Vec<String> {
            let before = before.iter().map(|name| (*name).to_owned()).collect();
            let mut found: Vec<_> = refused(pods, &before).into_iter().collect();
            found.sort();
            found
        };
        let (a, b) = (pod("a", Some(1), "Pending", None), pod("b", Some(1), "Pending", None));
        assert_eq!(all(&[b.clone(), a.clone()], &[]), ["b"]);
        assert_eq!(
            all(&[a.clone(), pod("b", Some(2), "Pending", None), pod("c", None, "Pending", None)], &[]),
            [""; 0]
        );
        assert_eq!(all(&[a.clone(), pod("b", Some(1), "Running", began)], &[]), ["a"]);
        assert_eq!(all(&[a.clone(), pod("b", Some(1), "Failed", began)], &[]), [""; 0]);
        assert_eq!(all(std::slice::from_ref(&a), &["a"]), ["a"], "the answer stands");
        assert_eq!(all(&[a, b], &["a"]), ["a"], "and the port is free");
    }
}
