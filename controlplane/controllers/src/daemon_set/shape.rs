//! What the pods of a daemon set are made of: its template, with what keeps each on its own node whatever
//! befalls that.

use super::{DEPRECATED, GENERATION, HASH};
use crate::members::child;
use shared_api::{
    apps::{DaemonSet, DaemonSetSpec},
    core::{
        Affinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, PodTemplateSpec,
        Toleration,
    },
};

/// Taints that do not keep daemons away, nor end them.
const BORNE: &[(&str, &str)] = &[
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
/// Borne by those on the node's own network, which may be what brings the pods' network up.
const BORNE_BY_HOSTS: (&str, &str) = ("node.kubernetes.io/network-unavailable", "NoSchedule");

/// What a pod's node is called where affinity asks for it.
const NAME: &str = "metadata.name";

/// What pods are made of.
pub(super) struct Shape {
    template: PodTemplateSpec,
    /// The hash of the present revision.
    pub(super) hash: String,
    /// The number of the present template.
    pub(super) generation: Option<String>,
}

impl Shape {
    pub(super) fn of(set: &DaemonSet, spec: &DaemonSetSpec, hash: String) -> Self {
        let mut template = spec.template.clone();
        bear(template.spec.get_or_insert_default());
        let generation = set.metadata.annotations.as_ref().and_then(|a| a.get(DEPRECATED)).cloned();
        Self { template, hash, generation }
    }

    /// What every pod asks of its node.
    pub(super) fn spec(&self) -> &PodSpec {
        self.template.spec.as_ref().expect("a shape's template has a spec")
    }

    /// The pod for a node.
    pub(super) fn pod(&self, set: &DaemonSet, node: &str) -> Pod {
        let mut pod = child(set, &self.template);
        let labels = pod.metadata.labels.get_or_insert_default();
        labels.insert(HASH.into(), self.hash.clone());
        if let Some(generation) = &self.generation {
            labels.insert(GENERATION.into(), generation.clone());
        }
        pin(pod.spec.get_or_insert_default().affinity.get_or_insert_default(), node);
        pod
    }
}

/// Adds what daemons put up with, in place of what was said about the same.
fn bear(spec: &mut PodSpec) {
    let hosts = spec.host_network.unwrap_or(false).then_some(BORNE_BY_HOSTS);
    let all = spec.tolerations.get_or_insert_default();
    for (key, effect) in BORNE.iter().copied().chain(hosts) {
        let toleration = Toleration {
            key: Some(key.into()),
            operator: Some("Exists".into()),
            effect: Some(effect.into()),
            ..Toleration::default()
        };
        let same = |t: &Toleration| {
            t.key == toleration.key
                && t.effect == toleration.effect
                && t.value.as_deref().unwrap_or_default().is_empty()
                && t.operator == toleration.operator
        };
        match all.iter().position(same) {
            Some(at) => all[at] = toleration,
            None => all.push(toleration),
        }
    }
}

/// Asks for this very node; what else the template asks of nodes has been looked at.
fn pin(affinity: &mut Affinity, node: &str) {
    let requirement =
        NodeSelectorRequirement { key: NAME.into(), operator: "In".into(), values: Some(vec![node.into()]) };
    let term = NodeSelectorTerm { match_fields: Some(vec![requirement]), ..NodeSelectorTerm::default() };
    affinity.node_affinity.get_or_insert_default().required_during_scheduling_ignored_during_execution =
        Some(NodeSelector { node_selector_terms: vec![term] });
}

/// The node a pod is on, or was made for.
pub(super) fn node_of(pod: &Pod) -> Option<&str> {
    crate::pod::node(pod).or_else(|| {
        let affinity = pod.spec.as_ref()?.affinity.as_ref()?.node_affinity.as_ref()?;
        let terms =
            &affinity.required_during_scheduling_ignored_during_execution.as_ref()?.node_selector_terms;
        let fields = terms.iter().flat_map(|t| t.match_fields.iter().flatten());
        let pinned = fields.into_iter().find(|f| f.key == NAME && f.operator == "In")?;
        match pinned.values.as_deref() {
            Some([node]) => Some(node),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::{DaemonSetWords, daemon_set};

    #[test]
    fn a_pod_goes_to_its_node_and_bears_what_befalls_it() {
        let set = daemon_set("logs").image("logs:1");
        let made = Shape::of(&set, set.spec.as_ref().unwrap(), "h".into()).pod(&set, "n1");
        assert_eq!(node_of(&made), Some("n1"));
        assert_eq!(made.metadata.generate_name.as_deref(), Some("logs-"));
        assert_eq!(crate::revisions::label(&made.metadata, HASH), Some("h"));
        let spec = made.spec.unwrap();
        assert_eq!(spec.tolerations.unwrap().len(), BORNE.len());
        let mut host = set.clone();
        host.spec_mut().template.spec.as_mut().unwrap().host_network = Some(true);
        let shape = Shape::of(&host, host.spec.as_ref().unwrap(), "h".into());
        assert_eq!(shape.spec().tolerations.as_ref().unwrap().len(), BORNE.len() + 1);
        let mut twice = shape.template.clone();
        bear(twice.spec.as_mut().unwrap());
        assert_eq!(twice, shape.template, "nothing is said twice");
    }
}
