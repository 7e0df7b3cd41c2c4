//! Forgets every `Event` an hour after it was last told.

use shared_api::{Timestamp, core::Event as Told};
use shared_reconcile::{Plan, Reconciler, World};

/// Seconds an event is kept, as Kubernetes keeps it.
const KEPT: i64 = 3600;

/// See the module documentation.
pub struct EventRetention;

impl Reconciler for EventRetention {
    type Kind = Told;
    const NAME: &'static str = "event-retention";

    fn reconcile(&self, event: &Told, world: &World) -> Plan {
        let left = last(event).map_or(0, |last| last.as_second() + KEPT - world.now().as_second());
        // What claims to come from the future is not kept for ever either.
        match left.min(KEPT) {
            ..=0 => Plan::nothing().delete::<Told>(&event.metadata),
            left => Plan::nothing().again_in_seconds(left),
        }
    }
}

/// When the event was last told; `None` when it has no time at all.
fn last(event: &Told) -> Option<Timestamp> {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|t| t.0);
    let times = [&event.last_timestamp, &event.first_timestamp, &event.metadata.creation_timestamp];
    let times = times.into_iter().flatten().map(|t| t.0);
    times.chain(event.event_time.as_ref().map(|t| t.0)).chain(series).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::Time;
    use shared_reconcile::Change;
    use shared_testkit::moment;
    use std::time::Duration;

    fn after(seconds: i64, change: impl FnOnce(&mut Told)) -> Plan {
        let mut event = Told { last_timestamp: Some(Time(moment())), ..Told::default() };
        change(&mut event);
        let now = Timestamp::from_second(moment().as_second() + seconds).unwrap();
        EventRetention.reconcile(&event, &World::default().at(now))
    }

    #[test]
    fn an_event_is_forgotten_an_hour_after_it_was_last_told() {
        let wait = |plan: Plan| plan.changes.is_empty().then_some(plan.again_in).flatten();
        assert_eq!(wait(after(600, |_| ())), Some(Duration::from_mins(50)));
        assert!(matches!(&after(3600, |_| ()).changes[..], [Change::Delete { .. }]));
        let again = |event: &mut Told| event.metadata.creation_timestamp = event.last_timestamp.take();
        assert_eq!(wait(after(1, again)), Some(Duration::from_secs(3599)));
        assert!(wait(after(0, |event| event.last_timestamp = None)).is_none(), "of no time at all");
        assert_eq!(wait(after(-900_000, |_| ())), Some(Duration::from_hours(1)));
    }
}
