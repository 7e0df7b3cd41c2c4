//! A rollout at one look: what is old and new, how far it is, and what holds it up. Pure.

use crate::{
    print::table::align,
    why::{Known, why},
};
use serde_json::Value;
use shared_api::Object;
use shared_client::World;
use std::collections::BTreeMap;

/// How many pods of each generation are told one by one.
const PODS: usize = 12;

/// The rollout of `object`, in a world that has what it made.
pub(crate) fn text(object: &Object, world: &World) -> String {
    let value = object.bare_value();
    let mut text = format!("{}\n", answer(object, &value));
    let mut parts: Vec<Part> = parts(object, &value, world);
    parts.sort_by_key(|part| std::cmp::Reverse(part.revision));
    if let Some(bar) = bar(&value) {
        text.push_str(&format!("  {bar}\n"));
    }
    for part in parts.iter().filter(|part| part.is_new || !part.pods.is_empty() || part.wanted > 0) {
        let role = if part.is_new { "New" } else { "Old" };
        text.push_str(&format!(
            "\n{role}: {} revision {} — {} wanted, {} there, {} ready\n",
            part.name,
            part.revision,
            part.wanted,
            part.pods.len(),
            part.pods.iter().filter(|pod| pod.ready).count()
        ));
        if let Some(images) = &part.images {
            text.push_str(&format!("  {images}\n"));
        }
        let rows: Vec<_> = part.pods.iter().take(PODS).map(Line::row).collect();
        for line in align(&rows).lines() {
            text.push_str(&format!("  {line}\n"));
        }
        if part.pods.len() > PODS {
            text.push_str(&format!("  and {} more\n", part.pods.len() - PODS));
        }
    }
    let known = Known { world, tails: &[] };
    let ill = parts.iter().filter(|part| part.is_new).flat_map(|part| &part.pods).find(|pod| !pod.ready);
    if let Some(pod) = ill.and_then(|pod| world.object(&pod.object.key())) {
        text.push_str("\nWhat holds it up\n");
        for line in why(pod, &known).text().lines().take(14) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

/// One generation of an object's pods.
struct Part {
    name: String,
    revision: i64,
    is_new: bool,
    wanted: i64,
    images: Option<String>,
    pods: Vec<Line>,
}

/// One pod.
struct Line {
    object: Object,
    ready: bool,
    cells: Vec<String>,
}

impl Line {
    fn of(pod: &Object, world: &World) -> Self {
        let ready = crate::blast::is_ready(pod);
        let kind = shared_api::of("", "Pod");
        let cells = kind.map(|kind| kind.row(pod, world.now())).unwrap_or_default();
        Self { object: pod.clone(), ready, cells }
    }

    fn row(&self) -> Vec<String> {
        let cells = self.cells.iter().take(4).cloned();
        std::iter::once(self.object.name().to_owned()).chain(cells).collect()
    }
}

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

fn answer(object: &Object, value: &Value) -> String {
    let name = format!("{} {}", object.kind(), object.name());
    let wanted = value.pointer("/spec/replicas").and_then(Value::as_i64);
    let wanted = wanted.unwrap_or_else(|| number(value, "/status/desiredNumberScheduled"));
    let status = |field: &str| number(value, &format!("/status/{field}"));
    let fresh = status("updatedReplicas") + status("updatedNumberScheduled");
    let available = status("availableReplicas") + status("numberAvailable");
    let conditions = value.pointer("/status/conditions").and_then(Value::as_array);
    let progressing = conditions.into_iter().flatten().find(|c| c["type"] == "Progressing");
    if value["spec"]["paused"] == true {
        return format!("{name} is paused: {fresh} of {wanted} pods are new");
    }
    if number(value, "/status/observedGeneration") < number(value, "/metadata/generation") {
        return format!("{name}: the change has not been looked at yet");
    }
    if let Some(stuck) = progressing.filter(|c| c["status"] == "False") {
        let why = stuck["message"].as_str().unwrap_or_default();
        return format!("{name} is stuck: {why}");
    }
    if fresh >= wanted && available >= wanted && status("replicas").max(fresh) <= wanted {
        return format!("{name} is rolled out: {available} of {wanted} pods are new and available");
    }
    format!("{name} rolls out: {fresh} of {wanted} pods are new, {available} available")
}

/// How far it is: `█` new and available, `▒` new, `·` still to come.
fn bar(value: &Value) -> Option<String> {
    const WIDTH: i64 = 40;
    let wanted = value.pointer("/spec/replicas").and_then(Value::as_i64);
    let wanted = wanted.unwrap_or_else(|| number(value, "/status/desiredNumberScheduled"));
    if wanted <= 0 {
        return None;
    }
    let status = |field: &str| number(value, &format!("/status/{field}"));
    let fresh = (status("updatedReplicas") + status("updatedNumberScheduled")).min(wanted);
    let old = (status("replicas") - status("updatedReplicas")).max(0);
    let available = (status("availableReplicas") + status("numberAvailable") - old).clamp(0, fresh);
    let cells = |count: i64| usize::try_from(count * WIDTH / wanted).unwrap_or(0);
    let (full, half) = (cells(available), cells(fresh) - cells(available));
    let rest = cells(wanted).saturating_sub(full + half);
    Some(format!("{}{}{}", "█".repeat(full), "▒".repeat(half), "·".repeat(rest)))
}

/// The generations of a workload: its replica sets, or its pods by their revision.
fn parts(object: &Object, value: &Value, world: &World) -> Vec<Part> {
    if object.kind() == "Deployment" {
        let template = &value["spec"]["template"]["spec"];
        let revision = |v: &Value| {
            let note = &v["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
            note.as_str().and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        let newest = revision(value);
        let sets = world.dependents(object.uid()).filter(|o| o.kind() == "ReplicaSet");
        return sets
            .map(|set| {
                let of = set.bare_value();
                Part {
                    name: set.name().to_owned(),
                    revision: revision(&of),
                    is_new: revision(&of) == newest,
                    wanted: number(&of, "/spec/replicas"),
                    images: Some(images(&of["spec"]["template"]["spec"], template)),
                    pods: pods_of(set, world).map(|pod| Line::of(pod, world)).collect(),
                }
            })
            .collect();
    }
    revised(object, value, world)
}

/// The generations of a set without sets in between: its pods by the revision they are of.
fn revised(object: &Object, value: &Value, world: &World) -> Vec<Part> {
    // A daemon's pod carries the hash of its revision, a stateful set's the name.
    let hash = |o: &Object| {
        let labels = o.metadata().labels.as_ref();
        labels.and_then(|l| l.get("controller-revision-hash")).cloned()
    };
    let revisions: BTreeMap<String, Value> = world
        .dependents(object.uid())
        .filter(|o| o.kind() == "ControllerRevision")
        .map(|o| (hash(o).unwrap_or_else(|| o.name().to_owned()), o.bare_value()))
        .collect();
    let known = |name: &str| revisions.get(name).map_or(0, |of| number(of, "/revision"));
    let told = value.pointer("/status/updateRevision").and_then(Value::as_str).map(str::to_owned);
    let newest =
        told.or_else(|| revisions.keys().max_by_key(|name| known(name)).cloned()).unwrap_or_default();
    let mut pods = BTreeMap::<String, Vec<Line>>::new();
    pods.entry(newest.clone()).or_default();
    for pod in pods_of(object, world) {
        pods.entry(hash(pod).unwrap_or_default()).or_default().push(Line::of(pod, world));
    }
    let wanted = value.pointer("/spec/replicas").and_then(Value::as_i64);
    let wanted = wanted.unwrap_or_else(|| number(value, "/status/desiredNumberScheduled"));
    let template = &value["spec"]["template"]["spec"];
    let of = |(name, pods): (String, Vec<Line>)| Part {
        revision: known(&name),
        is_new: name == newest,
        wanted: if name == newest { wanted } else { 0 },
        images: revisions.get(&name).map(|of| images(&of["data"]["spec"]["template"]["spec"], template)),
        name: if name.is_empty() { "(no revision)".into() } else { name },
        pods,
    };
    pods.into_iter().map(of).collect()
}

fn pods_of<'a>(owner: &Object, world: &'a World) -> impl Iterator<Item = &'a Object> {
    world.dependents(owner.uid()).filter(|o| o.kind() == "Pod")
}

/// The images of a template; nothing when they are those of now.
fn images(template: &Value, now: &Value) -> String {
    let of = |spec: &Value| -> Vec<String> {
        let all = spec["containers"].as_array().into_iter().flatten();
        all.map(|c| {
            format!("{}={}", c["name"].as_str().unwrap_or_default(), c["image"].as_str().unwrap_or_default())
        })
        .collect()
    };
    let (then, now) = (of(template), of(now));
    if then == now { now.join(" ") } else { format!("{} (was)", then.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_api::OwnedBy;
    use shared_testkit::*;

    fn web(status: &Value) -> Object {
        let mut value = object(&deployment("web", 3)).value();
        value["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "2"});
        value["metadata"]["generation"] = json!(2);
        value["status"] = status.clone();
        value["status"]["observedGeneration"] = json!(2);
        Object::from_value(&value).unwrap()
    }

    fn set(name: &str, revision: &str, replicas: i32) -> shared_api::apps::ReplicaSet {
        replica_set(name, replicas)
            .annotated("deployment.kubernetes.io/revision", revision)
            .owned_by(&deployment("web", 3))
    }

    #[test]
    fn a_rollout_is_told_with_its_generations_and_what_holds_it_up() {
        let (old, new) = (set("web-1", "1", 2), set("web-2", "2", 2));
        let web = web(&json!({"replicas": 4, "updatedReplicas": 2, "availableReplicas": 2}));
        let world = World::of([
            web.clone(),
            object(&old),
            object(&new),
            object(&pod("web-1-a").on("n1").ready().owned_by(&old)),
            object(&pod("web-1-b").on("n1").ready().owned_by(&old)),
            object(&pod("web-2-a").owned_by(&new)),
            object(&node("n1").cpu("1").ready()),
        ])
        .at(moment());
        let text = text(&web, &world);
        assert!(text.starts_with("Deployment web rolls out: 2 of 3 pods are new, 2 available\n"), "{text}");
        let new = text.find("New: web-2 revision 2 — 2 wanted, 1 there, 0 ready").unwrap();
        let old = text.find("Old: web-1 revision 1 — 2 wanted, 2 there, 2 ready").unwrap();
        assert!(new < old, "{text}");
        assert!(text.contains("What holds it up\n  Pod web-2-a"), "{text}");
    }

    #[test]
    fn a_sets_generations_are_its_revisions() {
        let mut logs = object(&daemon_set("logs").image("logs:2")).value();
        logs["status"] =
            json!({"desiredNumberScheduled": 2, "updatedNumberScheduled": 1, "numberAvailable": 2});
        let revision = |number: i64, image: &str| {
            let owners = json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "logs", "uid": "uid-logs", "controller": true}]);
            let hash = format!("h{number}");
            Object::from_value(&json!({
                "apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": number,
                "metadata": {"name": format!("logs-{hash}"), "namespace": "default", "ownerReferences": owners,
                    "labels": {"controller-revision-hash": hash}},
                "data": {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}},
            }))
            .unwrap()
        };
        let pod = |name: &str, hash: &str| {
            object(
                &pod(name).ready().labelled("controller-revision-hash", hash).owned_by(&daemon_set("logs")),
            )
        };
        let logs = Object::from_value(&logs).unwrap();
        let world = World::of([
            logs.clone(),
            revision(1, "logs:1"),
            revision(2, "logs:2"),
            pod("logs-a", "h1"),
            pod("logs-b", "h2"),
        ]);
        let text = text(&logs, &world.at(moment()));
        assert!(text.contains("New: h2 revision 2 — 2 wanted, 1 there, 1 ready\n  app=logs:2\n"), "{text}");
        assert!(
            text.contains("Old: h1 revision 1 — 0 wanted, 1 there, 1 ready\n  app=logs:1 (was)\n"),
            "{text}"
        );
    }

    #[test]
    fn the_first_line_says_how_it_stands() {
        let check = |status: Value, wanted: &str| {
            let web = web(&status);
            assert_eq!(answer(&web, &web.bare_value()), wanted);
        };
        check(
            json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}),
            "Deployment web is rolled out: 3 of 3 pods are new and available",
        );
        check(
            json!({"replicas": 3, "conditions": [{"type": "Progressing", "status": "False", "message": "no progress"}]}),
            "Deployment web is stuck: no progress",
        );
        assert_eq!(bar(&json!({"spec": {"replicas": 4}, "status": {"replicas": 5, "updatedReplicas": 2, "availableReplicas": 4}})).unwrap(),
            format!("{}{}{}", "█".repeat(10), "▒".repeat(10), "·".repeat(20)));
    }
}
