//! Many objects, as they were at one revision.

mod token;

use crate::{authz::Ask, computed, keys, local::Local, server::trouble};
use bytes::Bytes;
use controlplane_store::{Entry, Error, Page, Range};
use shared_api::{Freshness, KindInfo, Object, Query, Reason, Refusal, Revision};
use shared_client::{List, Result};
pub(crate) use token::restarted;

/// Entries looked at in one go when a selector may pass over many.
const STRIDE: usize = 500;

pub(crate) async fn list(caller: &Local, query: &Query) -> Result<List> {
    let kind = readable(caller, query, "list")?;
    if let Some(list) = computed::list(&caller.server, kind, query).await {
        return list;
    }
    let prefix = prefix(kind, query);
    let from = query.continue_from.as_deref().filter(|c| !c.is_empty());
    let from = from.map(|text| token::read(text, &prefix)).transpose()?;
    // What goes on is as it was when it began, or as it is now when that is forgotten.
    let begun = from.as_ref().and_then(|(at, _)| *at);
    caller.server.reach(begun.map_or(query.freshness, Freshness::Exactly)).await?;
    let at = begun.or(match query.freshness {
        Freshness::Exactly(at) if from.is_none() => Some(at),
        _ => None,
    });
    let reading = Reading { caller, kind, query, prefix, continued: from.is_some() };
    reading.read(at, from.map(|(_, key)| key))
}

/// A list being made.
struct Reading<'a> {
    caller: &'a Local,
    kind: &'static KindInfo,
    query: &'a Query,
    prefix: Bytes,
    continued: bool,
}

impl Reading<'_> {
    fn read(&self, mut at: Option<Revision>, mut after: Option<Bytes>) -> Result<List> {
        let query = self.query;
        let (all, simple) = (query.limit == 0, query.selectors.is_empty());
        let mut items = Vec::new();
        loop {
            let limit = match (all, simple) {
                (true, _) => 0,
                (false, true) => query.limit,
                (false, false) => STRIDE.max(query.limit),
            };
            let page = self.page(at, after.take(), limit, simple)?;
            at = Some(page.revision);
            let last = page.entries.len();
            for (n, entry) in page.entries.into_iter().enumerate() {
                let object = self.object(&entry)?;
                let Entry { key, .. } = entry;
                if simple || query.selectors.matches(self.kind, &object) {
                    items.push(object);
                }
                let more = page.more || n + 1 < last;
                if !all && items.len() == query.limit && more {
                    return Ok(List {
                        items,
                        revision: page.revision,
                        continue_from: Some(token::write(page.revision, &key)),
                        // With a selector nobody knows how many more will match.
                        remaining: simple.then_some(page.left),
                    });
                }
                after = Some(key);
            }
            if !page.more {
                return Ok(List { items, revision: page.revision, continue_from: None, remaining: None });
            }
        }
    }

    fn object(&self, entry: &Entry) -> Result<Object> {
        if self.query.selectors.is_empty() {
            // It passes by as it is.
            return Ok(Object::from_stored(entry.value.clone()));
        }
        self.caller.server.cache.peek(entry)
    }

    fn page(&self, at: Option<Revision>, after: Option<Bytes>, limit: usize, count: bool) -> Result<Page> {
        let range = Range { prefix: self.prefix.clone(), after, limit, at, count };
        self.caller.server.store.range(&range).map_err(|error| self.expired(&error))
    }

    fn expired(&self, error: &Error) -> Refusal {
        let why = match error {
            Error::Compacted { .. } | Error::Future { .. } if self.continued => EXPIRED_TOKEN,
            Error::Compacted { .. } | Error::Future { .. } => {
                "The resourceVersion for the provided list is too old."
            }
            Error::Conflict(_) | Error::Unavailable(_) => return trouble(error),
        };
        Refusal::new(Reason::Expired, why)
    }
}

const EXPIRED_TOKEN: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// The kind a query asks for, when the user may ask and the kind can be selected so.
pub(crate) fn readable(caller: &Local, query: &Query, verb: &str) -> Result<&'static KindInfo> {
    let kind = keys::known(&query.kind)?;
    let namespace = query.namespace.as_deref().unwrap_or_default();
    if !kind.namespaced && !namespace.is_empty() {
        return Err(Refusal::bad_request(format!("{} live in no namespace", kind.plural)));
    }
    // Whoever asks for one name only is asked as if for that object.
    let name = query.selectors.fields.requires("metadata.name").unwrap_or_default();
    caller.may(&Ask { verb, kind, part: "", namespace, name })?;
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
