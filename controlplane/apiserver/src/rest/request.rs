//! A method and a path, read as a request about objects.

use super::{answer, subresources};
use crate::meter;
use http::{HeaderValue, Method};
use shared_api::{Key, KindInfo, Refusal, Served, served};
use shared_client::Result;
use std::borrow::Cow;

/// What is to happen, in Kubernetes' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    /// As discovery and rules name it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

/// A request about objects of one kind.
#[derive(Debug, Clone)]
pub(super) struct RequestInfo {
    pub(super) verb: Verb,
    pub(super) kind: &'static KindInfo,
    /// The version of it that is asked for.
    pub(super) served: Served,
    /// `None`: every namespace, or a kind without.
    pub(super) namespace: Option<String>,
    /// Empty when no one object is meant.
    pub(super) name: String,
    /// Empty when the object itself is meant.
    pub(super) subresource: String,
}

impl RequestInfo {
    /// As it is counted.
    pub(super) fn measured(&self, dry: bool) -> meter::Request {
        let verb = match self.verb {
            Verb::Get | Verb::Create if subresources::is_stream(self) => "CONNECT",
            Verb::Get => "GET",
            Verb::List => "LIST",
            Verb::Watch => "WATCH",
            Verb::Create => "POST",
            Verb::Update => "PUT",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
            Verb::DeleteCollection => "DELETECOLLECTION",
        };
        let scope = match (self.name.is_empty(), &self.namespace) {
            (false, _) => "resource",
            (true, Some(_)) => "namespace",
            (true, None) => "cluster",
        };
        meter::Request {
            verb,
            group: self.served.group(),
            version: self.served.version(),
            resource: self.kind.plural,
            subresource: subresources::named(&self.subresource),
            scope,
            dry,
        }
    }

    /// Whether it only reads, and whether it lasts.
    pub(super) fn nature(&self) -> (bool, bool) {
        let passes_on = subresources::is_stream(self) || self.subresource == subresources::PROXY;
        let lasts = self.verb == Verb::Watch || passes_on;
        (matches!(self.verb, Verb::Get | Verb::List | Verb::Watch), lasts)
    }

    /// The object that is meant.
    pub(super) fn key(&self) -> Key {
        Key {
            kind: self.kind.group_kind(),
            namespace: self.namespace.clone().unwrap_or_default(),
            name: self.name.clone(),
        }
    }
}

/// Reads a path; `None` when it is not about objects (`/version`, `/apis/apps/v1`, …) or about a group and
/// version that nobody serves.
pub(super) fn parse(method: &Method, path: &str, watch: bool) -> Result<Option<RequestInfo>> {
    let segments = path.split('/').filter(|s| !s.is_empty()).map(decoded).collect::<Result<Vec<_>>>()?;
    let words: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let (group, version, rest) = match words[..] {
        ["api", version, ref rest @ ..] => ("", version, rest),
        ["apis", group, version, ref rest @ ..] => (group, version, rest),
        _ => return Ok(None),
    };
    if rest.is_empty() || !served().any(|s| s.group() == group && s.version() == version) {
        return Ok(None);
    }
    let (followed, rest) = match rest {
        ["watch", rest @ ..] if !rest.is_empty() => (true, rest),
        rest => (false, rest),
    };
    let (namespace, rest) = match rest {
        // `namespaces/x/status` is a Namespace's own status; anything else there lives inside it.
        ["namespaces", name, inner @ ..] if !inner.is_empty() && !of_namespace_itself(inner) => {
            (Some((*name).to_owned()), inner)
        }
        rest => (None, rest),
    };
    let (plural, name, subresource) = match *rest {
        [plural] => (plural, "", ""),
        [plural, name] => (plural, name, ""),
        [plural, name, subresource] => (plural, name, subresource),
        // What is behind a proxy has paths of its own.
        [plural, name, subresources::PROXY, ..] => (plural, name, subresources::PROXY),
        _ => return Err(answer::unknown_path()),
    };
    let serves = |s: &Served| s.kind.plural == plural && s.group() == group && s.version() == version;
    let served = served().find(serves).ok_or_else(answer::unknown_path)?;
    let kind = served.kind;
    if namespace.is_some() && !kind.namespaced || kind.namespaced && namespace.is_none() && !name.is_empty() {
        return Err(answer::unknown_path());
    }
    if followed && *method != Method::GET {
        return Err(answer::wrong_method());
    }
    if followed && !subresource.is_empty() {
        return Err(answer::unknown_path());
    }
    let everywhere = kind.namespaced && namespace.is_none();
    let verb = match *method {
        // One object that is named is read, whatever else is said; only its old path follows it.
        Method::GET if followed || watch && name.is_empty() => Verb::Watch,
        Method::GET if name.is_empty() => Verb::List,
        Method::GET => Verb::Get,
        Method::HEAD | Method::OPTIONS if subresource == subresources::PROXY => Verb::Get,
        Method::POST if (name.is_empty() || !subresource.is_empty()) && !everywhere => Verb::Create,
        Method::PUT if !name.is_empty() => Verb::Update,
        Method::PATCH if !name.is_empty() => Verb::Patch,
        Method::DELETE if !name.is_empty() => Verb::Delete,
        Method::DELETE if !everywhere => Verb::DeleteCollection,
        _ => return Err(answer::wrong_method()),
    };
    if subresource.is_empty() && !kind.verbs.contains(&verb.as_str()) {
        return Err(answer::wrong_method());
    }
    if !subresource.is_empty() {
        let known =
            subresources::of(kind).find(|s| s.name == subresource).ok_or_else(answer::unknown_path)?;
        if !known.allows(verb) {
            return Err(answer::wrong_method());
        }
    }
    Ok(Some(RequestInfo {
        verb,
        kind,
        served,
        namespace,
        name: name.into(),
        subresource: subresource.into(),
    }))
}

/// The methods that a path takes, as the header says it; what is no object is only read.
pub(super) fn allowed(path: &str) -> HeaderValue {
    let takes = |method: &&Method| parse(method, path, false).is_ok_and(|info| info.is_some());
    let methods = [Method::DELETE, Method::GET, Method::PATCH, Method::POST, Method::PUT];
    let taken: Vec<_> = methods.iter().filter(takes).map(Method::as_str).collect();
    HeaderValue::from_str(&taken.join(", "))
        .ok()
        .filter(|v| !v.is_empty())
        .unwrap_or(HeaderValue::from_static("GET"))
}

fn of_namespace_itself(inner: &[&str]) -> bool {
    matches!(inner, ["status" | "finalize"])
}

/// A path segment without its percent signs.
pub(super) fn decoded(segment: &str) -> Result<Cow<'_, str>> {
    if !segment.contains('%') {
        return Ok(segment.into());
    }
    let bad = || Refusal::bad_request(format!("the path segment {segment:?} is not percent-encoded UTF-8"));
    let mut bytes = Vec::with_capacity(segment.len());
    let mut left = segment.bytes();
    while let Some(byte) = left.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
            let (high, low) = (digit(left.next()).ok_or_else(bad)?, digit(left.next()).ok_or_else(bad)?);
            bytes.push(u8::try_from(high * 16 + low).map_err(|_| bad())?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let (method, path) = line.split_once(' ').unwrap();
        let (path, watch) = path.strip_suffix("?watch").map_or((path, false), |p| (p, true));
        match parse(&method.parse().unwrap(), path, watch) {
            Err(refusal) => refusal.reason.code().to_string(),
            Ok(None) => "server".into(),
            Ok(Some(i)) => {
                let namespace = i.namespace.as_deref().unwrap_or("*");
                format!("{:?} {} {namespace} {} {}", i.verb, i.kind.kind, i.name, i.subresource).trim().into()
            }
        }
    }

    #[test]
    fn who_asks_in_a_wrong_way_is_told_the_right_ones() {
        for (path, methods) in [
            ("/api/v1/namespaces", "GET, POST"),
            ("/api/v1/pods", "GET"),
            ("/api/v1/namespaces/a/pods/b", "DELETE, GET, PATCH, PUT"),
            ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST"),
            ("/version", "GET"),
        ] {
            assert_eq!(allowed(path), methods, "{path}");
        }
    }

    #[test]
    fn paths_are_read_as_kubernetes_reads_them() {
        for (line, expected) in [
            ("GET /api/v1/pods", "List Pod *"),
            ("GET /api/v1/pods?watch", "Watch Pod *"),
            ("GET /api/v1/watch/pods", "Watch Pod *"),
            ("GET /api/v1/namespaces/a/pods", "List Pod a"),
            ("GET /api/v1/namespaces/a/pods/b", "Get Pod a b"),
            ("GET /api/v1/namespaces/a/pods/b?watch", "Get Pod a b"),
            ("GET /api/v1/watch/namespaces/a/pods/b", "Watch Pod a b"),
            ("GET /api/v1/watch/namespaces/a/pods/b/log", "404"),
            ("POST /api/v1/watch/pods", "405"),
            ("POST /api/v1/namespaces/a/pods/b/binding", "Create Pod a b binding"),
            ("GET /api/v1/namespaces/a/pods/b/log", "Get Pod a b log"),
            ("GET /api/v1/namespaces/a/pods/b/exec", "Get Pod a b exec"),
            ("POST /api/v1/namespaces/a/pods/b/exec", "Create Pod a b exec"),
            ("GET /api/v1/namespaces", "List Namespace *"),
            ("GET /api/v1/namespaces/a", "Get Namespace * a"),
            ("PUT /api/v1/namespaces/a/status", "Update Namespace * a status"),
            ("DELETE /api/v1/namespaces/a", "Delete Namespace * a"),
            ("DELETE /api/v1/namespaces/a/pods", "DeleteCollection Pod a"),
            ("DELETE /api/v1/nodes", "DeleteCollection Node *"),
            ("PATCH /apis/apps/v1/namespaces/a/deployments/d/scale", "Patch Deployment a d scale"),
            ("PATCH /api/v1/nodes/n%3A1", "Patch Node * n:1"),
            ("GET /apis/apps/v1", "server"),
            ("GET /version", "server"),
            ("GET /apis/apps/v2/deployments", "server"),
            ("GET /api/v1/deployments", "404"),
            ("GET /api/v1/pods/b", "404"),
            ("GET /api/v1/namespaces/a/nodes", "404"),
            ("GET /api/v1/namespaces/a/pods/b/nothing", "404"),
            ("GET /api/v1/namespaces/a/pods/b/log/more", "404"),
            ("GET /api/v1/namespaces/a/services/http:b:80/proxy/x/y", "Get Service a http:b:80 proxy"),
            ("HEAD /api/v1/nodes/n/proxy", "Get Node * n proxy"),
            ("POST /api/v1/namespaces/a/pods/b/proxy/", "Create Pod a b proxy"),
            ("GET /api/v1/nodes/%zz", "400"),
            ("POST /api/v1/pods", "405"),
            ("POST /api/v1/namespaces/a/pods/b", "405"),
            ("PUT /api/v1/namespaces/a/pods", "405"),
            ("DELETE /api/v1/namespaces/a/pods/b/status", "405"),
            ("OPTIONS /api/v1/nodes", "405"),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
