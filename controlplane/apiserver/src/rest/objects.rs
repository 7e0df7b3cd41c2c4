//! Every verb on every kind: what the wire says becomes one call on the caller's cluster.

use super::{
    Asked,
    accept::{self, Form, Offer},
    answer, body,
    chosen::Chosen,
    deletion, manager,
    parameters::Parameters,
    request::{RequestInfo, Verb},
    room, strict, subresources, twice, watch,
};
use crate::{door::Caller, patch::unfit};
use axum::response::Response;
use http::{HeaderMap, StatusCode, request::Parts};
use serde_json::{Value, json};
use shared_api::{Object, Patch, PatchType, Reason, Refusal, Validation, WriteHow, schema};
use shared_client::Result;

/// A request that brings a body.
pub(super) struct Writing<'a> {
    pub(super) cluster: &'a dyn Caller,
    pub(super) info: &'a RequestInfo,
    pub(super) parameters: &'a Parameters,
    /// What the answer is to look like.
    pub(super) form: Form,
    pub(super) headers: &'a HeaderMap,
    pub(super) sent: &'a [u8],
}

/// Does what is asked and answers in the form asked for.
pub(super) async fn serve(
    caller: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    asked: Asked,
) -> Result<Response> {
    let form = accept::form(asked.headers(), parameters, offer(info))?;
    let (mut parts, body) = asked.into_parts();
    if matches!(info.verb, Verb::Get | Verb::List | Verb::Watch) {
        return read(caller, info, parameters, form, &mut parts).await;
    }
    // Nobody fills the memory with what they may not send.
    caller.may(info.verb.as_str(), info.kind, &info.subresource, &info.key()).await?;
    let held = room::read(body).await?;
    let writing =
        Writing { cluster: caller, info, parameters, form, headers: &parts.headers, sent: &held.bytes };
    match info.verb {
        Verb::Patch => patch(&writing).await,
        Verb::Delete => deletion::one(&writing).await,
        Verb::DeleteCollection => deletion::collection(&writing).await,
        _ => write(&writing).await,
    }
}

/// What the answer can be turned into: what is never read is no object, only an answer.
fn offer(info: &RequestInfo) -> Offer {
    let readable = info.kind.verbs.contains(&"get") || info.kind.verbs.contains(&"list");
    match info.verb {
        Verb::Watch => Offer::Stream,
        _ if readable && !subresources::is_value(info) => Offer::Objects,
        _ => Offer::Values,
    }
}

async fn read(
    caller: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
    parts: &mut Parts,
) -> Result<Response> {
    match info.verb {
        Verb::List => list(caller, info, parameters, form).await,
        Verb::Watch => watch::serve(caller, info, parameters, form, parts).await,
        _ if subresources::is_value(info) => {
            let mut how = parameters.how("GetOptions", "")?;
            how.version = version_of_part(info);
            let value = caller.subresource(&info.key(), &info.subresource, None, &how).await?;
            answer::value(form, StatusCode::OK, &value)
        }
        _ => {
            caller.reach(parameters.freshness()?).await?;
            let found = caller.spoken_one(info.served, caller.get(&info.key()).await?).await?;
            answer::object(form, StatusCode::OK, info.served, &found)
        }
    }
}

async fn list(
    cluster: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
) -> Result<Response> {
    let mut query = parameters.list(info.kind, info.namespace.as_deref())?;
    let chosen = Chosen::of(info, &mut query, false);
    match cluster.list(&query).await {
        Ok(mut list) => {
            list.items = cluster.spoken(info.served, list.items).await?;
            if let Some(chosen) = chosen {
                list.items.retain(|object| chosen.means(object));
                list.remaining = None;
            }
            answer::list(form, info.served, list)
        }
        Err(refusal) if refusal.reason == Reason::Expired => {
            let again = query.continue_from.as_deref().and_then(crate::list::restarted);
            again.map_or(Err(refusal.clone()), |token| Ok(answer::expired(&refusal, token)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn write(writing: &Writing<'_>) -> Result<Response> {
    let Writing { cluster, info, parameters, form, headers, sent } = *writing;
    let options = if info.verb == Verb::Create { "CreateOptions" } else { "UpdateOptions" };
    let mut how = parameters.how(options, &info.subresource)?;
    manager::sign(&mut how, parameters, headers, options, None)?;
    let of = subresources::type_of(info);
    let manifest = body::manifest(&body::media(headers)?, sent, of)?;
    let mut odd = manifest.told();
    let code = if info.verb == Verb::Create { StatusCode::CREATED } else { StatusCode::OK };
    let value = placed(info, manifest.value)?;
    match how.validation {
        Validation::Ignore => odd.clear(),
        Validation::Warn if of.is_some() => how.validation = Validation::Ignore,
        // What cannot be decoded at all is refused for that, where every object is.
        Validation::Strict
            if !odd.is_empty() && of.is_none_or(|of| schema::check(of, &mut value.clone()).is_ok()) =>
        {
            let (_, version, kind) = subresources::spoken(info);
            return Err(strict::refusal(version, kind, &odd));
        }
        Validation::Warn | Validation::Strict => {}
    }
    let mut response = if subresources::is_value(info) {
        how.version = version_of_part(info);
        let answered = cluster.subresource(&info.key(), &info.subresource, Some(value), &how).await?;
        answer::value(form, code, &answered)?
    } else {
        let wrong = |e| Refusal::bad_request(format!("{} cannot be taken: {e}", info.kind.kind));
        let object = Object::from_value(&value).map_err(wrong)?;
        let written = match info.verb {
            Verb::Create => cluster.create(object, &how).await?,
            _ => cluster.update(object, &how).await?,
        };
        let written = cluster.spoken_one(info.served, written).await?;
        answer::object(form, code, info.served, &written)?
    };
    warn(&mut response, &odd);
    Ok(response)
}

/// The version in which a part of an object is asked for, where that is more than a name.
fn version_of_part(info: &RequestInfo) -> Option<String> {
    info.kind.converts().then(|| info.served.api_version().into())
}

fn warn(response: &mut Response, warnings: &[String]) {
    for warning in warnings {
        answer::warn(response, warning);
    }
}

/// What a body holds, put where the path says; refused when the two disagree.
fn placed(info: &RequestInfo, mut value: Value) -> Result<Value> {
    let (group, version, kind) = subresources::spoken(info);
    let spoken = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let part = subresources::is_value(info);
    let wrong = |why: String| Refusal::bad_request(format!("{kind} cannot be taken: {why}"));
    let Some(fields) = value.as_object_mut() else {
        return Err(wrong("the body is not an object".into()));
    };
    // A part is spoken of in other versions too.
    for (field, expected, any) in [("apiVersion", spoken.as_str(), part), ("kind", kind, false)] {
        let found = fields.entry(field).or_insert_with(|| json!(expected));
        if found != expected && !any {
            return Err(Refusal::bad_request(format!(
                "the {field} in the data ({}) does not match the expected {field} ({expected})",
                found.as_str().unwrap_or("not text"),
            )));
        }
    }
    let meta = fields.entry("metadata").or_insert_with(|| json!({}));
    if meta.is_null() {
        *meta = json!({});
    }
    let Some(meta) = meta.as_object_mut() else { return Err(wrong("metadata is not an object".into())) };
    let word = |meta: &serde_json::Map<String, Value>, field: &str| {
        meta.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if let Some(namespace) = &info.namespace {
        match word(meta, "namespace") {
            empty if empty.is_empty() => drop(meta.insert("namespace".into(), json!(namespace))),
            same if same == *namespace => {}
            other => {
                return Err(Refusal::bad_request(format!(
                    "the namespace of the provided object does not match the namespace sent on the request: {other:?} is not {namespace:?}"
                )));
            }
        }
    }
    if part && info.verb == Verb::Create {
        if !matches!(word(meta, "name"), same if same.is_empty() || same == info.name) {
            return Err(Refusal::bad_request(format!("name in URL does not match name in {kind} object")));
        }
    } else if info.verb == Verb::Update {
        match word(meta, "name") {
            same if same == info.name => {}
            empty if empty.is_empty() => {
                return Err(Refusal::bad_request("metadata.name: name must be provided"));
            }
            other => {
                return Err(Refusal::bad_request(format!(
                    "the name of the object ({other}) does not match the name on the URL ({})",
                    info.name
                )));
            }
        }
    }
    Ok(value)
}

async fn patch(writing: &Writing<'_>) -> Result<Response> {
    let Writing { cluster, info, parameters, form, headers, sent } = *writing;
    let mut how = parameters.how("PatchOptions", &info.subresource)?;
    how.version = (!info.served.is_stored()).then(|| info.served.api_version().into());
    let kind =
        body::patch_type(&body::media(headers)?, parameters.flag("force"), info.kind.custom.is_none())?;
    manager::sign(&mut how, parameters, headers, "PatchOptions", Some(kind))?;
    let manifest = body::patch(sent)?;
    let mut odd = if kind == PatchType::Json { manifest.told_of_operations() } else { manifest.told() };
    let body = manifest.value;
    if how.validation == Validation::Ignore {
        odd.clear();
    }
    if (kind == PatchType::Json) != body.is_array() {
        let expected = if kind == PatchType::Json { "a list of operations" } else { "an object" };
        return Err(Refusal::bad_request(format!(
            "error decoding patch: the body of this patch is not {expected}"
        )));
    }
    if let (PatchType::Apply { .. }, Validation::Strict) = (kind, how.validation) {
        unambiguous(sent, odd.len())?;
    }
    let patch = Patch { kind, body };
    if how.validation == Validation::Strict && !odd.is_empty() {
        return Err(odd_patch(cluster, info, &patch, how, odd).await);
    }
    let patched = cluster.patch(&info.key(), &patch, &how).await?;
    let code = if cluster.made() { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = if subresources::is_value(info) {
        answer::value(form, code, &patched.value())?
    } else {
        let patched = cluster.spoken_one(info.served, patched).await?;
        answer::object(form, code, info.served, &patched)?
    };
    warn(&mut response, &odd);
    Ok(response)
}

/// Refuses what is applied when keys of it come twice, each with its line; where that is not known, it is refused
/// later and named by its path.
fn unambiguous(sent: &[u8], odd: usize) -> Result<()> {
    let twice = twice::keys(std::str::from_utf8(sent).unwrap_or_default());
    if odd == 0 || twice.len() != odd {
        return Ok(());
    }
    let told = twice.iter().map(|(line, key)| format!("  line {line}: key {key:?} already set in map"));
    let told = told.collect::<Vec<_>>().join("\n");
    Err(Refusal::bad_request(format!(
        "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n{told}"
    )))
}

/// Why a patch is refused in which keys come twice: for those and for the fields that what becomes of the object
/// does not have, unless it is refused anyway.
async fn odd_patch(
    cluster: &dyn Caller,
    info: &RequestInfo,
    patch: &Patch,
    how: WriteHow,
    mut odd: Vec<String>,
) -> Refusal {
    let how = WriteHow { dry_run: true, validation: Validation::Warn, ..how };
    let patched = match cluster.patch(&info.key(), patch, &how).await {
        Err(refusal) if refusal.reason != Reason::Invalid => return refusal,
        Ok(patched) => patched.value(),
        Err(_) => Value::Null,
    };
    if matches!(patch.kind, PatchType::Apply { .. }) {
        return Refusal::bad_request(format!("error strict decoding YAML: {}", odd.join(", ")));
    }
    odd.extend(cluster.warnings().into_iter().filter(|told| told.starts_with("unknown field ")));
    let why = Refusal::bad_request(format!("strict decoding error: {}", odd.join(", ")));
    unfit(patch, &patched, &why)
}

#[cfg(test)]
mod tests {
    use super::super::request;
    use super::*;
    use http::Method;

    fn info(method: &Method, path: &str) -> RequestInfo {
        request::parse(method, path, false).unwrap().unwrap()
    }

    #[test]
    fn the_body_and_the_path_agree() {
        let create = info(&Method::POST, "/api/v1/namespaces/a/pods");
        let update = info(&Method::PUT, "/api/v1/namespaces/a/pods/b");
        let scale = info(&Method::PUT, "/apis/apps/v1/namespaces/a/deployments/b/scale");
        let evict = info(&Method::POST, "/api/v1/namespaces/a/pods/b/eviction");
        let placed_at = |info: &RequestInfo, value: Value| {
            let object = placed(info, value).map(|value| Object::from_value(&value).unwrap());
            object.map(|o| o.key().to_string()).map_err(|e| (e.reason.code(), e.message))
        };
        assert_eq!(placed_at(&create, json!({"metadata": {"name": "b"}})), Ok("a/pods/b".into()));
        assert_eq!(
            placed_at(&update, json!({"metadata": {"name": "b", "namespace": "a"}})),
            Ok("a/pods/b".into())
        );
        let finalize = info(&Method::PUT, "/api/v1/namespaces/a/finalize");
        let bare = placed(&finalize, json!({"metadata": {"name": "a"}})).unwrap();
        assert_eq!((&bare["apiVersion"], &bare["kind"]), (&json!("v1"), &json!("Namespace")));
        for (info, value, word) in [
            (&create, json!([]), "not an object"),
            (&create, json!({"metadata": 1}), "metadata"),
            (&create, json!({"kind": "Node"}), "expected kind (Pod)"),
            (&create, json!({"apiVersion": 7}), "expected apiVersion (v1)"),
            (&create, json!({"metadata": {"namespace": "z"}}), "does not match the namespace"),
            (&update, json!({}), "name must be provided"),
            (&update, json!({"metadata": {"name": "c"}}), "does not match the name on the URL (b)"),
            (&scale, json!({"metadata": {"name": "c"}}), "does not match the name on the URL (b)"),
            (&scale, json!({"kind": "Deployment", "metadata": {"name": "b"}}), "expected kind (Scale)"),
            (
                &evict,
                json!({"metadata": {"name": "c"}}),
                "name in URL does not match name in Eviction object",
            ),
        ] {
            let (code, message) = placed_at(info, value).unwrap_err();
            assert!(code == 400 && message.contains(word), "{message}");
        }
    }
}
