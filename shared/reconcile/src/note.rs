//! Events about objects: what happened, said once and counted after that.

use shared_api::{
    Kind, Object, Timestamp,
    core::{Event, EventSource, ObjectReference},
    meta::{ObjectMeta, Time},
};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Something that happened to an object, for people to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The object.
    pub about: ObjectReference,
    /// Whether it is bad news.
    pub warning: bool,
    /// One word: `ScalingReplicaSet`.
    pub reason: String,
    /// The sentence.
    pub message: String,
}

impl Note {
    /// Something to know.
    pub fn normal(about: &impl Kind, reason: &str, message: impl Into<String>) -> Self {
        Self { about: reference_to(about), warning: false, reason: reason.into(), message: message.into() }
    }

    /// Something to worry about.
    pub fn warning(about: &impl Kind, reason: &str, message: impl Into<String>) -> Self {
        Self { warning: true, ..Self::normal(about, reason, message) }
    }

    /// As an event that happens for the first time. The name is the same for the same thing happening
    /// to the same object, so a second time is found and counted; it sorts before what a node tells later,
    /// whose names begin with the time.
    pub fn event(&self, component: &str, now: Timestamp) -> Event {
        let kind = if self.warning { "Warning" } else { "Normal" };
        let namespace = self.about.namespace.clone().unwrap_or_else(|| "default".into());
        let about = self.about.name.as_deref().unwrap_or_default();
        let short = about.get(..about.len().min(230)).unwrap_or_default();
        let mut hasher = DefaultHasher::new();
        (&self.about.uid, &self.about.kind, kind, &self.reason, &self.message, component).hash(&mut hasher);
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{short}.{:016x}", hasher.finish() >> 4)),
                namespace: Some(namespace),
                ..ObjectMeta::default()
            },
            involved_object: self.about.clone(),
            type_: Some(kind.into()),
            reason: Some(self.reason.clone()),
            message: Some(self.message.clone()),
            count: Some(1),
            first_timestamp: Some(Time(now)),
            last_timestamp: Some(Time(now)),
            source: Some(EventSource { component: Some(component.into()), host: None }),
            reporting_component: Some(component.into()),
            reporting_instance: Some(String::new()),
            ..Event::default()
        }
    }
}

/// An event that happened once more.
pub(crate) fn again(event: &Event, now: Timestamp) -> Event {
    let mut event = event.clone();
    event.count = Some(event.count.unwrap_or(1).saturating_add(1));
    event.last_timestamp = Some(Time(now));
    event
}

/// Names an object.
pub fn reference(object: &Object) -> ObjectReference {
    named(object.api_version(), object.kind(), object.metadata())
}

/// Names a typed object.
pub fn reference_to<K: Kind>(object: &K) -> ObjectReference {
    named(K::API_VERSION, K::KIND, object.metadata())
}

fn named(api_version: &str, kind: &str, meta: &ObjectMeta) -> ObjectReference {
    ObjectReference {
        api_version: Some(api_version.into()),
        kind: Some(kind.into()),
        name: meta.name.clone(),
        namespace: meta.namespace.clone().filter(|n| !n.is_empty()),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        field_path: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::core::Pod;

    #[test]
    fn the_same_thing_has_the_same_name() {
        let mut pod = Pod::default();
        pod.metadata.name = Some("web".into());
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let name = |note: Note, now| note.event("c", now).metadata.name;
        let first = name(Note::normal(&pod, "Started", "up"), at(1));
        assert_eq!(first, name(Note::normal(&pod, "Started", "up"), at(2)));
        assert_ne!(first, name(Note::normal(&pod, "Started", "down"), at(2)));
        assert_ne!(first, name(Note::warning(&pod, "Started", "up"), at(2)));
    }

    #[test]
    fn a_second_time_is_counted() {
        let event = Note::normal(&Pod::default(), "Started", "up").event("c", Timestamp::UNIX_EPOCH);
        let later = Timestamp::from_second(9).unwrap();
        let event = again(&event, later);
        assert_eq!((event.count, event.last_timestamp), (Some(2), Some(Time(later))));
        assert_eq!(event.first_timestamp, Some(Time(Timestamp::UNIX_EPOCH)));
    }
}
