//! The one place that knows a YAML library.
//!
//! What is read comes from anybody: text that nests without end, and anchors that unfold to more than a
//! machine holds, are refused before anything is built of them.

use crate::Refusal;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use std::{cell::Cell, fmt};

/// What the aliases of a text may unfold to: more than the largest object there is.
const UNFOLDED: usize = 16 * 1024 * 1024;
/// How deep brackets may nest: the library cannot read them half as deep, but takes for ever to say so.
const DEEPEST: usize = 500;

/// Every document of a YAML (or JSON) text; empty documents are left out.
pub fn documents(text: &str) -> Result<Vec<Value>, Refusal> {
    sane(text)?;
    let mut found = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let value = Value::deserialize(document).map_err(|e| wrong(&e))?;
        if !value.is_null() {
            found.push(value);
        }
    }
    Ok(found)
}

/// One value as YAML.
pub fn to_string(value: &impl serde::Serialize) -> Result<String, Refusal> {
    serde_yaml::to_string(value).map_err(Refusal::internal)
}

/// One typed value from YAML.
pub fn from_str<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    sane(text)?;
    serde_yaml::from_str(text).map_err(|e| wrong(&e))
}

fn wrong(error: &serde_yaml::Error) -> Refusal {
    Refusal::bad_request(format!("not YAML: {error}"))
}

/// Refuses what would take for ever, or for too much.
fn sane(text: &str) -> Result<(), Refusal> {
    let mut depth = 0_usize;
    for (line, content) in text.lines().enumerate() {
        for byte in content.bytes() {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth > DEEPEST {
            let why = format!("not YAML: line {} nests deeper than {DEEPEST} levels", line + 1);
            return Err(Refusal::bad_request(why));
        }
    }
    if !(text.contains('&') && text.contains('*')) {
        return Ok(());
    }
    let left = Cell::new(UNFOLDED);
    for document in serde_yaml::Deserializer::from_str(text) {
        Weigh(&left).deserialize(document).map_err(|e| wrong(&e))?;
    }
    Ok(())
}

/// Walks over a value without keeping any of it, and stops where it becomes too much.
#[derive(Clone, Copy)]
struct Weigh<'a>(&'a Cell<usize>);

impl Weigh<'_> {
    fn take<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes + 8);
        self.0
            .set(left.ok_or_else(|| E::custom(format!("its aliases unfold to more than {UNFOLDED} bytes")))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Weigh<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Weigh<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.take(0)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.take(0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.take(text.len())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.take(0)
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.take(0)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.take(0)?;
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.take(0)?;
        while entries.next_key_seed(self)?.is_some() {
            entries.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_unfolded_within_reason() {
        let found: Value = from_str("a: &a {b: 1}\nc: [*a, *a]\n").unwrap();
        assert_eq!(found["c"][1]["b"], 1);
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
        }
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(10_000));
        for bomb in [bomb, long] {
            for refused in [from_str::<Value>(&bomb).unwrap_err(), documents(&bomb).unwrap_err()] {
                let why = &refused.message;
                assert!(why.contains("unfold to more than") || why.contains("limit exceeded"), "{why}");
            }
        }
    }

    #[test]
    fn endless_nesting_is_refused_at_once() {
        for open in ["[", "{a: ", "- [", "{"] {
            let refused = from_str::<Value>(&open.repeat(1_000_000)).unwrap_err();
            assert!(refused.message.starts_with("not YAML: line 1 nests deeper"), "{refused}");
        }
        assert!(from_str::<Value>(&"- ".repeat(10_000)).unwrap_err().message.contains("recursion limit"));
    }
}
