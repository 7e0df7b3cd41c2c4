//! Keeps pods on the nodes they select, and prefers those they prefer.

use crate::{Ask, Plugin, Rates, Reasons, Seat};
use shared_api::{
    LabelSelector,
    core::{Node, NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, PodSpec},
};

pub(super) struct Affinity;

impl Plugin for Affinity {
    fn filter(&self, ask: &Ask, seat: &Seat) -> Result<(), Reasons> {
        let Some(node) = &seat.node else { return Ok(()) };
        if ask.spec().is_none_or(|spec| selected(spec, node)) {
            return Ok(());
        }
        Err(vec!["node(s) didn't match Pod's node affinity/selector".into()])
    }

    fn rates(&self) -> Rates {
        Rates::More(2)
    }

    fn score(&self, ask: &Ask, seat: &Seat) -> i64 {
        let Some(node) = &seat.node else { return 0 };
        let preferred = of(ask).and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_ref());
        let matching = preferred.into_iter().flatten().filter(|p| holds(&p.preference, node));
        matching.map(|p| i64::from(p.weight)).sum()
    }
}

fn of(ask: &Ask) -> Option<&NodeAffinity> {
    ask.spec().and_then(wishes)
}

fn wishes(spec: &PodSpec) -> Option<&NodeAffinity> {
    spec.affinity.as_ref()?.node_affinity.as_ref()
}

/// Whether a pod's node selector and required affinity mean this node.
pub(crate) fn selected(spec: &PodSpec, node: &Node) -> bool {
    let labels = spec.node_selector.as_ref();
    let labelled =
        labels.is_none_or(|labels| LabelSelector::from_labels(labels).matches(node.metadata.labels.as_ref()));
    let required = wishes(spec).and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
    // Any one term will do.
    labelled && required.is_none_or(|r| r.node_selector_terms.iter().any(|term| holds(term, node)))
}

/// Every requirement of a term holds; a term without any means no node.
fn holds(term: &NodeSelectorTerm, node: &Node) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let label = |key: &str| node.metadata.labels.as_ref().and_then(|l| l.get(key)).map(String::as_str);
    let field = |key: &str| if key == "metadata.name" { node.metadata.name.as_deref() } else { None };
    !(expressions.is_empty() && fields.is_empty())
        && expressions.iter().all(|r| meets(r, label(&r.key)))
        && fields.iter().all(|r| meets(r, field(&r.key)))
}

fn meets(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = || value.is_some_and(|v| values.iter().any(|known| known == v));
    let number = || value.and_then(|v| v.parse::<i64>().ok());
    let bound = || values.first().and_then(|v| v.parse::<i64>().ok());
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => number().zip(bound()).is_some_and(|(n, b)| n > b),
        "Lt" => number().zip(bound()).is_some_and(|(n, b)| n < b),
        _ => false,
    }
}
