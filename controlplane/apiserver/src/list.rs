//! Many objects, as they were at one revision.

use crate::{authz::Ask, keys, local::Local, server::trouble};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use controlplane_store::{Error, Range};
use shared_api::{KindInfo, Query, Reason, Refusal, Revision};
use shared_client::{List, Result};

/// Entries looked at in one go when a selector may pass over many.
const STRIDE: usize = 500;

pub(crate) fn list(caller: &Local, query: &Query) -> Result<List> {
    let kind = readable(caller, query, "list")?;
    let prefix = prefix(kind, query);
    let from = query.continue_from.as_deref().filter(|c| !c.is_empty());
    let (mut at, mut after) = match from.map(|token| read_token(token, &prefix)).transpose()? {
        Some((revision, key)) => (Some(revision), Some(key)),
        None => (None, None),
    };
    let all = query.limit == 0;
    let simple = query.selectors.is_empty();
    let mut items = Vec::new();
    loop {
        let limit = match (all, simple) {
            (true, _) => 0,
            (false, true) => query.limit - items.len(),
            (false, false) => STRIDE.max(query.limit),
        };
        let range = Range { prefix: prefix.clone(), after: after.take(), limit, at };
        let page = caller.server.store.range(&range).map_err(|e| expired(&e, from.is_some()))?;
        at = Some(page.revision);
        let last = page.entries.len();
        for (n, entry) in page.entries.iter().enumerate() {
            let object = caller.server.cache.peek(entry)?;
            if simple || query.selectors.matches(kind, &object) {
                items.push(object);
            }
            after = Some(entry.key.clone());
            let more = page.more || n + 1 < last;
            if !all && items.len() == query.limit && more {
                let continue_from = Some(token(page.revision, &entry.key));
                return Ok(List { items, revision: page.revision, continue_from, remaining: None });
            }
        }
        if !page.more {
            return Ok(List { items, revision: page.revision, continue_from: None, remaining: None });
        }
    }
}

/// The kind a query asks for, when the user may ask and the kind can be selected so.
pub(crate) fn readable(caller: &Local, query: &Query, verb: &str) -> Result<&'static KindInfo> {
    let kind = keys::known(&query.kind)?;
    let namespace = query.namespace.as_deref().unwrap_or_default();
    if !kind.namespaced && !namespace.is_empty() {
        return Err(Refusal::bad_request(format!("{} live in no namespace", kind.plural)));
    }
    caller.may(&Ask { verb, kind, part: "", namespace, name: "" })?;
    query.selectors.fields.supported_by(kind)?;
    Ok(kind)
}

/// What the keys of everything that may be meant start with.
pub(crate) fn prefix(kind: &KindInfo, query: &Query) -> Bytes {
    match query.namespace.as_deref() {
        Some(namespace) if kind.namespaced && !namespace.is_empty() => keys::within(kind, namespace),
        _ => keys::of_kind(kind),
    }
}

fn token(revision: Revision, key: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode([revision.to_string().as_bytes(), b" ", key].concat())
}

fn read_token(token: &str, prefix: &[u8]) -> Result<(Revision, Bytes)> {
    let bad = || Refusal::bad_request("continue key is not valid: take it from the list it continues");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
    let blank = bytes.iter().position(|b| *b == b' ').ok_or_else(bad)?;
    let revision = std::str::from_utf8(&bytes[..blank]).ok().and_then(|r| r.parse().ok()).ok_or_else(bad)?;
    let key = Bytes::copy_from_slice(&bytes[blank + 1..]);
    // A token from another list must not open another range.
    if key.starts_with(prefix) { Ok((revision, key)) } else { Err(bad()) }
}

fn expired(error: &Error, continued: bool) -> Refusal {
    match error {
        Error::Compacted { .. } | Error::Future { .. } if continued => {
            let why = "The provided continue parameter is too old to display a consistent list result. \
                       You can start a new list without the continue parameter.";
            Refusal::new(Reason::Expired, why)
        }
        other => trouble(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_foreign_ones_are_refused() {
        let made = token(42, b"//pods/a b");
        assert_eq!(read_token(&made, b"//pods/"), Ok((42, Bytes::from_static(b"//pods/a b"))));
        assert!(read_token(&made, b"//secrets/").is_err());
        for bad in ["", "!", "AAAA"] {
            assert!(read_token(bad, b"").is_err(), "{bad}");
        }
    }
}
