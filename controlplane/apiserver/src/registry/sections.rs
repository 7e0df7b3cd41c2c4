//! The top level of encoded objects, compared without decoding what is below.
//!
//! One encoder writes all objects, so equal sections are equal bytes.

use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;

type Sections<'a> = BTreeMap<&'a str, &'a RawValue>;

/// Whether two encoded objects differ in anything but metadata and status.
pub(crate) fn differ(old: &[u8], new: &[u8]) -> bool {
    let rest = |json| {
        let mut sections: Sections<'_> = serde_json::from_slice(json).unwrap_or_default();
        sections.remove("metadata");
        sections.remove("status");
        sections
    };
    let (old, new) = (rest(old), rest(new));
    old.len() != new.len()
        || old.iter().any(|(name, raw)| new.get(name).is_none_or(|other| other.get() != raw.get()))
}

/// The status of an encoded object.
pub(crate) fn status_of(json: &[u8]) -> Option<Value> {
    let sections: Sections<'_> = serde_json::from_slice(json).ok()?;
    serde_json::from_str(sections.get("status")?.get()).ok()
}
