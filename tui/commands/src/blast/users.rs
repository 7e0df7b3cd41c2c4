//! Who depends on what goes: what it owns, who mounts it, who sends traffic there, who selects it.

use super::{Blast, called, listed};
use crate::{Marks, decide::marks};
use serde_json::Value;
use shared_api::{
    GroupKind, LabelSelector, Object,
    core::{Node, Pod, Service},
};
use shared_client::World;
use std::collections::{BTreeMap, BTreeSet};

/// What is deleted with the objects, and who will miss them.
pub(super) fn left_behind(objects: &[Object], world: &World, blast: &mut Blast) {
    for object in objects {
        match object.kind() {
            "Namespace" => contents(object, world, blast),
            "PersistentVolumeClaim" | "PersistentVolume" => {
                blast.warn(format!("what is kept in {} may be lost for good", called(object)));
            }
            "CustomResourceDefinition" => {
                let kind =
                    object.bare_value()["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned();
                blast.warn(format!("every {kind} there is goes with it"));
            }
            "Node" => blast.note("its agent makes the node anew while it runs"),
            _ => owned(object, world, blast),
        }
        users(object, world, blast);
    }
}

/// Everything in a namespace, counted by kind.
fn contents(namespace: &Object, world: &World, blast: &mut Blast) {
    let mut counts = BTreeMap::<&str, usize>::new();
    for object in world.objects().filter(|o| o.namespace() == namespace.name() && o.kind() != "Pod") {
        *counts.entry(object.kind()).or_default() += 1;
    }
    let told: Vec<_> = counts.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    let what = if told.is_empty() { "everything".to_owned() } else { told.join(", ") };
    blast.warn(format!("everything in namespace {} goes with it: {what}", namespace.name()));
}

/// What it owns besides pods.
fn owned(object: &Object, world: &World, blast: &mut Blast) {
    let (mut next, mut seen, mut names) = (vec![object.uid().to_owned()], BTreeSet::new(), Vec::new());
    while let Some(uid) = next.pop() {
        if uid.is_empty() || !seen.insert(uid.clone()) {
            continue;
        }
        for child in world.dependents(&uid).filter(|child| child.kind() != "Pod") {
            names.push(called(child));
            next.push(child.uid().to_owned());
        }
    }
    if !names.is_empty() {
        blast.note(format!("goes with {}: {}", object.name(), listed(&names)));
    }
}

/// Who names it.
fn users(object: &Object, world: &World, blast: &mut Blast) {
    let here = |other: &&Object| other.namespace() == object.namespace() && other.uid() != object.uid();
    let mut found = BTreeSet::new();
    for other in world.objects().filter(here) {
        let value = other.bare_value();
        let spec =
            value.pointer("/spec/template/spec").or(value.pointer("/spec/jobTemplate/spec/template/spec"));
        let of_pod = if other.kind() == "Pod" { value.get("spec") } else { spec };
        let uses = of_pod.is_some_and(|spec| names_in_pod(spec, object.kind(), object.name()));
        let routes =
            other.kind() == "Ingress" && object.kind() == "Service" && routes_to(&value, object.name());
        let scales = other.kind() == "HorizontalPodAutoscaler"
            && value["spec"]["scaleTargetRef"]["kind"] == object.kind()
            && value["spec"]["scaleTargetRef"]["name"] == object.name();
        // A pod that somebody made is told by its maker.
        if (uses && other.controller().is_none()) || routes || scales {
            found.insert(called(other));
        }
    }
    if !found.is_empty() {
        let names: Vec<_> = found.into_iter().collect();
        blast.warn(format!("{} is needed by {}", called(object), listed(&names)));
    }
}

/// Whether a pod's specification names an object of this kind.
fn names_in_pod(spec: &Value, kind: &str, name: &str) -> bool {
    let volumes = || spec["volumes"].as_array().into_iter().flatten();
    let projected = |section: &str| {
        let of = |v: &Value| v["projected"]["sources"].as_array().cloned().unwrap_or_default();
        volumes().flat_map(of).any(|source| source[section]["name"] == name)
    };
    let lists = ["initContainers", "containers"];
    let containers = || lists.iter().filter_map(|l| spec[*l].as_array()).flatten();
    let env = |whole: &str, key: &str| {
        containers().any(|c| {
            let from = c["envFrom"].as_array().into_iter().flatten().any(|e| e[whole]["name"] == name);
            let one = c["env"].as_array().into_iter().flatten().any(|e| e["valueFrom"][key]["name"] == name);
            from || one
        })
    };
    match kind {
        "ConfigMap" => {
            volumes().any(|v| v["configMap"]["name"] == name)
                || projected("configMap")
                || env("configMapRef", "configMapKeyRef")
        }
        "Secret" => {
            let pulls = spec["imagePullSecrets"].as_array();
            volumes().any(|v| v["secret"]["secretName"] == name)
                || projected("secret")
                || env("secretRef", "secretKeyRef")
                || pulls.into_iter().flatten().any(|p| p["name"] == name)
        }
        "PersistentVolumeClaim" => volumes().any(|v| v["persistentVolumeClaim"]["claimName"] == name),
        "ServiceAccount" => spec["serviceAccountName"] == name,
        _ => false,
    }
}

fn routes_to(ingress: &Value, service: &str) -> bool {
    let spec = &ingress["spec"];
    let paths = spec["rules"].as_array().into_iter().flatten();
    let paths = paths.flat_map(|rule| rule["http"]["paths"].as_array().into_iter().flatten());
    spec["defaultBackend"]["service"]["name"] == service
        || paths.into_iter().any(|path| path["backend"]["service"]["name"] == service)
}

/// Which nodes still take pods.
pub(super) fn room(objects: &[Object], world: &World, blast: &mut Blast) {
    let closed = |node: &Object| {
        node.bare_value()["spec"]["unschedulable"] == true || objects.iter().any(|o| o.uid() == node.uid())
    };
    let nodes: Vec<_> = world.of_kind(&GroupKind::of::<Node>()).collect();
    let open = nodes.iter().filter(|node| !closed(node)).count();
    if open == 0 {
        blast.warn("no node is left that takes new pods");
    } else {
        blast.note(format!("{open} of {} nodes still take new pods", nodes.len()));
    }
}

/// Services that find a pod no longer once its labels changed, or find it then.
pub(super) fn relabelled(asked: &Marks, objects: &[Object], world: &World, blast: &mut Blast) {
    let Ok(changes) = marks::changes(marks::split(&asked.words).1) else { return };
    for pod in objects.iter().filter(|o| o.group_kind() == GroupKind::of::<Pod>()) {
        let before = pod.metadata().labels.clone().unwrap_or_default();
        let mut after = before.clone();
        for (key, value) in &changes {
            match value {
                Some(value) => drop(after.insert(key.clone(), value.clone())),
                None => drop(after.remove(key)),
            }
        }
        for service in world.of_kind_within(&GroupKind::of::<Service>(), pod.namespace()) {
            let Some(labels) = LabelSelector::of_spec(&service.bare_value()["spec"]["selector"]) else {
                continue;
            };
            match (labels.matches(Some(&before)), labels.matches(Some(&after))) {
                (true, false) => {
                    blast.warn(format!("service {} leads to {} no longer", service.name(), pod.name()));
                }
                (false, true) => {
                    blast.note(format!("service {} leads to {} then", service.name(), pod.name()));
                }
                _ => {}
            }
        }
    }
}
