//! What the author of a new object owns: everything in it. Creates are many, so it is written at once, with
//! nothing built on the way; it is what `Write::update` says of an object that comes from nothing.

use super::{
    compare::is_held,
    managers,
    place::{Merge, Place},
    set::FieldSet,
    step::Step,
    update::{NONE, Write},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

impl Write {
    /// `metadata.managedFields` of a new object of which nobody else owns anything.
    pub(super) fn fresh(&self, new: &Value) -> Option<Vec<u8>> {
        let mut fields = Vec::with_capacity(1024);
        let root = Node { place: self.versions.place(&self.who.version), held: true, nobodys: Some(&NONE) };
        let some = root.map(new.as_object()?, &mut fields, Some(&self.ignored));
        some.then(|| [b"[", &managers::text(&self.who, Some(self.now), &fields)[..], b"]"].concat())
    }
}

/// A value, and what is known of its place.
#[derive(Clone, Copy)]
struct Node<'a> {
    place: Place,
    held: bool,
    /// What of it is nobody's.
    nobodys: Option<&'a FieldSet>,
}

impl Node<'_> {
    /// Writes what is owned of a value; false when that is nothing.
    fn value(self, value: &Value, out: &mut Vec<u8>) -> bool {
        match (self.place.merge(value), value) {
            (_, Value::Null) => false,
            (Merge::Map, Value::Object(fields)) => self.map(fields, out, None),
            (how @ (Merge::Set | Merge::Keyed(_)), Value::Array(items)) => self.list(how, items, out),
            _ => {
                out.extend_from_slice(b"{}");
                true
            }
        }
    }

    fn map(self, fields: &Map<String, Value>, out: &mut Vec<u8>, ignored: Option<&FieldSet>) -> bool {
        let mut parts = Parts::begin(self.held, out);
        for (name, value) in fields {
            let within = |set: Option<&'_ FieldSet>| set.and_then(|set| set.at(&Step::field(name)).cloned());
            let nobodys = within(self.nobodys);
            let none = nobodys.as_ref().is_some_and(FieldSet::is_leaf);
            if none || within(ignored).is_some_and(|set| set.member) {
                continue;
            }
            let held = self.held && is_held(name);
            let below = Node { place: self.place.field(name), held, nobodys: nobodys.as_ref() };
            parts.part(out, Code::Field(name), |out| below.value(value, out));
        }
        parts.end(out)
    }

    fn list(self, how: Merge, items: &[Value], out: &mut Vec<u8>) -> bool {
        let mut sorted = BTreeMap::new();
        for (step, item) in self.place.steps(how, items) {
            sorted.entry(step.code()).or_insert(item);
        }
        let below = Node { place: self.place.item(), held: false, nobodys: None };
        let mut parts = Parts::begin(self.held, out);
        for (code, item) in &sorted {
            parts.part(out, Code::Other(code), |out| below.value(item, out));
        }
        parts.end(out)
    }
}

/// A map of steps that is being written.
struct Parts {
    start: usize,
    held: bool,
    empty: bool,
}

#[derive(Clone, Copy)]
enum Code<'a> {
    Field(&'a str),
    Other(&'a str),
}

impl Parts {
    fn begin(held: bool, out: &mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(if held { b"{" } else { br#"{".":{}"# });
        Self { start, held, empty: true }
    }

    fn part(&mut self, out: &mut Vec<u8>, code: Code<'_>, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let before = out.len();
        if !(self.held && self.empty) {
            out.push(b',');
        }
        match code {
            Code::Field(name)
                if name.bytes().all(|b| (b' '..127).contains(&b) && b != b'"' && b != b'\\') =>
            {
                out.extend_from_slice(b"\"f:");
                out.extend_from_slice(name.as_bytes());
                out.push(b'"');
            }
            Code::Field(name) => out.extend(Value::from(format!("f:{name}")).to_string().into_bytes()),
            Code::Other(code) => out.extend(Value::from(code).to_string().into_bytes()),
        }
        out.push(b':');
        if write(out) {
            self.empty = false;
        } else {
            out.truncate(before);
        }
    }

    fn end(self, out: &mut Vec<u8>) -> bool {
        if self.empty {
            // Nothing below: it is a member itself, or nothing at all.
            out.truncate(self.start);
            if self.held {
                return false;
            }
            out.push(b'{');
        }
        out.push(b'}');
        true
    }
}
