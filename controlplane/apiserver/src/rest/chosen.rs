//! Objects chosen by fields that only the version they are shown in has: where a webhook turns objects, what lies in the
//! store says nothing about them.

use super::request::RequestInfo;
use shared_api::{FieldSelector, KindInfo, Object, Query};
use shared_client::{Event, Result};
use std::collections::HashSet;

/// Which of the objects that were turned are meant.
pub(super) struct Chosen {
    kind: &'static KindInfo,
    fields: FieldSelector,
    /// Those that a watcher was told of, each by its namespace and name.
    told: HashSet<(String, String)>,
    /// The watcher may know objects that it was told of before.
    resumed: bool,
}

impl Chosen {
    /// What of a query can only be answered when objects were turned; that is taken from it.
    pub(super) fn of(info: &RequestInfo, query: &mut Query, resumed: bool) -> Option<Self> {
        if !info.kind.converts() {
            return None;
        }
        let fields = query.selectors.fields.take_inner();
        let kind = info.kind.spoken(info.served.api_version());
        (!fields.is_empty()).then(|| Self { kind, fields, told: HashSet::new(), resumed })
    }

    /// Whether an object is meant.
    pub(super) fn means(&self, object: &Object) -> bool {
        self.fields.matches(self.kind, object)
    }

    /// An event as the watcher hears it: what is no longer meant is gone for it.
    pub(super) fn event(&mut self, event: Result<Event>) -> Option<Result<Event>> {
        let key = |object: &Object| (object.namespace().to_owned(), object.name().to_owned());
        let heard = match event {
            Ok(Event::Added(object) | Event::Modified(object)) if self.means(&object) => {
                if self.told.insert(key(&object)) { Event::Added(object) } else { Event::Modified(object) }
            }
            Ok(Event::Added(object)) => {
                self.told.remove(&key(&object));
                return None;
            }
            Ok(Event::Modified(object)) => {
                let known = self.told.remove(&key(&object)) || self.resumed;
                return known.then_some(Ok(Event::Deleted(object)));
            }
            Ok(Event::Deleted(object)) => {
                let known = self.told.remove(&key(&object)) || self.resumed && self.means(&object);
                return known.then_some(Ok(Event::Deleted(object)));
            }
            other => return Some(other),
        };
        Some(Ok(heard))
    }
}
