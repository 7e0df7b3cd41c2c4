//! What is decided about autoscalers, as tables: pods and what they use, and the size that comes of it.

mod pacing;
mod wholes;

use super::*;
use serde_json::{Value, json};
use shared_api::{Object, Timestamp, metrics::ContainerMetrics};
use shared_testkit::{MetaWords, PodWords, deployment, moment, object, pod};
use std::collections::BTreeMap;

/// What pods use, by their names, in thousandths of a processor.
struct Uses(BTreeMap<String, i64>);

impl Measure for Uses {
    fn uses(&self, pod: &Pod) -> Option<PodMetrics> {
        let cpu = self.0.get(pod.metadata.name.as_ref()?)?;
        let usage = [("cpu".to_owned(), shared_api::Quantity(format!("{cpu}m")))].into();
        let containers = vec![ContainerMetrics { name: "app".into(), usage }];
        let mut metrics = PodMetrics::default();
        (metrics.timestamp, metrics.window, metrics.containers) =
            (Time(later(600)), "15.0s".into(), containers);
        Some(metrics)
    }
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(moment().as_second() + seconds).unwrap()
}

/// An autoscaler of the deployment `web`, as the API server would complete it.
fn autoscaler(spec: &Value, status: &Value) -> HorizontalPodAutoscaler {
    let reference = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    let mut whole = json!({"scaleTargetRef": reference, "maxReplicas": 10});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let value = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": whole, "status": status,
        "metadata": {"name": "web", "namespace": "default", "uid": "uid-web", "generation": 1}});
    let mut made =
        (*Object::from_value(&value).unwrap().to_kind::<HorizontalPodAutoscaler>().unwrap()).clone();
    shared_api::Kind::set_defaults(&mut made);
    made
}

/// A pod of `web` that asks for a tenth of a processor.
fn web(name: &str) -> Pod {
    pod(name).labelled("app", "web").requests("cpu", "100m")
}

/// Decides ten minutes after the moment about a deployment of so many.
fn decide(autoscaler: &HorizontalPodAutoscaler, replicas: i32, pods: &[Pod], uses: &[(&str, i64)]) -> Plan {
    let uses = uses.iter().map(|(name, cpu)| ((*name).to_owned(), *cpu)).collect();
    let objects = pods.iter().map(object).chain([object(&deployment("web", replicas)), object(autoscaler)]);
    let world = World::of(objects).at(later(600));
    HorizontalPodAutoscalers::new(Some(Arc::new(Uses(uses)))).reconcile(autoscaler, &world)
}

/// The size that is asked for, the conditions with their reasons, and the events.
fn words(plan: &Plan) -> Vec<String> {
    let mut words = Vec::new();
    for change in &plan.changes {
        match change {
            Change::Patch { patch, .. } => words.push(format!("scale {}", patch.body["spec"]["replicas"])),
            Change::UpdateStatus(object) => {
                for condition in object.value()["status"]["conditions"].as_array().unwrap() {
                    let text = |field: &str| condition[field].as_str().unwrap().to_owned();
                    words.push(format!("{}={} {}", text("type"), text("status"), text("reason")));
                }
            }
            Change::Record(note) => words.push(format!("tell {}: {}", note.reason, note.message)),
            other => words.push(format!("{other:?}")),
        }
    }
    words
}

/// The size that is asked for; `None`: the one that it has.
fn size(plan: &Plan) -> Option<i64> {
    plan.changes.iter().find_map(|change| match change {
        Change::Patch { patch, .. } => patch.body["spec"]["replicas"].as_i64(),
        _ => None,
    })
}
