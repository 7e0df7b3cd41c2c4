//! What an autoscaler says of itself, gathered while it is decided.

use super::history::History;
use shared_api::{
    Time, Timestamp,
    autoscaling::{
        HorizontalPodAutoscaler, HorizontalPodAutoscalerCondition as Condition, HorizontalPodAutoscalerStatus,
    },
};
use shared_reconcile::{Note, Plan};

/// The status to be, and what is to be told besides.
pub(super) struct Told<'a> {
    autoscaler: &'a HorizontalPodAutoscaler,
    pub(super) status: HorizontalPodAutoscalerStatus,
    history: Option<String>,
    notes: Vec<Note>,
    now: Timestamp,
}

impl<'a> Told<'a> {
    /// As it was told before.
    pub(super) fn of(autoscaler: &'a HorizontalPodAutoscaler, now: Timestamp) -> Self {
        let mut status = autoscaler.status.clone().unwrap_or_default();
        status.observed_generation = autoscaler.metadata.generation;
        Self { autoscaler, status, history: None, notes: Vec::new(), now }
    }

    /// Sets a condition.
    pub(super) fn set(&mut self, kind: &str, is: &str, reason: &str, message: impl Into<String>) {
        let conditions = self.status.conditions.get_or_insert_default();
        let at = conditions.iter().position(|c| c.type_ == kind).unwrap_or_else(|| {
            conditions.push(Condition { type_: kind.into(), ..Condition::default() });
            conditions.len() - 1
        });
        let condition = &mut conditions[at];
        if condition.status != is {
            condition.last_transition_time = Some(Time(self.now));
        }
        condition.status = is.into();
        condition.reason = Some(reason.into());
        condition.message = Some(message.into());
    }

    pub(super) fn warn(&mut self, reason: &str, why: impl Into<String>) {
        self.notes.push(Note::warning(self.autoscaler, reason, why));
    }

    pub(super) fn tell(&mut self, reason: &str, what: impl Into<String>) {
        self.notes.push(Note::normal(self.autoscaler, reason, what));
    }

    /// Keeps in mind what was recommended.
    pub(super) fn remember(&mut self, history: &History) {
        self.history = Some(history.text());
    }

    /// Writes what changed.
    pub(super) fn plan(self) -> Plan {
        let mut changed = HorizontalPodAutoscaler { status: Some(self.status), ..self.autoscaler.clone() };
        if let Some(text) = self.history {
            changed.metadata.annotations.get_or_insert_default().insert(History::KEPT.into(), text);
        }
        let plan = if changed == *self.autoscaler {
            Plan::nothing()
        } else {
            Plan::nothing().update_status(&changed)
        };
        self.notes.into_iter().fold(plan, Plan::record)
    }
}
