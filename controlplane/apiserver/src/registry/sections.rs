//! The top level of encoded objects, compared without decoding what is below.
//!
//! One encoder writes all objects, so equal sections are equal bytes.

use serde_json::{Value, value::RawValue};
use shared_api::KindInfo;
use std::collections::BTreeMap;

type Sections<'a> = BTreeMap<&'a str, &'a RawValue>;

/// Whether two encoded objects of a kind differ in anything but their metadata, and their status where that is
/// written by itself.
pub(crate) fn differ(kind: &KindInfo, old: &[u8], new: &[u8]) -> bool {
    let apart = kind.subresources.contains(&"status");
    let rest = |json| {
        let mut sections: Sections<'_> = serde_json::from_slice(json).unwrap_or_default();
        sections.remove("metadata");
        sections.remove("apiVersion");
        if apart {
            sections.remove("status");
        }
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
