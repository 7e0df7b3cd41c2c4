//! `top`: what nodes and pods use, as their agents measured it last.

use super::{Doors, Out, say, select};
use crate::{Error, Exit, Scope, action::Top, neutral, print::align};
use serde_json::Value;
use shared_api::{Amount, KindInfo, Object, Query, Refusal, core::Node};
use std::collections::BTreeMap;

/// Processor time in thousandths and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Used {
    cpu: i64,
    memory: i64,
}

impl Used {
    fn of(usage: &Value) -> Self {
        let amount = |name: &str| usage[name].as_str().and_then(|text| Amount::parse(text).ok());
        Self {
            cpu: amount("cpu").map_or(0, Amount::as_milli),
            memory: amount("memory").map_or(0, Amount::as_whole),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, memory: self.memory + other.memory }
    }

    fn cells(self) -> [String; 2] {
        [format!("{}m", self.cpu), format!("{}Mi", self.memory >> 20)]
    }
}

pub(super) async fn top(asked: &Top, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let (lines, sort_by, headed) = match asked {
        Top::Node { name, scope, sort_by, no_headers } => {
            let measured = measured("NodeMetrics", name.as_deref(), scope, doors).await?;
            let nodes = doors.cluster.list(&Query::every::<Node>()).await?.items;
            (nodes_lines(&measured, &nodes), sort_by, !no_headers)
        }
        Top::Pod { name, scope, sort_by, containers, no_headers } => {
            let measured = measured("PodMetrics", name.as_deref(), scope, doors).await?;
            (pods_lines(&measured, scope.all_namespaces, *containers), sort_by, !no_headers)
        }
    };
    let Lines { head, mut rows } = lines;
    match sort_by.as_deref() {
        None => {}
        Some("cpu") => rows.sort_by_key(|(used, _)| std::cmp::Reverse(used.cpu)),
        Some("memory") => rows.sort_by_key(|(used, _)| std::cmp::Reverse(used.memory)),
        Some(other) => return Err(Error::Usage(format!("--sort-by {other:?}: expected cpu or memory"))),
    }
    if rows.is_empty() {
        out.note("No resources found.");
        return Ok(Exit::Done);
    }
    let head = headed.then(|| head.iter().map(|h| (*h).to_owned()).collect());
    let table: Vec<Vec<String>> = head.into_iter().chain(rows.into_iter().map(|(_, row)| row)).collect();
    say(out, &align(&table))?;
    Ok(Exit::Done)
}

async fn measured(
    kind: &str,
    name: Option<&str>,
    scope: &Scope,
    doors: &Doors,
) -> Result<Vec<Object>, Error> {
    let kind: &KindInfo = shared_api::of("metrics.k8s.io", kind)
        .ok_or_else(|| Refusal::internal("the cluster measures nothing"))?;
    match name {
        Some(name) => {
            let key = select::key(kind, scope.namespace.as_deref(), name, doors);
            Ok(vec![doors.cluster.get(&key).await?])
        }
        None => Ok(doors.cluster.list(&scope.query(kind, doors)?).await?.items),
    }
}

struct Lines {
    head: Vec<&'static str>,
    rows: Vec<(Used, Vec<String>)>,
}

fn nodes_lines(measured: &[Object], nodes: &[Object]) -> Lines {
    let known: BTreeMap<_, _> =
        nodes.iter().map(|n| (n.name().to_owned(), Used::of(&n.value()["status"]["allocatable"]))).collect();
    let share =
        |used: i64, all: i64| if all > 0 { format!("{}%", used * 100 / all) } else { "<unknown>".into() };
    let row = |object: &Object| {
        let used = Used::of(&object.value()["usage"]);
        let all = known.get(object.name()).copied().unwrap_or_default();
        let [cpu, memory] = used.cells();
        let name = neutral(object.name()).into_owned();
        (used, vec![name, cpu, share(used.cpu, all.cpu), memory, share(used.memory, all.memory)])
    };
    Lines {
        head: vec!["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"],
        rows: measured.iter().map(row).collect(),
    }
}

fn pods_lines(measured: &[Object], namespaces: bool, each: bool) -> Lines {
    let mut rows = Vec::new();
    for object in measured {
        let value = object.value();
        let containers = value["containers"].as_array().into_iter().flatten();
        let parts: Vec<_> = containers
            .map(|c| (c["name"].as_str().unwrap_or_default().to_owned(), Used::of(&c["usage"])))
            .collect();
        let start = || if namespaces { vec![object.namespace().to_owned()] } else { Vec::new() };
        let mut add = |used: Used, names: &[&str]| {
            let mut row = start();
            row.extend(names.iter().map(|n| neutral(n).into_owned()));
            row.extend(used.cells());
            rows.push((used, row));
        };
        if each {
            for (name, used) in &parts {
                add(*used, &[object.name(), name]);
            }
        } else {
            let all = parts.iter().fold(Used::default(), |sum, (_, used)| sum.plus(*used));
            add(all, &[object.name()]);
        }
    }
    let mut head = if namespaces { vec!["NAMESPACE"] } else { Vec::new() };
    head.extend(if each { &["POD", "NAME"][..] } else { &["NAME"] });
    head.extend(["CPU(cores)", "MEMORY(bytes)"]);
    Lines { head, rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pods_use_what_their_containers_use() {
        let pod = Object::from_value(&json!({
            "apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics",
            "metadata": {"name": "web", "namespace": "n"},
            "containers": [
                {"name": "a", "usage": {"cpu": "12m", "memory": "4Mi"}},
                {"name": "b", "usage": {"cpu": "1", "memory": "1Gi"}},
            ],
        }))
        .unwrap();
        let sum = pods_lines(std::slice::from_ref(&pod), true, false);
        assert_eq!(sum.rows[0].1, ["n", "web", "1012m", "1028Mi"]);
        assert_eq!(pods_lines(&[pod], false, true).rows[0].1, ["web", "a", "12m", "4Mi"]);
    }
}
