//! How full the nodes are, and what would become of it: a node drained, a workload grown. Pure; the scheduler's own
//! rules say where each pod would go.

use crate::print::table::align;
use shared_api::{
    Amount, Key,
    core::{Pod, PodTemplateSpec},
};
use shared_client::World;
use shared_placement::{Ask, Nodes, choose};
use std::sync::Arc;

/// What is tried in the mind.
#[derive(Debug, Default)]
pub(crate) struct WhatIf {
    /// Nodes that are emptied.
    pub(crate) drained: Vec<String>,
    /// More pods of these templates: of whom, in which namespace, and how many.
    pub(crate) more: Vec<(String, String, PodTemplateSpec, usize)>,
}

/// The nodes as they are, and as they would be.
pub(crate) fn capacity(world: &World, what_if: &WhatIf) -> String {
    let mut nodes = Nodes::of(world);
    let mut text = table(&nodes);
    for node in &what_if.drained {
        let mut moved = Vec::new();
        let there = nodes.on(node);
        for pod in &there {
            nodes.take_away(&Key::from_kind(&**pod));
        }
        nodes.remove(node);
        for pod in there {
            let name = format!("{}/{}", place(&pod), name(&pod));
            if of_every_node(&pod) {
                moved.push(vec![name, "ends with the node".into()]);
                continue;
            }
            moved.push(vec![name, settle(&mut nodes, (*pod).clone())]);
        }
        text.push_str(&told(&format!("If {node} is drained"), &moved));
    }
    for (of, namespace, template, count) in &what_if.more {
        let mut placed = Vec::new();
        for n in 1..=*count {
            let mut pod = Pod { metadata: template.metadata.clone().unwrap_or_default(), ..Pod::default() };
            pod.spec.clone_from(&template.spec);
            pod.metadata.namespace = Some(namespace.clone());
            pod.metadata.name = Some(format!("{of} +{n}"));
            placed.push(vec![format!("{of} +{n}"), settle(&mut nodes, pod)]);
        }
        text.push_str(&told(&format!("If {of} has {count} more"), &placed));
    }
    if !what_if.drained.is_empty() || !what_if.more.is_empty() {
        text.push_str(&format!("\nThe nodes would be\n{}", table(&nodes)));
    }
    text
}

fn table(nodes: &Nodes) -> String {
    let mut rows =
        vec![["NODE", "PODS", "CPU ASKED", "OF", "", "MEMORY ASKED", "OF", ""].map(String::from).to_vec()];
    for fill in nodes.fill() {
        let (pods, room) = (fill.pods(), fill.of("pods").1.as_whole());
        let (cpu, all_cpu) = fill.of("cpu");
        let (memory, all_memory) = fill.of("memory");
        rows.push(vec![
            fill.node.to_owned(),
            format!("{pods}/{room}"),
            cpu.to_string(),
            all_cpu.to_string(),
            share(cpu, all_cpu),
            mebibytes(memory),
            mebibytes(all_memory),
            share(memory, all_memory),
        ]);
    }
    align(&rows)
}

fn share(part: Amount, all: Amount) -> String {
    let (part, all) = (i128::from(part.as_milli()), i128::from(all.as_milli()));
    if all == 0 { String::new() } else { format!("{}%", part * 100 / all) }
}

fn mebibytes(amount: Amount) -> String {
    format!("{}Mi", amount.as_whole() / (1024 * 1024))
}

fn told(title: &str, rows: &[Vec<String>]) -> String {
    let nowhere =
        rows.iter().filter(|row| row.last().is_some_and(|place| place.starts_with("nowhere"))).count();
    let sum = match (rows.len(), nowhere) {
        (0, _) => "nothing has to move".into(),
        (all, 0) => format!("all {all} pods find a place"),
        (all, some) => format!("{some} of {all} pods find no place"),
    };
    let mut text = format!("\n{title}: {sum}\n");
    for line in align(rows).lines() {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// Gives a pod the node that the scheduler would give it.
fn settle(nodes: &mut Nodes, mut pod: Pod) -> String {
    if let Some(spec) = &mut pod.spec {
        spec.node_name = None;
    }
    let key = Key::from_kind(&pod);
    let ask = Arc::new(Ask::of(&Arc::new(pod)));
    match choose(&ask, nodes) {
        Ok(node) => {
            nodes.place(key, node.clone(), ask);
            node
        }
        Err(why) => format!("nowhere: {why}"),
    }
}

/// Whether a pod belongs to its node, as those of daemon sets do.
fn of_every_node(pod: &Pod) -> bool {
    pod.metadata
        .owner_references
        .iter()
        .flatten()
        .any(|owner| owner.controller == Some(true) && owner.kind == "DaemonSet")
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

fn place(pod: &Pod) -> &str {
    pod.metadata.namespace.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::*;

    fn world() -> World {
        World::of([
            object(&node("a").cpu("4").memory("8Gi").ready()),
            object(&node("b").cpu("2").memory("8Gi").ready()),
            object(&pod("big").requests("cpu", "3").on("a")),
            object(&pod("small").requests("cpu", "500m").on("a")),
            object(&pod("there").requests("cpu", "1").on("b")),
        ])
    }

    #[test]
    fn nodes_tell_what_they_promised() {
        let text = capacity(&world(), &WhatIf::default());
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1][..5], ["a", "2/110", "3500m", "4", "87%"]);
        assert_eq!(rows[2][..5], ["b", "1/110", "1", "2", "50%"]);
    }

    #[test]
    fn a_drain_tells_where_each_pod_would_go() {
        let text = capacity(&world(), &WhatIf { drained: vec!["a".into()], ..WhatIf::default() });
        assert!(text.contains("If a is drained: 1 of 2 pods find no place"), "{text}");
        assert!(
            text.contains("default/big     nowhere: 0/1 nodes are available: 1 Insufficient cpu."),
            "{text}"
        );
        assert!(text.contains("default/small   b"), "{text}");
    }

    #[test]
    fn growth_fills_the_nodes_until_nothing_fits() {
        let template = PodTemplateSpec { metadata: None, spec: pod("x").requests("cpu", "500m").spec };
        let more = vec![("deployment/web".into(), "default".into(), template, 4)];
        let text = capacity(&world(), &WhatIf { more, ..WhatIf::default() });
        assert!(text.contains("If deployment/web has 4 more: 1 of 4 pods find no place"), "{text}");
        assert!(text.contains("deployment/web +4   nowhere"), "{text}");
    }
}
