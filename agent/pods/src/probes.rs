//! How a container is, by asking it again and again.

use crate::{
    aim::{Aim, Miss},
    events::{Recorder, Weight},
    observed::Health,
};
use agent_runtime::Runtime;
use shared_api::core::{Container, Pod, Probe};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// What a probe is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// Has it come up?
    Startup,
    /// Can it serve?
    Readiness,
    /// Is it well?
    Liveness,
}

/// What a probe has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// About which container, by id.
    pub id: String,
    /// To which question.
    pub question: Question,
    /// Yes or no.
    pub yes: bool,
}

/// The answers that count, out of single attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    good: i32,
    bad: i32,
}

impl Tally {
    /// Counts an attempt; the answer once enough in a row agree.
    pub fn take(&mut self, probe: &Probe, good: bool) -> Option<bool> {
        if good {
            (self.good, self.bad) = (self.good.saturating_add(1), 0);
            (self.good >= probe.success_threshold.unwrap_or(1).max(1)).then_some(true)
        } else {
            (self.good, self.bad) = (0, self.bad.saturating_add(1));
            (self.bad >= probe.failure_threshold.unwrap_or(3).max(1)).then_some(false)
        }
    }
}

impl Question {
    /// The probe that asks it.
    pub fn probe(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_ref(),
            Self::Readiness => container.readiness_probe.as_ref(),
            Self::Liveness => container.liveness_probe.as_ref(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Readiness => "Readiness",
            Self::Liveness => "Liveness",
        }
    }
}

impl Health {
    /// Takes note of an answer.
    pub fn note(&mut self, question: Question, yes: bool) {
        match question {
            Question::Startup => self.startup = Some(yes),
            Question::Readiness => self.readiness = Some(yes),
            Question::Liveness => self.liveness = Some(yes),
        }
    }
}

/// The questions to ask a running container now: whether it came up first, then the others.
pub fn questions(container: &Container, health: Health) -> Vec<Question> {
    if container.startup_probe.is_some() && health.startup != Some(true) {
        return vec![Question::Startup];
    }
    [Question::Readiness, Question::Liveness].into_iter().filter(|q| q.probe(container).is_some()).collect()
}

/// A container to ask.
pub(crate) struct Asked {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) recorder: Recorder,
    pub(crate) pod: Arc<Pod>,
    pub(crate) container: Container,
    pub(crate) id: String,
    pub(crate) ip: String,
    /// How long it has been running.
    pub(crate) age: Duration,
}

impl Asked {
    /// Asks until nobody listens, or the answer is final.
    pub(crate) async fn ask(self, question: Question, answers: mpsc::Sender<Answer>) {
        let Some(probe) = question.probe(&self.container) else { return };
        let seconds = |value: Option<i32>, default: u64| {
            Duration::from_secs(
                value.and_then(|v| u64::try_from(v).ok()).filter(|v| *v > 0).unwrap_or(default),
            )
        };
        let delay = seconds(probe.initial_delay_seconds, 0);
        let (period, deadline) = (seconds(probe.period_seconds, 10), seconds(probe.timeout_seconds, 1));
        let aim = Aim::of_probe(probe, &self.container, &self.ip);
        tokio::time::sleep(delay.saturating_sub(self.age)).await;
        let (mut tally, mut said) = (Tally::default(), None);
        let mut beat = tokio::time::interval(period);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let result = match &aim {
                Ok(aim) => aim.shoot(&*self.runtime, &self.id, deadline).await,
                Err(why) => Err(Miss::Bad(why.clone())),
            };
            let good = match result {
                Ok(()) => true,
                Err(Miss::Bad(why)) => {
                    let why = format!("{} probe failed: {}", question.word(), why.trim_end());
                    self.recorder.note(
                        &self.pod,
                        Some(&self.container.name),
                        Weight::Warning,
                        "Unhealthy",
                        &why,
                    );
                    false
                }
                Err(Miss::Unknown(why)) => {
                    tracing::debug!(container = %self.container.name, error = %why, "probe could not ask");
                    continue;
                }
            };
            let Some(yes) = tally.take(probe, good) else { continue };
            if said != Some(yes) {
                said = Some(yes);
                if answers.send(Answer { id: self.id.clone(), question, yes }).await.is_err() {
                    return;
                }
            }
            // A container that came up stays up; one that is not well is ended.
            let last = match question {
                Question::Startup => true,
                Question::Liveness => !yes,
                Question::Readiness => false,
            };
            if last {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_in_a_row_decide() {
        let probe = Probe { success_threshold: Some(2), failure_threshold: Some(3), ..Probe::default() };
        let mut tally = Tally::default();
        let said: Vec<_> = "++-+--+---+--".chars().map(|c| tally.take(&probe, c == '+')).collect();
        let yes = Some(true);
        let expected = [None, yes, None, None, None, None, None, None, None, Some(false), None, None, None];
        assert_eq!(said, expected);
    }

    #[test]
    fn the_first_question_is_whether_it_came_up() {
        let probe = || Some(Probe::default());
        let mut container =
            Container { readiness_probe: probe(), liveness_probe: probe(), ..Container::default() };
        let up = Health { startup: Some(true), ..Health::default() };
        let both = vec![Question::Readiness, Question::Liveness];
        assert_eq!(questions(&container, Health::default()), both);
        container.startup_probe = probe();
        assert_eq!(questions(&container, Health::default()), [Question::Startup]);
        assert_eq!(questions(&container, up), both);
    }
}
