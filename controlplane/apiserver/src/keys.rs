//! Where objects lie in the store: `/<group>/<plural>/<namespace> <name>`.
//!
//! The blank sorts before every letter a namespace may have, so keys sort by namespace, then name.

use bytes::Bytes;
use shared_api::{KINDS, Key, KindInfo, Reason, Refusal, placed};
use std::{collections::HashMap, sync::LazyLock};

/// Every kind that is compiled in, by the prefix of its keys.
static BY_PREFIX: LazyLock<HashMap<Vec<u8>, &'static KindInfo>> =
    LazyLock::new(|| KINDS.iter().map(|kind| (of_kind(kind).into(), kind)).collect());

/// What the keys of a kind start with.
pub(crate) fn of_kind(kind: &KindInfo) -> Bytes {
    format!("/{}/{}/", kind.group, kind.plural).into()
}

/// What the keys of a kind start with in one namespace.
pub(crate) fn within(kind: &KindInfo, namespace: &str) -> Bytes {
    format!("/{}/{}/{namespace} ", kind.group, kind.plural).into()
}

/// The key of one object.
pub(crate) fn of(kind: &KindInfo, namespace: &str, name: &str) -> Bytes {
    format!("/{}/{}/{namespace} {name}", kind.group, kind.plural).into()
}

/// The kind, namespace and name behind a key; `None` for what is no object, such as a reserved address.
pub(crate) fn parse(key: &[u8]) -> Option<(&'static KindInfo, &str, &str)> {
    let third = key.iter().enumerate().filter(|(_, b)| **b == b'/').nth(2)?.0 + 1;
    let prefix = key.get(..third)?;
    let kind = BY_PREFIX.get(prefix).copied().or_else(|| defined(prefix))?;
    let (namespace, name) = std::str::from_utf8(key.get(third..)?).ok()?.split_once(' ')?;
    Some((kind, namespace, name))
}

/// The kind that is defined for keys that start so.
fn defined(prefix: &[u8]) -> Option<&'static KindInfo> {
    let (group, plural) = std::str::from_utf8(prefix).ok()?.trim_matches('/').split_once('/')?;
    placed(group, plural)
}

/// The kind a key asks for, when the cluster has it and the key is one of its keys.
pub(crate) fn kind_of(key: &Key) -> Result<&'static KindInfo, Refusal> {
    let kind = known(&key.kind)?;
    if kind.namespaced && key.namespace.is_empty() {
        return Err(Refusal::bad_request(format!("{} {:?} needs a namespace", kind.plural, key.name)));
    }
    if !kind.namespaced && !key.namespace.is_empty() {
        return Err(Refusal::bad_request(format!("{} {:?} lives in no namespace", kind.plural, key.name)));
    }
    if key.name.is_empty() {
        return Err(Refusal::bad_request(format!("a name is needed to name one of {}", kind.plural)));
    }
    Ok(kind)
}

/// The kind called so.
pub(crate) fn known(kind: &shared_api::GroupKind) -> Result<&'static KindInfo, Refusal> {
    shared_api::of(&kind.group, &kind.kind).ok_or_else(|| {
        let why = format!("the server could not find the requested resource: it serves no {kind}");
        Refusal::new(Reason::NotFound, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_object() {
        for kind in KINDS {
            let key = of(kind, if kind.namespaced { "ns" } else { "" }, "a.b");
            let (found, namespace, name) = parse(&key).unwrap();
            assert_eq!((found.kind, namespace.is_empty(), name), (kind.kind, !kind.namespaced, "a.b"));
        }
        assert!(parse(b"!ip/10.96.0.1").is_none());
        assert!(parse(b"//unheardof/a b").is_none());
    }

    #[test]
    fn keys_sort_by_namespace_then_name() {
        let pods = shared_api::of("", "Pod").unwrap();
        assert!(of(pods, "a", "z") < of(pods, "a-b", "a"));
    }
}
