//! Which pods an action takes, at once or one after the other.

use super::{Line, are, counted, listed};
use crate::{
    Action, Cascade, Drain, Rollout,
    decide::{
        drain::{Fate, fate},
        marks, taints,
    },
};
use serde_json::Value;
use shared_api::{GroupKind, Key, Object, core::Pod};
use shared_client::World;
use std::collections::{BTreeMap, BTreeSet};

/// The pods an action takes.
#[derive(Debug, Default)]
pub(super) struct Loss {
    /// Gone at the same time, as far as their makers let it come to that.
    pub(super) at_once: BTreeSet<Key>,
    /// Of the pods that an object replaces, so many at a time.
    pub(super) in_turn: Vec<(BTreeSet<Key>, usize)>,
    pub(super) told: Vec<Line>,
}

impl Loss {
    pub(super) fn of(action: &Action, objects: &[Object], world: &World) -> Self {
        let mut loss = Self::default();
        for object in objects {
            match action {
                Action::Delete(delete) => loss.deleted(object, delete.cascade, world),
                Action::Drain(drain) => loss.drained(object, drain, world),
                Action::Scale(scale) => loss.scaled(object, scale.replicas, world),
                Action::Taint(taint) => loss.tainted(object, &taint.words, world),
                Action::Cordon(_) => {
                    let there = on_node(object.name(), world).len();
                    loss.note(format!("{} on {} stay where they are", counted(there, "pod"), object.name()));
                }
                Action::Set(_) | Action::Rollout(Rollout::Undo { .. } | Rollout::Restart { .. }) => {
                    loss.replaced(object, world);
                }
                _ => {}
            }
        }
        if !loss.at_once.is_empty() {
            let names: Vec<_> = loss.at_once.iter().map(|key| key.name.clone()).collect();
            let text = format!("{} lost: {}", are(names.len(), "pod"), listed(&names));
            loss.told.insert(0, Line { grave: false, text });
        }
        loss
    }

    fn note(&mut self, text: String) {
        self.told.push(Line { grave: false, text });
    }

    fn deleted(&mut self, object: &Object, cascade: Option<Cascade>, world: &World) {
        let pods = belonging(object, world);
        if cascade == Some(Cascade::Orphan) && object.kind() != "Pod" {
            if !pods.is_empty() {
                self.note(format!(
                    "{} of {} run on with no owner",
                    counted(pods.len(), "pod"),
                    object.name()
                ));
            }
            return;
        }
        if object.kind() == "Pod"
            && let Some(owner) = object.controller()
        {
            self.note(format!("{} {} makes another pod for {}", owner.kind, owner.name, object.name()));
        } else if object.kind() == "Pod" {
            let text = format!("nobody makes pod {} anew", object.name());
            self.told.push(Line { grave: true, text });
        }
        self.at_once.extend(pods.iter().map(Object::key));
    }

    fn drained(&mut self, node: &Object, asked: &Drain, world: &World) {
        let mut forbidden: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for pod in on_node(node.name(), world) {
            match fate(&pod.bare_value(), asked) {
                Fate::Go(why) => {
                    if let Some(why) = why {
                        let text = format!("{why}: {}", pod.name());
                        self.told.push(Line { grave: true, text });
                    }
                    self.at_once.insert(pod.key());
                }
                Fate::Stay(_) => {}
                Fate::Forbid(why) => forbidden.entry(why).or_default().push(pod.name().into()),
            }
        }
        for (why, names) in forbidden {
            let text = format!("it will not be drained: {why}: {}", listed(&names));
            self.told.push(Line { grave: true, text });
        }
    }

    fn scaled(&mut self, object: &Object, wanted: i32, world: &World) {
        let now = object.bare_value()["spec"]["replicas"].as_i64().unwrap_or(1);
        let wanted = i64::from(wanted);
        let mut pods = belonging(object, world);
        if wanted >= now {
            let more = usize::try_from(wanted - now).unwrap_or(0);
            self.note(format!("{} more for {}", counted(more, "pod"), object.name()));
            return;
        }
        // A stateful set takes the highest numbers; the others those that serve nobody, then the youngest.
        if object.kind() == "StatefulSet" {
            pods.sort_by_key(|pod| std::cmp::Reverse(ordinal(pod.name())));
        } else {
            pods.sort_by_key(|pod| {
                let age = pod.metadata().creation_timestamp.as_ref().map(|t| t.0);
                (is_ready(pod), std::cmp::Reverse(age), pod.name().to_owned())
            });
        }
        let keep = usize::try_from(wanted).unwrap_or(0);
        let doomed = pods.len().saturating_sub(keep);
        self.at_once.extend(pods.iter().take(doomed).map(Object::key));
    }

    fn tainted(&mut self, node: &Object, words: &[String], world: &World) {
        let Ok(changes) = taints::changes(marks::split(words).1) else { return };
        for pod in on_node(node.name(), world) {
            let value = pod.bare_value();
            let evicted = changes.iter().any(|change| match change {
                taints::Change::Set(key, said, effect) if effect == "NoExecute" => {
                    !tolerates(&value, key, said)
                }
                _ => false,
            });
            if evicted {
                self.at_once.insert(pod.key());
            }
        }
    }

    /// Every pod is made anew, as the object's strategy has it.
    fn replaced(&mut self, object: &Object, world: &World) {
        let pods: BTreeSet<Key> = belonging(object, world).iter().map(Object::key).collect();
        let all = pods.len();
        let value = object.bare_value();
        let spec = &value["spec"];
        if spec["paused"] == true {
            self.note(format!("{} is paused: its pods change when it is resumed", object.name()));
            return;
        }
        let strategy = ["strategy", "updateStrategy"].iter().find_map(|field| spec.get(field));
        let kind = strategy.and_then(|s| s["type"].as_str()).unwrap_or("RollingUpdate");
        let rolling = strategy.map_or(&Value::Null, |s| &s["rollingUpdate"]);
        let ready = spec["replicas"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(all);
        match (kind, object.kind()) {
            ("Recreate", _) => {
                let text =
                    format!("all {} of {} end before new ones start", counted(all, "pod"), object.name());
                self.told.push(Line { grave: all > 0, text });
                self.at_once.extend(pods);
            }
            ("OnDelete", _) => {
                self.note(format!("the pods of {} change only as they are deleted", object.name()));
            }
            (_, "StatefulSet") => {
                let number = |path: &str| spec.pointer(path).and_then(Value::as_u64).unwrap_or(0);
                let least = number("/ordinals/start") + number("/updateStrategy/rollingUpdate/partition");
                let reached = pods.into_iter().filter(|pod| ordinal(&pod.name) >= least);
                let reached: BTreeSet<Key> = reached.collect();
                let at_a_time = portion(&rolling["maxUnavailable"], "1", ready).max(1);
                let turn = if at_a_time == 1 { "one".into() } else { at_a_time.to_string() };
                self.note(format!("{} replaced, {turn} at a time", of_it(reached.len(), object)));
                self.in_turn.push((reached, at_a_time));
            }
            (_, of) => {
                let usual = if of == "DaemonSet" { "1" } else { "25%" };
                let at_a_time = portion(&rolling["maxUnavailable"], usual, ready);
                let away = if at_a_time == 0 {
                    "none away before another is ready".to_owned()
                } else {
                    format!("at most {at_a_time} away at a time")
                };
                self.note(format!("{} replaced, {away}", of_it(all, object)));
                self.in_turn.push((pods, at_a_time));
            }
        }
    }
}

/// `3 pods of web are`.
fn of_it(count: usize, object: &Object) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} of {} {verb}", counted(count, "pod"), object.name())
}

/// A number, or a percentage of `all` rounded down, as Kubernetes rounds what may be away.
fn portion(said: &Value, usual: &str, all: usize) -> usize {
    let text = said.as_str().unwrap_or(usual);
    let number = said.as_u64().and_then(|n| usize::try_from(n).ok());
    let percent = |text: &str| text.strip_suffix('%')?.parse::<usize>().ok().map(|p| all * p / 100);
    number.or_else(|| percent(text)).or_else(|| text.parse().ok()).unwrap_or(0)
}

/// The pods that an object is, holds or made, by way of those in between.
pub(super) fn belonging(object: &Object, world: &World) -> Vec<Object> {
    let pods = GroupKind::of::<Pod>();
    match object.kind() {
        _ if object.group_kind() == pods => vec![object.clone()],
        "Node" => on_node(object.name(), world),
        "Namespace" => world.of_kind_within(&pods, object.name()).cloned().collect(),
        _ => {
            let (mut found, mut next, mut seen) =
                (Vec::new(), vec![object.uid().to_owned()], BTreeSet::<String>::new());
            while let Some(uid) = next.pop() {
                if uid.is_empty() || !seen.insert(uid.clone()) {
                    continue;
                }
                for child in world.dependents(&uid) {
                    if child.group_kind() == pods {
                        found.push(child.clone());
                    }
                    next.push(child.uid().to_owned());
                }
            }
            found
        }
    }
}

fn on_node(node: &str, world: &World) -> Vec<Object> {
    let keys: Vec<_> = world.on_node::<Pod>(node).map(|pod| Key::from_kind(&*pod)).collect();
    keys.iter().filter_map(|key| world.object(key)).filter(|pod| !is_over(pod)).cloned().collect()
}

fn is_over(pod: &Object) -> bool {
    matches!(pod.bare_value()["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// Whether a pod serves.
pub(crate) fn is_ready(pod: &Object) -> bool {
    let value = pod.bare_value();
    let conditions = value["status"]["conditions"].as_array();
    pod.metadata().deletion_timestamp.is_none()
        && conditions.into_iter().flatten().any(|c| c["type"] == "Ready" && c["status"] == "True")
}

fn ordinal(name: &str) -> u64 {
    name.rsplit('-').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Whether a pod stays for ever on a node with this taint.
fn tolerates(pod: &Value, key: &str, value: &str) -> bool {
    let all = pod["spec"]["tolerations"].as_array();
    all.into_iter().flatten().any(|t| {
        let effect = matches!(t["effect"].as_str(), None | Some("" | "NoExecute"));
        let said = t["key"].as_str().unwrap_or_default();
        let exists = t["operator"] == "Exists";
        let fits = exists || t["value"].as_str().unwrap_or_default() == value;
        effect && fits && (said == key || (said.is_empty() && exists)) && t.get("tolerationSeconds").is_none()
    })
}
