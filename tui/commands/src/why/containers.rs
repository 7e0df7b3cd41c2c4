//! How the containers of a pod stand: what they wait for, how they ended, what they last wrote.

use super::{Known, Report, name_of, one_line};
use shared_api::{
    ago,
    core::{ContainerStatus, Pod},
};

/// The container that is in the way, as the answer; `None` when none is.
pub(super) fn trouble(pod: &Pod, known: &Known<'_>) -> Option<Report> {
    let name = name_of(&pod.metadata);
    for status in statuses(pod) {
        let ended = last_end(status);
        if let Some(waiting) = status.state.as_ref().and_then(|s| s.waiting.as_ref()) {
            let reason = waiting.reason.as_deref().unwrap_or("waiting");
            let message = one_line(waiting.message.as_deref().unwrap_or_default());
            match reason {
                "ContainerCreating" | "PodInitializing" => continue,
                "CrashLoopBackOff" => {
                    let how = ended.map_or("it ends at once".into(), |end| end.words());
                    let mut report = Report::answer(format!(
                        "Pod {name}: container {} has ended {}; last {how}",
                        status.name,
                        times(status.restart_count)
                    ));
                    if ended.is_some_and(|end| end.reason == "OOMKilled") {
                        out_of_memory(pod, &status.name, &mut report);
                    } else if ended.is_some_and(|end| end.signal.is_some()) {
                        let why =
                            super::happened(pod, known, "Unhealthy").filter(|m| m.starts_with("Liveness"));
                        report.remedies.extend(why.map(|message| format!("the node ended it: {message}")));
                    }
                    return Some(report);
                }
                "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName" => {
                    let mut report = Report::answer(format!(
                        "Pod {name}: the image {} of container {} cannot be had: {}",
                        status.image,
                        status.name,
                        image_trouble(pod, known).unwrap_or(message)
                    ));
                    if reason == "ErrImageNeverPull" {
                        report.try_this(
                            "imagePullPolicy is Never: bring the image to the node, or let it be pulled",
                        );
                        return Some(report);
                    }
                    report.try_this(
                        "check the name and the tag, and imagePullSecrets if the registry asks who you are",
                    );
                    return Some(report);
                }
                other => {
                    return Some(Report::answer(format!(
                        "Pod {name}: container {} waits: {other}{}",
                        status.name,
                        if message.is_empty() { String::new() } else { format!(": {message}") }
                    )));
                }
            }
        }
        let over = status.state.as_ref().and_then(|s| s.terminated.as_ref());
        if let Some(end) = over.map(End::of).filter(|end| end.code != 0) {
            let mut report =
                Report::answer(format!("Pod {name}: container {} has ended: {}", status.name, end.words()));
            if end.reason == "OOMKilled" {
                out_of_memory(pod, &status.name, &mut report);
            }
            return Some(report);
        }
    }
    None
}

fn times(count: i32) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        many => format!("{many} times"),
    }
}

/// What the node said when it tried to pull.
fn image_trouble(pod: &Pod, known: &Known<'_>) -> Option<String> {
    let mut events: Vec<_> = known
        .world
        .within::<shared_api::core::Event>(pod.metadata.namespace.as_deref().unwrap_or_default())
        .filter(|e| e.involved_object.name == pod.metadata.name && e.reason.as_deref() == Some("Failed"))
        .filter_map(|e| Some((super::last(&e), e.message.clone()?)))
        .collect();
    events.sort();
    // `Error: ImagePullBackOff` only says again what the table says.
    let tells = |message: &String| message.to_lowercase().contains("pull") && message.split(' ').count() > 2;
    events.into_iter().rev().map(|(_, message)| one_line(&message)).find(tells)
}

fn out_of_memory(pod: &Pod, container: &str, report: &mut Report) {
    let all = pod.spec.iter().flat_map(|s| &s.containers);
    let limits = all.filter(|c| c.name == container).filter_map(|c| c.resources.as_ref()?.limits.as_ref());
    let limit = limits.filter_map(|limits| limits.get("memory")).map(|q| q.0.clone()).next();
    match limit {
        Some(limit) => report.try_this(format!(
            "it took more memory than its limit of {limit}: raise the limit, or find out what it keeps"
        )),
        None => report.try_this("it has no memory limit: the node itself ran short"),
    }
}

/// How every container stands, and the end of the logs of those in trouble.
pub(super) fn tell(pod: &Pod, known: &Known<'_>, report: &mut Report) {
    let mut rows = Vec::new();
    for status in statuses(pod) {
        let state = status.state.as_ref();
        let now = if let Some(waiting) = state.and_then(|s| s.waiting.as_ref()) {
            format!("waits: {}", waiting.reason.as_deref().unwrap_or_default())
        } else if let Some(running) = state.and_then(|s| s.running.as_ref()) {
            let since = running
                .started_at
                .as_ref()
                .map_or(String::new(), |t| format!(" for {}", ago(t.0, known.now())));
            format!("runs{since}{}", if status.ready { "" } else { ", not ready" })
        } else if let Some(over) = state.and_then(|s| s.terminated.as_ref()) {
            format!("ended: {}", End::of(over).words())
        } else {
            "not started".into()
        };
        let before = status.last_state.as_ref().and_then(|s| s.terminated.as_ref());
        let before = before.map_or(String::new(), |over| {
            let when = over
                .finished_at
                .as_ref()
                .map_or(String::new(), |t| format!(" {} ago", ago(t.0, known.now())));
            format!("before that: {}{when}", End::of(over).words())
        });
        rows.push(vec![status.name.clone(), now, format!("{} restarts", status.restart_count), before]);
    }
    report.table("Containers", &rows);
    for tail in known.tails {
        report.section(format!("Last words of {}", tail.container), tail.lines.clone());
    }
}

/// Containers whose last words are worth reading, and whether those of the one before.
pub(crate) fn worth_hearing(pod: &Pod) -> Vec<(String, bool)> {
    let failed = |state: Option<&shared_api::core::ContainerState>| {
        state.and_then(|s| s.terminated.as_ref()).is_some_and(|over| over.exit_code != 0)
    };
    statuses(pod)
        .filter_map(|status| {
            if failed(status.state.as_ref()) {
                return Some((status.name.clone(), false));
            }
            failed(status.last_state.as_ref()).then(|| (status.name.clone(), true))
        })
        .collect()
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.iter();
    status
        .flat_map(|s| s.init_container_statuses.iter().flatten().chain(s.container_statuses.iter().flatten()))
}

/// How a container ended.
#[derive(Clone, Copy)]
struct End<'a> {
    code: i32,
    signal: Option<i32>,
    reason: &'a str,
    message: &'a str,
}

impl<'a> End<'a> {
    fn of(over: &'a shared_api::core::ContainerStateTerminated) -> Self {
        Self {
            code: over.exit_code,
            signal: over.signal.or((over.exit_code > 128).then(|| over.exit_code - 128)),
            reason: over.reason.as_deref().unwrap_or_default(),
            message: over.message.as_deref().unwrap_or_default(),
        }
    }

    fn words(&self) -> String {
        let mut words = format!("exit code {}", self.code);
        if let Some(signal) = self.signal.filter(|_| self.code != 0) {
            words.push_str(&format!(" (signal {signal})"));
        }
        if !matches!(self.reason, "" | "Error" | "Completed") {
            words.push_str(&format!(", {}", self.reason));
        }
        if !self.message.trim().is_empty() {
            words.push_str(&format!(": {}", one_line(self.message)));
        }
        words
    }
}

fn last_end(status: &ContainerStatus) -> Option<End<'_>> {
    status.last_state.as_ref().and_then(|s| s.terminated.as_ref()).map(End::of)
}
