//! Why something is not as it should be, in one screen: what the scheduler says of every node, how a container
//! ended and what it last wrote, why an image does not come, who selects nothing. Pure: from objects to words.
//!
//! The first line is the answer; the rest is what it was concluded from.

mod autoscaler;
mod containers;
mod cron_job;
mod job;
mod node;
mod pod;
mod scheduling;
mod service;
mod workload;

pub(crate) use containers::worth_hearing;

use crate::print::table::align;
use shared_api::{
    GroupKind, LabelSelector, Object, Timestamp, ago,
    autoscaling::HorizontalPodAutoscaler,
    batch::{CronJob, Job},
    core::{Event, Node, Pod, Service},
};
use shared_client::World;
use std::sync::Arc;

/// The end of a container's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tail {
    /// Name of the container.
    pub(crate) container: String,
    /// Its last lines.
    pub(crate) lines: Vec<String>,
}

/// What is known when somebody asks.
pub(crate) struct Known<'a> {
    /// The object's namespace and the nodes, with what lives on them.
    pub(crate) world: &'a World,
    pub(crate) tails: &'a [Tail],
}

impl Known<'_> {
    fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// What happened to an object, the last first.
    fn events(&self, object: &Object) -> Vec<Arc<Event>> {
        let about = |event: &Arc<Event>| {
            let involved = &event.involved_object;
            involved.uid.as_deref().is_none_or(|uid| uid.is_empty() || uid == object.uid())
                && involved.kind.as_deref() == Some(object.kind())
                && involved.name.as_deref() == Some(object.name())
        };
        let mut events: Vec<_> = self.world.list::<Event>().filter(about).collect();
        events.sort_by_key(|event| std::cmp::Reverse(last(event)));
        events
    }
}

/// What was last said of a pod with this reason.
fn happened(pod: &Pod, known: &Known<'_>, reason: &str) -> Option<String> {
    let events = known.world.within::<Event>(pod.metadata.namespace.as_deref().unwrap_or_default());
    let about =
        |e: &Arc<Event>| e.involved_object.name == pod.metadata.name && e.reason.as_deref() == Some(reason);
    events.filter(about).max_by_key(|e| last(e)).map(|e| one_line(e.message.as_deref().unwrap_or_default()))
}

fn last(event: &Event) -> Option<Timestamp> {
    let time = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref()).map(|t| t.0);
    time.or(event.event_time.as_ref().map(|t| t.0)).or(event
        .metadata
        .creation_timestamp
        .as_ref()
        .map(|t| t.0))
}

/// An answer and what it rests on.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// One sentence.
    answer: String,
    /// What can be done about it, a line each.
    remedies: Vec<String>,
    sections: Vec<(String, Vec<String>)>,
}

impl Report {
    fn answer(text: impl Into<String>) -> Self {
        Self { answer: text.into(), ..Self::default() }
    }

    fn try_this(&mut self, what: impl Into<String>) {
        self.remedies.push(what.into());
    }

    fn section(&mut self, title: impl Into<String>, lines: Vec<String>) {
        if !lines.is_empty() {
            self.sections.push((title.into(), lines));
        }
    }

    /// Lines of columns.
    fn table(&mut self, title: impl Into<String>, rows: &[Vec<String>]) {
        self.section(title, align(rows).lines().map(str::to_owned).collect());
    }

    /// As it is printed.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", self.answer);
        for remedy in &self.remedies {
            text.push_str(&format!("  → {remedy}\n"));
        }
        for (title, lines) in &self.sections {
            text.push_str(&format!("\n{title}\n"));
            for line in lines {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text
    }
}

/// Why `object` is as it is.
pub(crate) fn why(object: &Object, known: &Known<'_>) -> Report {
    let mut report = explain(object, known).unwrap_or_else(|| by_conditions(object));
    report.table("What happened", &told(object, known));
    report
}

fn explain(object: &Object, known: &Known<'_>) -> Option<Report> {
    let kind = object.group_kind();
    if kind == GroupKind::of::<Pod>() {
        return Some(pod::why(object, &object.to_kind().ok()?, known));
    }
    if kind == GroupKind::of::<Node>() {
        return Some(node::why(&*object.to_kind::<Node>().ok()?, known));
    }
    if kind == GroupKind::of::<Service>() {
        return Some(service::why(&*object.to_kind::<Service>().ok()?, known));
    }
    if kind == GroupKind::of::<Job>() {
        return Some(job::why(object, &*object.to_kind::<Job>().ok()?, known));
    }
    if kind == GroupKind::of::<CronJob>() {
        return Some(cron_job::why(object, &*object.to_kind::<CronJob>().ok()?, known));
    }
    if kind == GroupKind::of::<HorizontalPodAutoscaler>() {
        return Some(autoscaler::why(object, &*object.to_kind::<HorizontalPodAutoscaler>().ok()?));
    }
    // Whatever makes pods of a template.
    object.value().pointer("/spec/template/spec").is_some().then(|| workload::why(object, known))
}

/// Of a kind that nothing more is known about: what its own conditions say.
fn by_conditions(object: &Object) -> Report {
    let name = format!("{} {}", object.kind(), object.name());
    let conditions = conditions(object);
    let bad: Vec<_> = conditions.iter().filter(|c| c.status == "False" && !c.message.is_empty()).collect();
    let phase = object.value().pointer("/status/phase").and_then(|p| p.as_str().map(str::to_owned));
    let mut report = match (bad.first(), phase) {
        (Some(bad), _) => Report::answer(format!("{name}: {} is not so: {}", bad.type_, bad.message)),
        (None, Some(phase)) => Report::answer(format!("{name} is {phase}")),
        (None, None) => Report::answer(format!("{name} is there, and nothing is known to be wrong with it")),
    };
    report.table("Conditions", &rows(&conditions));
    report
}

/// One of an object's conditions, of whatever kind.
#[derive(Debug, Clone, Default, PartialEq)]
struct Condition {
    type_: String,
    status: String,
    reason: String,
    message: String,
}

fn conditions(object: &Object) -> Vec<Condition> {
    let value = object.value();
    let all = value.pointer("/status/conditions").and_then(|all| all.as_array());
    let of = |one: &serde_json::Value| {
        let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
        Condition {
            type_: text("type"),
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
        }
    };
    all.into_iter().flatten().map(of).collect()
}

fn rows(conditions: &[Condition]) -> Vec<Vec<String>> {
    let row = |c: &Condition| vec![c.type_.clone(), c.status.clone(), c.reason.clone(), one_line(&c.message)];
    conditions.iter().map(row).collect()
}

/// The latest of what happened to it, warnings before the rest.
fn told(object: &Object, known: &Known<'_>) -> Vec<Vec<String>> {
    let mut events = known.events(object);
    events.sort_by_key(|event| event.type_.as_deref() != Some("Warning"));
    let row = |event: &Arc<Event>| {
        let age = last(event).map_or("<unknown>".into(), |at| ago(at, known.now()));
        let times = event.count.filter(|n| *n > 1).map_or(String::new(), |n| format!(" (x{n})"));
        let text = |field: &Option<String>| one_line(field.as_deref().unwrap_or_default());
        vec![format!("{age}{times}"), text(&event.type_), text(&event.reason), text(&event.message)]
    };
    events.iter().take(8).map(row).collect()
}

/// The pods that an object selects in its namespace.
fn pods_of(object: &Object, world: &World) -> Option<Vec<Arc<Pod>>> {
    let value = object.value();
    let labels = LabelSelector::of_spec(value.pointer("/spec/selector")?)?;
    let pods = world.within::<Pod>(object.namespace());
    Some(pods.filter(|pod| labels.matches(pod.metadata.labels.as_ref())).collect())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name_of(meta: &shared_api::meta::ObjectMeta) -> &str {
    meta.name.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests;
