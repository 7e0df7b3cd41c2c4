//! Whether a job is decided, and why.

use super::{Scene, count::Count, indexes::Indexes, policy};
use crate::pod::phase;
use shared_api::batch::SuccessPolicyRule;

/// How a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) success: bool,
    /// One word: `BackoffLimitExceeded`.
    pub(super) reason: String,
    /// The sentence.
    pub(super) message: String,
}

impl Verdict {
    fn failed(reason: &str, message: impl Into<String>) -> Self {
        Self { success: false, reason: reason.into(), message: message.into() }
    }

    /// What is said of the job until the last of its pods is gone.
    pub(super) fn interim(&self) -> &'static str {
        if self.success { "SuccessCriteriaMet" } else { "FailureTarget" }
    }

    /// What is said of it for ever.
    pub(super) fn last(&self) -> &'static str {
        if self.success { "Complete" } else { "Failed" }
    }
}

/// The end of a job that still has pods, if it has come.
pub(super) fn verdict(scene: &Scene<'_>, count: &Count) -> Option<Verdict> {
    said_before(scene)
        .or_else(|| told_by_a_pod(scene))
        .or_else(|| tried_too_often(scene, count))
        .or_else(|| took_too_long(scene))
        .or_else(|| gave_indexes_up(scene, count))
        .or_else(|| enough(scene, count))
}

/// The end of a job whose pods have done what it asks for, and which has none that works.
pub(super) fn completed(scene: &Scene<'_>, count: &Count) -> Option<Verdict> {
    let enough = match scene.spec.completions {
        // A queue is done when one says so.
        None => count.succeeded > 0,
        Some(wanted) => count.succeeded >= wanted,
    };
    (enough && scene.active().next().is_none()).then(|| Verdict {
        success: true,
        reason: "CompletionsReached".into(),
        message: "Reached expected number of succeeded pods".into(),
    })
}

/// What was decided stays decided.
fn said_before(scene: &Scene<'_>) -> Option<Verdict> {
    let conditions = scene.status.conditions.iter().flatten();
    let said = conditions
        .into_iter()
        .find(|c| matches!(c.type_.as_str(), "SuccessCriteriaMet" | "FailureTarget") && c.status == "True")?;
    Some(Verdict {
        success: said.type_ == "SuccessCriteriaMet",
        reason: said.reason.clone().unwrap_or_default(),
        message: said.message.clone().unwrap_or_default(),
    })
}

fn told_by_a_pod(scene: &Scene<'_>) -> Option<Verdict> {
    let failed = scene.pods.iter().filter(|pod| scene.is_failed(pod));
    failed.into_iter().find_map(|pod| match policy::action(scene, pod) {
        policy::Action::FailJob(why) => Some(Verdict::failed("PodFailurePolicy", why)),
        _ => None,
    })
}

fn tried_too_often(scene: &Scene<'_>, count: &Count) -> Option<Verdict> {
    let limit = scene.spec.backoff_limit.unwrap_or(6);
    let exceeded = count.failed > limit || restarts(scene).is_some_and(|n| n > 0 && n >= limit);
    let why = "Job has reached the specified backoff limit";
    exceeded.then(|| Verdict::failed("BackoffLimitExceeded", why))
}

/// How often containers were restarted in place, where they are.
fn restarts(scene: &Scene<'_>) -> Option<i32> {
    let policy = scene.spec.template.spec.as_ref()?.restart_policy.as_deref();
    if policy != Some("OnFailure") {
        return None;
    }
    let pods = scene.pods.iter().filter(|pod| matches!(phase(pod), "Running" | "Pending"));
    let statuses = pods.filter_map(|pod| pod.status.as_ref()).flat_map(|s| {
        s.init_container_statuses.iter().flatten().chain(s.container_statuses.iter().flatten())
    });
    Some(statuses.map(|container| container.restart_count).sum())
}

fn took_too_long(scene: &Scene<'_>) -> Option<Verdict> {
    let why = "Job was active longer than specified deadline";
    (time_left(scene)? <= 0).then(|| Verdict::failed("DeadlineExceeded", why))
}

/// Seconds until the job may no longer run.
pub(super) fn time_left(scene: &Scene<'_>) -> Option<i64> {
    let seconds = scene.spec.active_deadline_seconds.filter(|_| !scene.is_suspended())?;
    let began = scene.status.start_time.as_ref().map_or(scene.now, |t| t.0);
    Some(began.as_second().saturating_add(seconds) - scene.now.as_second())
}

fn gave_indexes_up(scene: &Scene<'_>, count: &Count) -> Option<Verdict> {
    let given_up = count.given_up.as_ref()?.total();
    if scene.spec.max_failed_indexes.is_some_and(|most| given_up > most) {
        let why = "Job has exceeded the specified maximal number of failed indexes";
        return Some(Verdict::failed("MaxFailedIndexesExceeded", why));
    }
    let over = given_up > 0 && given_up + count.done.total() >= scene.completions();
    over.then(|| Verdict::failed("FailedIndexes", "Job has failed indexes"))
}

fn enough(scene: &Scene<'_>, count: &Count) -> Option<Verdict> {
    let rules = scene.spec.success_policy.iter().flat_map(|policy| &policy.rules);
    let met = |rule: &SuccessPolicyRule| {
        let (common, all) = match &rule.succeeded_indexes {
            Some(text) => {
                let wanted = Indexes::parse(text, scene.completions());
                (wanted.common(&count.done), wanted.total())
            }
            None => (count.done.total(), i32::MAX),
        };
        common >= rule.succeeded_count.unwrap_or(all)
    };
    let at = rules.into_iter().position(met).filter(|_| scene.is_indexed())?;
    let message = format!("Matched rules at index {at}");
    Some(Verdict { success: true, reason: "SuccessPolicy".into(), message })
}
