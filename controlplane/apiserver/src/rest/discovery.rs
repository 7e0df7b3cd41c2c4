//! Discovery: which groups, versions, kinds and verbs there are, in the plain and the aggregated form.

use super::{accept, answer, subresources};
use axum::response::Response;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared_api::{KindInfo, Refusal, Served, kinds, served};
use shared_client::Result;
use std::cmp::Reverse;

const PLAIN: &str = "application/json";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const AGGREGATED_BETA: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

/// Answers a discovery path; `None` for other paths.
pub(super) fn serve(path: &str, headers: &HeaderMap) -> Option<Result<Response>> {
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    let document = match words[..] {
        [] => json!({"paths": paths()}),
        ["api"] => return Some(either(headers, &[""], || versions(headers))),
        ["apis"] => return Some(either(headers, &named_groups(), groups)),
        ["api", version] => resources("", version)?,
        ["apis", group] if !group.is_empty() => group_document(group)?,
        ["apis", group, version] => resources(group, version)?,
        _ => return None,
    };
    Some(plain(headers, &document))
}

/// The plain or the aggregated form, as the asker prefers.
fn either(headers: &HeaderMap, groups: &[&str], plain: impl Fn() -> Value) -> Result<Response> {
    let chosen =
        accept::choose(headers, &[AGGREGATED, AGGREGATED_BETA, PLAIN]).ok_or_else(accept::not_acceptable)?;
    let document = match chosen {
        AGGREGATED => aggregated(groups, "apidiscovery.k8s.io/v2"),
        AGGREGATED_BETA => aggregated(groups, "apidiscovery.k8s.io/v2beta1"),
        _ => plain(),
    };
    let media = [AGGREGATED, AGGREGATED_BETA].into_iter().find(|offer| *offer == chosen).unwrap_or(PLAIN);
    Ok(answer::cached(headers, media, serde_json::to_vec(&document).map_err(Refusal::internal)?))
}

fn plain(headers: &HeaderMap, document: &Value) -> Result<Response> {
    accept::choose(headers, &[PLAIN]).ok_or_else(accept::not_acceptable)?;
    Ok(answer::cached(headers, PLAIN, serde_json::to_vec(document).map_err(Refusal::internal)?))
}

/// Every group and version there is, each once: groups in the order of the kinds, those that nothing is
/// stored in last, so that nobody prefers them; of each group the preferred version first.
pub(super) fn group_versions() -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for one in served() {
        if !found.contains(&(one.group(), one.version())) {
            found.push((one.group(), one.version()));
        }
    }
    let stores = |group: &str| kinds().any(|kind| kind.group == group);
    let first = |group: &str| kinds().position(|kind| kind.group == group);
    found.sort_by_key(|(group, version)| (!stores(group), first(group), *group, rank(version)));
    found
}

/// Where a version stands in its group: the more settled first, then the newer one, then by its name what is
/// named otherwise: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, `bar`, `foo`.
fn rank(version: &str) -> (u8, Reverse<u32>, Reverse<u32>, &str) {
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|_| !digits.starts_with(['0', '+']));
    let known = version.strip_prefix('v').and_then(|rest| {
        let major = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (major, stage) = rest.split_at(major);
        let (stage, minor) = match stage {
            "" => (0, 0),
            _ => match (stage.strip_prefix("beta"), stage.strip_prefix("alpha")) {
                (Some(minor), _) => (1, number(minor)?),
                (None, minor) => (2, number(minor?)?),
            },
        };
        Some((stage, number(major)?, minor))
    });
    let (stage, major, minor) = known.unwrap_or((3, 0, 0));
    (stage, Reverse(major), Reverse(minor), version)
}

/// The kinds of one group and version.
pub(super) fn kinds_of(group: &str, version: &str) -> Vec<Served> {
    served().filter(|one| one.group() == group && one.version() == version).collect()
}

/// Every group with a name. Those with nothing of their own come last: a client that knows only the name of
/// a kind takes the first group that has it.
fn named_groups() -> Vec<&'static str> {
    let mut found: Vec<_> =
        group_versions().into_iter().map(|(group, _)| group).filter(|g| !g.is_empty()).collect();
    found.dedup();
    found
}

fn versions_of(group: &str) -> Vec<&'static str> {
    group_versions().into_iter().filter(|(g, _)| *g == group).map(|(_, version)| version).collect()
}

fn paths() -> Vec<String> {
    let mut found: Vec<String> = [
        "/api",
        "/apis",
        "/healthz",
        "/livez",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ]
    .map(str::to_owned)
    .into();
    found.extend(named_groups().into_iter().map(|group| format!("/apis/{group}")));
    found.extend(group_versions().into_iter().map(|(group, version)| root(group, version)));
    found.sort();
    found
}

/// Where a group and version live.
pub(super) fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

fn versions(headers: &HeaderMap) -> Value {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    json!({
        "kind": "APIVersions",
        "versions": versions_of(""),
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}],
    })
}

fn groups() -> Value {
    let groups: Vec<_> = named_groups().into_iter().map(|name| group(name, &versions_of(name))).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn group_document(name: &str) -> Option<Value> {
    let versions = versions_of(name);
    if versions.is_empty() {
        return None;
    }
    let mut document = group(name, &versions);
    (document["kind"], document["apiVersion"]) = (json!("APIGroup"), json!("v1"));
    Some(document)
}

fn group(name: &str, versions: &[&str]) -> Value {
    let entry = |version: &&str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<_> = versions.iter().map(entry).collect();
    json!({"name": name, "preferredVersion": all.first(), "versions": all})
}

fn resources(group: &str, version: &str) -> Option<Value> {
    let kinds = kinds_of(group, version);
    let first = kinds.first()?;
    let resources: Vec<_> = kinds.iter().flat_map(|kind| entries(*kind)).collect();
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": first.api_version(), "resources": resources,
    }))
}

/// A kind and its subresources in the plain form.
fn entries(served: Served) -> Vec<Value> {
    let kind = served.kind;
    let mut entry = json!({
        "name": kind.plural, "singularName": kind.singular(), "namespaced": kind.namespaced,
        "kind": kind.kind, "verbs": kind.verbs,
    });
    with_names(&mut entry, served);
    if kind.durable && kind.verbs.contains(&"list") {
        entry["storageVersionHash"] = json!(storage_hash(kind));
    }
    let subresources = subresources::of(kind).map(|sub| {
        let (group, version, speaks) = sub.speaks(served);
        let mut entry = json!({
            "name": format!("{}/{}", kind.plural, sub.name), "singularName": "", "namespaced": kind.namespaced,
            "kind": speaks, "verbs": sub.verbs,
        });
        if (group, version) != (served.group(), served.version()) {
            (entry["group"], entry["version"]) = (json!(group), json!(version));
        }
        entry
    });
    std::iter::once(entry).chain(subresources).collect()
}

/// A short name for the version that a kind is stored in.
fn storage_hash(kind: &KindInfo) -> String {
    let digest = Sha256::digest(format!("{}/{}/{}", kind.group, kind.version, kind.kind));
    BASE64_STANDARD.encode(&digest[..8])
}

fn with_names(entry: &mut Value, served: Served) {
    let kind = served.kind;
    // A short name means the kind where it is at home, and there `all` finds it: once, and without a warning.
    if served.group() != kind.group {
        return;
    }
    if !kind.short_names.is_empty() {
        entry["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        entry["categories"] = json!(kind.categories);
    }
}

fn aggregated(groups: &[&str], api_version: &str) -> Value {
    let in_version = |group: &str, version: &str| {
        let resources: Vec<_> = kinds_of(group, version).into_iter().map(discovered).collect();
        json!({"version": version, "freshness": "Current", "resources": resources})
    };
    let in_group = |group: &&str| {
        let versions: Vec<_> =
            versions_of(group).into_iter().map(|version| in_version(group, version)).collect();
        let mut meta = json!({"creationTimestamp": null});
        if !group.is_empty() {
            meta["name"] = json!(group);
        }
        json!({"metadata": meta, "versions": versions})
    };
    let items: Vec<_> = groups.iter().map(in_group).collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items})
}

/// A kind and its subresources in the aggregated form.
fn discovered(served: Served) -> Value {
    let kind = served.kind;
    let speaks = |(group, version, kind): (&str, &str, &str)| json!({"group": group, "version": version, "kind": kind});
    let mut entry = json!({
        "resource": kind.plural,
        "responseKind": speaks((served.group(), served.version(), kind.kind)),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular(),
        "verbs": kind.verbs,
    });
    with_names(&mut entry, served);
    let subresources: Vec<_> = subresources::of(kind)
        .map(|s| json!({"subresource": s.name, "responseKind": speaks(s.speaks(served)), "verbs": s.verbs}))
        .collect();
    if !subresources.is_empty() {
        entry["subresources"] = json!(subresources);
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, accept: &'static str) -> Option<(u16, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        let answered = serve(path, &headers)?;
        Some(answered.map_or_else(
            |refusal| (refusal.reason.code(), String::new()),
            |r| (r.status().as_u16(), r.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned()),
        ))
    }

    #[test]
    fn the_form_is_the_first_asked_for_that_there_is() {
        let both = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert_eq!(asked("/apis", both), Some((200, AGGREGATED.into())));
        assert_eq!(asked("/api", "application/json"), Some((200, PLAIN.into())));
        assert_eq!(asked("/api", AGGREGATED_BETA), Some((200, AGGREGATED_BETA.into())));
        assert_eq!(asked("/apis", "application/vnd.kubernetes.protobuf"), Some((406, String::new())));
        assert_eq!(asked("/apis/apps/v1", "*/*"), Some((200, PLAIN.into())));
        assert_eq!(asked("/apis/apps/v9", "*/*"), None);
        assert_eq!(asked("/apis/none", "*/*"), None);
        assert_eq!(asked("/version", "*/*"), None);
    }

    #[test]
    fn what_is_stored_is_preferred() {
        let groups = groups();
        for group in groups["groups"].as_array().unwrap() {
            let name = group["name"].as_str().unwrap();
            let stored: Vec<_> =
                shared_api::KINDS.iter().filter(|k| k.group == name).map(|k| k.version).collect();
            let preferred = group["preferredVersion"]["version"].as_str().unwrap();
            assert!(stored.is_empty() || stored.contains(&preferred), "{group}");
        }
        let names = named_groups();
        let legacy = |name: &&str| !shared_api::KINDS.iter().any(|kind| kind.group == *name);
        let tail = names.iter().position(legacy).unwrap_or(names.len());
        assert!(names[tail..].iter().all(legacy), "{names:?}");
        let order = [
            "v10", "v2", "v1", "v11beta2", "v2beta1", "v1beta10", "v1beta2", "v3alpha1", "bar", "foo2", "v01",
        ];
        assert!(order.is_sorted_by_key(|version| rank(version)));
    }

    #[test]
    fn a_stored_version_has_the_hash_that_kubernetes_gives_it() {
        let pods = &entries(shared_api::serving("v1", "Pod").unwrap())[0];
        assert_eq!(
            (&pods["storageVersionHash"], &pods["singularName"]),
            (&json!("xPOwRZ+Yhw8="), &json!("pod"))
        );
    }

    #[test]
    fn both_forms_name_every_kind() {
        let listed: usize = group_versions()
            .into_iter()
            .map(|(group, version)| resources(group, version).unwrap()["resources"].as_array().unwrap().len())
            .sum();
        let subresources: usize = served().map(|one| subresources::of(one.kind).count()).sum();
        assert_eq!(listed, served().count() + subresources);
        let aggregated = aggregated(&[&[""], &named_groups()[..]].concat(), "x").to_string();
        for kind in shared_api::KINDS {
            assert!(aggregated.contains(&format!(r#""resource":"{}""#, kind.plural)), "{}", kind.kind);
        }
    }
}
