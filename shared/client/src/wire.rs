//! What the door's words look like on the wire, both ways. The server and the gRPC client share it,
//! so that neither can read what the other does not write.

mod refusal;

pub use refusal::{refusal_from_status, refusal_to_status};

use crate::{Channel, Event, Frame, Result, Session};
use bytes::Bytes;
use shared_api::{
    DeleteHow, FieldSelector, Freshness, GroupKind, Key, LabelSelector, Object, Patch, PatchType,
    Preconditions, Propagation, Query, Refusal, Selectors, Validation, WriteHow,
};
use shared_proto as proto;

/// A key, to be sent.
pub fn key_to_wire(key: &Key) -> proto::Key {
    proto::Key {
        group: key.kind.group.to_string(),
        kind: key.kind.kind.to_string(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
    }
}

/// A received key; refuses when the message has none.
pub fn key_from_wire(key: Option<proto::Key>) -> Result<Key> {
    let key = key.ok_or_else(|| Refusal::bad_request("the message has no key"))?;
    Ok(Key { kind: kind_from_wire(key.group, key.kind), namespace: key.namespace, name: key.name })
}

fn kind_from_wire(group: String, kind: String) -> GroupKind {
    match shared_api::of(&group, &kind) {
        Some(known) => known.group_kind(),
        None => GroupKind { group: group.into(), kind: kind.into() },
    }
}

/// A query, to be sent.
pub fn query_to_wire(query: &Query) -> proto::Query {
    proto::Query {
        group: query.kind.group.to_string(),
        kind: query.kind.kind.to_string(),
        namespace: query.namespace.clone(),
        label_selector: query.selectors.labels.to_string(),
        field_selector: query.selectors.fields.to_string(),
        limit: query.limit as u64,
        continue_from: query.continue_from.clone(),
        exactly: match query.freshness {
            Freshness::Exactly(revision) => Some(revision),
            Freshness::Newest | Freshness::Any | Freshness::AtLeast(_) => None,
        },
    }
}

/// A received query.
pub fn query_from_wire(query: proto::Query) -> Result<Query> {
    Ok(Query {
        kind: kind_from_wire(query.group, query.kind),
        namespace: query.namespace,
        selectors: Selectors {
            labels: LabelSelector::parse(&query.label_selector)?,
            fields: FieldSelector::parse(&query.field_selector)?,
        },
        limit: usize::try_from(query.limit).unwrap_or(usize::MAX),
        continue_from: query.continue_from,
        freshness: query.exactly.map_or(Freshness::Newest, Freshness::Exactly),
    })
}

/// How to write, to be sent.
pub fn how_to_wire(how: &WriteHow) -> proto::WriteHow {
    proto::WriteHow {
        subresource: how.subresource.clone(),
        dry_run: how.dry_run,
        manager: how.manager.clone(),
        validation: match how.validation {
            Validation::Ignore => 0,
            Validation::Warn => 1,
            Validation::Strict => 2,
        },
        version: how.version.clone(),
    }
}

/// How to write, as received; absent is the default.
pub fn how_from_wire(how: Option<proto::WriteHow>) -> Result<WriteHow> {
    let Some(how) = how else { return Ok(WriteHow::default()) };
    let validation = match how.validation {
        0 => Validation::Ignore,
        1 => Validation::Warn,
        2 => Validation::Strict,
        other => return Err(Refusal::bad_request(format!("{other} is no field validation: 0, 1 or 2"))),
    };
    Ok(WriteHow {
        subresource: how.subresource,
        dry_run: how.dry_run,
        manager: how.manager,
        validation,
        version: how.version,
    })
}

/// A patch request, to be sent.
pub fn patch_to_wire(key: &Key, patch: &Patch, how: &WriteHow) -> proto::PatchRequest {
    proto::PatchRequest {
        key: Some(key_to_wire(key)),
        kind: match patch.kind {
            PatchType::Json => 0,
            PatchType::Merge => 1,
            PatchType::Strategic => 2,
            PatchType::Apply { .. } => 3,
        },
        body: patch.body.to_string().into(),
        how: Some(how_to_wire(how)),
        force: patch.kind == PatchType::Apply { force: true },
    }
}

/// A received patch request.
pub fn patch_from_wire(request: proto::PatchRequest) -> Result<(Key, Patch, WriteHow)> {
    let kind = match request.kind {
        0 => PatchType::Json,
        1 => PatchType::Merge,
        2 => PatchType::Strategic,
        3 => PatchType::Apply { force: request.force },
        other => return Err(Refusal::bad_request(format!("{other} is no patch type: 0 to 3"))),
    };
    let body = serde_json::from_slice(&request.body)
        .map_err(|e| Refusal::bad_request(format!("the patch is not JSON: {e}")))?;
    Ok((key_from_wire(request.key)?, Patch { kind, body }, how_from_wire(request.how)?))
}

/// A deletion, to be sent.
pub fn delete_to_wire(key: &Key, how: &DeleteHow) -> proto::DeleteRequest {
    proto::DeleteRequest {
        key: Some(key_to_wire(key)),
        grace_seconds: how.grace_seconds,
        uid: how.preconditions.uid.clone(),
        revision: how.preconditions.revision,
        propagation: how.propagation.map(|p| {
            match p {
                Propagation::Background => "Background",
                Propagation::Foreground => "Foreground",
                Propagation::Orphan => "Orphan",
            }
            .into()
        }),
        dry_run: how.dry_run,
    }
}

/// A received deletion.
pub fn delete_from_wire(request: proto::DeleteRequest) -> Result<(Key, DeleteHow)> {
    let propagation = match request.propagation.as_deref() {
        None => None,
        Some("Background") => Some(Propagation::Background),
        Some("Foreground") => Some(Propagation::Foreground),
        Some("Orphan") => Some(Propagation::Orphan),
        Some(other) => return Err(Refusal::bad_request(format!("{other:?} is no propagation policy"))),
    };
    let how = DeleteHow {
        grace_seconds: request.grace_seconds,
        preconditions: Preconditions { uid: request.uid, revision: request.revision },
        propagation,
        dry_run: request.dry_run,
    };
    Ok((key_from_wire(request.key)?, how))
}

/// An object from JSON that the server stored.
pub fn object_from_json(json: Bytes) -> Result<Object> {
    Object::from_bytes(json).map_err(|e| Refusal::bad_request(format!("the object cannot be decoded: {e}")))
}

/// An object that a user sent, which nobody has looked at yet: all of it is JSON, not just its head.
pub fn sent_object(json: &[u8]) -> Result<Object> {
    let value: serde_json::Value = serde_json::from_slice(json)
        .map_err(|e| Refusal::bad_request(format!("the object is not JSON: {e}")))?;
    Object::from_value(&value).map_err(|e| Refusal::bad_request(format!("the object cannot be decoded: {e}")))
}

/// An event, to be sent. The object's bytes are shared, not copied.
pub fn event_to_wire(event: &Event) -> proto::Event {
    use proto::event::Type;
    let about = |kind: Type, object: &Object| proto::Event {
        r#type: kind.into(),
        json: object.bytes().clone(),
        ..proto::Event::default()
    };
    match event {
        Event::Added(object) => about(Type::Added, object),
        Event::Modified(object) => about(Type::Modified, object),
        Event::Deleted(object) => about(Type::Deleted, object),
        Event::Bookmark { revision, initial, cluster } => proto::Event {
            r#type: Type::Bookmark.into(),
            json: Bytes::new(),
            revision: *revision,
            initial: *initial,
            cluster: cluster.to_string(),
        },
    }
}

/// A received event.
pub fn event_from_wire(event: proto::Event) -> Result<Event> {
    use proto::event::Type;
    let kind = Type::try_from(event.r#type)
        .map_err(|_| Refusal::bad_request(format!("{} is no type of event", event.r#type)))?;
    Ok(match kind {
        Type::Added => Event::Added(object_from_json(event.json)?),
        Type::Modified => Event::Modified(object_from_json(event.json)?),
        Type::Deleted => Event::Deleted(object_from_json(event.json)?),
        Type::Bookmark => Event::Bookmark {
            revision: event.revision,
            initial: event.initial,
            cluster: event.cluster.into(),
        },
    })
}

/// A piece of a session, to be sent.
pub fn frame_to_wire(frame: Frame) -> proto::Frame {
    proto::Frame { channel: frame.channel as u32, data: frame.data, end: frame.end, open: None, serve: None }
}

/// A received piece of a session.
pub fn frame_from_wire(frame: proto::Frame) -> Result<Frame> {
    let channel = u8::try_from(frame.channel).ok().and_then(Channel::from_number);
    let channel = channel.ok_or_else(|| Refusal::bad_request(format!("{} is no channel", frame.channel)))?;
    Ok(Frame { channel, data: frame.data, end: frame.end })
}

/// The first frame of a session a user opens.
pub fn open_to_wire(pod: &Key, session: &Session) -> proto::OpenSession {
    let session = serde_json::to_vec(session).expect("a session can be encoded").into();
    proto::OpenSession { pod: Some(key_to_wire(pod)), session }
}

/// Which session is asked for, and of which pod.
pub fn open_from_wire(open: proto::OpenSession) -> Result<(Key, Session)> {
    let session = serde_json::from_slice(&open.session)
        .map_err(|e| Refusal::bad_request(format!("the session cannot be decoded: {e}")))?;
    Ok((key_from_wire(open.pod)?, session))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::core::Pod;

    #[test]
    fn patches_survive_the_wire_with_their_force() {
        let key = Key::of::<Pod>("ns", "a");
        let how = WriteHow { manager: Some("me".into()), dry_run: true, ..WriteHow::default() };
        for kind in [
            PatchType::Json,
            PatchType::Merge,
            PatchType::Strategic,
            PatchType::Apply { force: false },
            PatchType::Apply { force: true },
        ] {
            let patch = Patch { kind, body: serde_json::json!({"a": 1}) };
            let sent = patch_from_wire(patch_to_wire(&key, &patch, &how));
            assert_eq!(sent, Ok((key.clone(), patch, how.clone())));
        }
    }

    #[test]
    fn queries_and_deletions_survive_the_wire() {
        let query = Query {
            selectors: Selectors {
                labels: LabelSelector::parse("a in (b,c),!d").unwrap(),
                fields: FieldSelector::equal("spec.nodeName", "n1"),
            },
            limit: 5,
            ..Query::every::<Pod>().within("x")
        };
        assert_eq!(query_from_wire(query_to_wire(&query)), Ok(query));
        let how = DeleteHow {
            grace_seconds: Some(0),
            propagation: Some(Propagation::Orphan),
            ..DeleteHow::default()
        };
        let key = Key::of::<Pod>("x", "a");
        assert_eq!(delete_from_wire(delete_to_wire(&key, &how)), Ok((key, how)));
    }

    #[test]
    fn what_a_user_sends_is_read_whole() {
        let with =
            |spec: &str| format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{}},"spec":{spec}}}"#);
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        assert!(sent_object(with(r#"{"a":1}"#).as_bytes()).is_ok());
        for spec in [r#""\ud800""#, "1e999", &deep] {
            assert!(sent_object(with(spec).as_bytes()).is_err(), "{spec}");
        }
        assert!(sent_object(b"[]").is_err());
    }

    #[test]
    fn events_and_frames_survive_the_wire() {
        let object = Object::from_kind(&Pod::default());
        for event in
            [Event::Deleted(object), Event::Bookmark { revision: 7, initial: true, cluster: "c".into() }]
        {
            assert_eq!(event_from_wire(event_to_wire(&event)), Ok(event));
        }
        let frame = Frame::data(Channel::Resize, "{}");
        assert_eq!(frame_from_wire(frame_to_wire(frame.clone())), Ok(frame));
        assert!(frame_from_wire(proto::Frame { channel: 9, ..proto::Frame::default() }).is_err());
    }
}
