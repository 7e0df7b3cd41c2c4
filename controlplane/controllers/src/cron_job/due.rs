//! Which run of a cron job is due: the newest that has come and was not yet started.

use super::Scene;
use shared_api::{
    Timestamp,
    batch::{Schedule, TimeZone, zone},
};
use shared_reconcile::Note;

/// Beyond so many starts that were missed somebody should know.
const MANY: i64 = 100;

/// What the clock says.
pub(super) struct Due {
    /// The run to start now.
    pub(super) at: Option<Timestamp>,
    /// When the one after it is due.
    pub(super) next: Option<Timestamp>,
    pub(super) notes: Vec<Note>,
}

/// Looks at the clock; `None` while the cron job is suspended.
pub(super) fn due(scene: &Scene<'_>) -> Result<Option<Due>, Box<Note>> {
    let wrong = |reason: &str, why: String| Box::new(Note::warning(scene.cron, reason, why));
    let zone = match scene.spec.time_zone.as_deref() {
        None => TimeZone::UTC,
        Some(name) => zone(name).ok_or_else(|| {
            wrong("UnknownTimeZone", format!("invalid timeZone: {name:?}: unknown time zone {name}"))
        })?,
    };
    if scene.spec.suspend == Some(true) {
        return Ok(None);
    }
    let text = &scene.spec.schedule;
    let schedule = Schedule::parse(text)
        .map_err(|why| wrong("UnparseableSchedule", format!("unparseable schedule: {text:?} : {why}")))?;
    let now = scene.now();
    let Missed { newest, count } = missed(&schedule, &zone, since(scene), now);
    let mut notes = Vec::new();
    if count > MANY && newest.is_some() {
        let why =
            "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
        notes.push(Note::warning(scene.cron, "TooManyMissedTimes", why));
    }
    Ok(Some(Due { at: newest, next: schedule.after(now, &zone), notes }))
}

/// The last moment of which nothing is to be made up for any more.
fn since(scene: &Scene<'_>) -> Timestamp {
    let created = scene.cron.metadata.creation_timestamp.as_ref();
    let begin = scene.status.last_schedule_time.as_ref().or(created).map_or(scene.now(), |t| t.0);
    let deadline = scene.spec.starting_deadline_seconds.and_then(|seconds| {
        Timestamp::from_second(scene.now().as_second().checked_sub(seconds)?.checked_sub(1)?).ok()
    });
    deadline.map_or(begin, |deadline| begin.max(deadline))
}

/// Starts between two moments.
struct Missed {
    newest: Option<Timestamp>,
    /// About how many there are.
    count: i64,
}

/// A schedule is not walked through start by start: how many there were is estimated from the first two.
fn missed(schedule: &Schedule, zone: &TimeZone, since: Timestamp, now: Timestamp) -> Missed {
    let Some(first) = schedule.after(since, zone).filter(|first| *first <= now) else {
        return Missed { newest: None, count: 0 };
    };
    let Some(second) = schedule.after(first, zone).filter(|second| *second <= now) else {
        return Missed { newest: Some(first), count: 1 };
    };
    let step = (second.as_second() - first.as_second()).max(1);
    let count = (now.as_second() - first.as_second()) / step + 1;
    let mut newest = first;
    // Where starts are not the same time apart, the estimate may lie behind the newest: then from further back.
    let mut back = 2;
    while newest == first {
        let begin = first.as_second().saturating_add((count - back).max(0).saturating_mul(step));
        let mut at = Timestamp::from_second(begin).ok().and_then(|begin| schedule.after(begin, zone));
        while let Some(start) = at.filter(|start| *start <= now) {
            newest = newest.max(start);
            at = schedule.after(start, zone);
        }
        if back >= count {
            break;
        }
        back *= 2;
    }
    Missed { newest: Some(newest), count }
}
