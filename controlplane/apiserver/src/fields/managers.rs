//! Who owns which fields of an object: `metadata.managedFields`.

use super::set::FieldSet;
use serde_json::{Value, json};
use shared_api::{Time, Timestamp, meta::ManagedFieldsEntry};
use std::fmt;

/// Updaters of one object that are remembered by name; older ones are remembered together.
const UPDATERS: usize = 10;
/// The name of those that are remembered together.
const ANCIENT: &str = "ancient-changes";

/// Everybody who owns fields of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Managers(pub(crate) Vec<Entry>);

/// One owner and what it owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) who: Manager,
    pub(crate) time: Option<Timestamp>,
    pub(crate) fields: FieldSet,
}

/// Somebody who writes, in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manager {
    pub(crate) name: String,
    pub(crate) operation: Operation,
    /// The version its fields are named in.
    pub(crate) version: String,
    /// Empty for the object itself.
    pub(crate) part: String,
}

/// How somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

impl Manager {
    /// Whether both are one: who applies may change the version.
    pub(crate) fn is(&self, other: &Self) -> bool {
        (&self.name, self.operation, &self.part) == (&other.name, other.operation, &other.part)
            && (self.operation == Operation::Apply || self.version == other.version)
    }
}

impl Managers {
    /// Reads what an object says; `None` when that makes no sense.
    pub(crate) fn read(entries: &[ManagedFieldsEntry]) -> Option<Self> {
        entries.iter().map(Entry::read).collect::<Option<_>>().map(Self)
    }

    /// Reads what is stored; nobody when there is nothing.
    pub(crate) fn stored(json: Option<&[u8]>) -> Self {
        let entries: Option<Vec<ManagedFieldsEntry>> =
            json.and_then(|json| serde_json::from_slice(json).ok());
        entries.and_then(|entries| Self::read(&entries)).unwrap_or_default()
    }

    /// As it is stored, in Kubernetes' order; `None` when nobody owns anything.
    pub(crate) fn json(&self) -> Option<Vec<u8>> {
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_by_key(|e| {
            (e.who.operation, e.time.map(Timestamp::as_second), &e.who.name, &e.who.version, &e.who.part)
        });
        let entries: Vec<_> = entries
            .into_iter()
            .map(|entry| text(&entry.who, entry.time, entry.fields.fields().to_string().as_bytes()))
            .collect();
        (!entries.is_empty()).then(|| [b"[", &entries.join(&b","[..])[..], b"]"].concat())
    }

    pub(crate) fn of(&self, who: &Manager) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.who.is(who))
    }

    /// Takes fields from everybody; those who are left with none are forgotten.
    pub(crate) fn lose(&mut self, lost: impl Fn(&Entry) -> Option<FieldSet>) {
        self.0.retain_mut(|entry| {
            if let Some(lost) = lost(entry) {
                entry.fields = std::mem::take(&mut entry.fields).minus(&lost);
            }
            !entry.fields.is_empty()
        });
    }

    /// Gives somebody fields besides what it has.
    pub(crate) fn gain(&mut self, who: Manager, fields: FieldSet, now: Timestamp) {
        match self.0.iter_mut().find(|entry| entry.who.is(&who)) {
            Some(entry) => {
                entry.fields = std::mem::take(&mut entry.fields).union(&fields);
                entry.time = Some(now);
            }
            None => self.0.push(Entry { who, time: Some(now), fields }),
        }
    }

    /// Remembers the oldest updaters together, one for each version, when there are too many.
    pub(crate) fn bound(&mut self) {
        let updates = |e: &Entry| e.who.operation == Operation::Update;
        let mut many = self.0.iter().filter(|e| updates(e)).count();
        if many <= UPDATERS {
            return;
        }
        let (mut old, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.0).into_iter().partition(updates);
        self.0 = kept;
        old.sort_by_key(|e| (e.time.map(Timestamp::as_second), e.who.name.clone()));
        let mut left: Vec<Entry> = Vec::new();
        for entry in old {
            // The first one of a version waits for a second, with which it is put together.
            let same = left.iter_mut().find(|e| e.who.version == entry.who.version);
            match same.filter(|_| many > UPDATERS) {
                Some(bucket) => {
                    bucket.fields = std::mem::take(&mut bucket.fields).union(&entry.fields);
                    bucket.time = entry.time;
                    bucket.who = Manager { name: ANCIENT.into(), part: String::new(), ..bucket.who.clone() };
                    many -= 1;
                }
                None => left.push(entry),
            }
        }
        self.0.extend(left);
    }
}

impl Entry {
    fn read(entry: &ManagedFieldsEntry) -> Option<Self> {
        let operation = match entry.operation.as_deref()? {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        if entry.fields_type.as_deref() != Some("FieldsV1") {
            return None;
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Some(Self {
            who: Manager {
                name: text(&entry.manager),
                operation,
                version: text(&entry.api_version),
                part: text(&entry.subresource),
            },
            time: entry.time.as_ref().map(|time| time.0),
            fields: entry.fields_v1.as_ref().map_or(Some(FieldSet::default()), |f| FieldSet::parse(&f.0))?,
        })
    }
}

/// One entry as it is stored, its fields as `FieldsV1`.
pub(super) fn text(who: &Manager, time: Option<Timestamp>, fields: &[u8]) -> Vec<u8> {
    let quoted = |text: &str| Value::from(text).to_string();
    let Manager { name, operation, version, part } = who;
    let head = format!(r#"{{"apiVersion":{},"fieldsType":"FieldsV1","fieldsV1":"#, quoted(version));
    let mut tail = format!(r#","manager":{},"operation":"{operation}""#, quoted(name));
    if !part.is_empty() {
        tail += &format!(r#","subresource":{}"#, quoted(part));
    }
    if let Some(time) = time {
        tail += &format!(r#","time":{}"#, json!(Time::from(time)));
    }
    [head.as_bytes(), fields, tail.as_bytes(), b"}"].concat()
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        })
    }
}

/// As messages name it: `"kubectl" with subresource "scale" using apps/v1`.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Manager { name, operation, version, part } = &self.who;
        write!(f, "{name:?}")?;
        if !part.is_empty() {
            write!(f, " with subresource {part:?}")?;
        }
        if *operation == Operation::Update {
            write!(f, " using {version}")?;
        }
        Ok(())
    }
}
