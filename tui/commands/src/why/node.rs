//! Why a node takes no pods.

use super::{Known, Report, name_of, one_line};
use shared_api::{
    ago,
    core::{Node, Pod},
};

pub(super) fn why(node: &Node, known: &Known<'_>) -> Report {
    let name = name_of(&node.metadata);
    let conditions: Vec<_> = node.status.iter().flat_map(|s| s.conditions.iter().flatten()).collect();
    let ready = conditions.iter().find(|c| c.type_ == "Ready");
    let cordoned = node.spec.as_ref().is_some_and(|s| s.unschedulable == Some(true));
    let message = |text: &Option<String>| one_line(text.as_deref().unwrap_or_default());
    let mut report = match ready {
        None => Report::answer(format!("Node {name} has never said how it is")),
        Some(c) if c.status == "Unknown" => {
            let since = c
                .last_transition_time
                .as_ref()
                .map_or(String::new(), |t| format!(" for {}", ago(t.0, known.now())));
            let mut report =
                Report::answer(format!("Node {name} has not been heard{since}: {}", message(&c.message)));
            report.try_this("look whether the machine, its network and its agent are up");
            report
        }
        Some(c) if c.status != "True" => Report::answer(format!(
            "Node {name} is not ready: {}: {}",
            message(&c.reason),
            message(&c.message)
        )),
        Some(_) if cordoned => {
            let mut report =
                Report::answer(format!("Node {name} is ready, and cordoned: no new pods come to it"));
            report.try_this(format!("uncordon {name}"));
            report
        }
        Some(_) => match conditions.iter().find(|c| c.type_ != "Ready" && c.status == "True") {
            Some(pressed) => Report::answer(format!(
                "Node {name} is ready, but says {}: {}",
                pressed.type_,
                message(&pressed.message)
            )),
            None => Report::answer(format!("Node {name} is well: it is ready and takes pods")),
        },
    };
    let rows: Vec<_> = conditions
        .iter()
        .map(|c| vec![c.type_.clone(), c.status.clone(), message(&c.reason), message(&c.message)])
        .collect();
    report.table("Conditions", &rows);
    let taints = node.spec.iter().flat_map(|s| s.taints.iter().flatten());
    report.section(
        "Taints",
        taints
            .map(|t| format!("{}={}:{}", t.key, t.value.as_deref().unwrap_or_default(), t.effect))
            .collect(),
    );
    let here = known.world.on_node::<Pod>(name);
    let ill: Vec<_> = here
        .filter(|pod| !super::pod::is_ready(pod))
        .map(|pod| super::pod::summary(&pod, known).answer)
        .filter(|answer| !answer.contains("has done its work"))
        .collect();
    report.section("Pods on it that are not well", ill);
    report
}
