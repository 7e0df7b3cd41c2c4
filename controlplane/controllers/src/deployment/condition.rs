//! A deployment's conditions, and when one is news.

use shared_api::{
    Time, Timestamp,
    apps::{DeploymentCondition, DeploymentStatus},
};

/// Something to say about a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    type_: &'static str,
    status: &'static str,
    reason: &'static str,
    message: String,
}

impl Condition {
    pub(super) fn available(yes: bool) -> Self {
        if yes {
            Self::new(
                "Available",
                "True",
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.".into(),
            )
        } else {
            let message = "Deployment does not have minimum availability.".into();
            Self::new("Available", "False", "MinimumReplicasUnavailable", message)
        }
    }

    pub(super) fn progressing(reason: &'static str, message: String) -> Self {
        Self::new("Progressing", "True", reason, message)
    }

    pub(super) fn new(
        type_: &'static str,
        status: &'static str,
        reason: &'static str,
        message: String,
    ) -> Self {
        Self { type_, status, reason, message }
    }

    /// Says it in a status. Saying the same again is no news, unless it tells that things moved.
    pub(super) fn say(&self, status: &mut DeploymentStatus, moved: bool, now: Timestamp) {
        let conditions = status.conditions.get_or_insert_default();
        let before = conditions.iter().position(|c| c.type_ == self.type_);
        let known = before.map(|at| &conditions[at]);
        let same = |c: &DeploymentCondition| {
            c.status == self.status
                && c.reason.as_deref() == Some(self.reason)
                && c.message.as_ref() == Some(&self.message)
        };
        if known.is_some_and(same) && !moved {
            return;
        }
        let since = known.filter(|c| c.status == self.status).and_then(|c| c.last_transition_time.clone());
        let new = DeploymentCondition {
            type_: self.type_.into(),
            status: self.status.into(),
            reason: Some(self.reason.into()),
            message: Some(self.message.clone()),
            last_transition_time: Some(since.unwrap_or(Time(now))),
            last_update_time: Some(Time(now)),
        };
        match before {
            Some(at) => conditions[at] = new,
            None => conditions.push(new),
        }
    }
}

/// The condition of a type.
pub(super) fn known<'a>(status: &'a DeploymentStatus, type_: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().flatten().find(|c| c.type_ == type_)
}
