//! Every verb on every kind: what the wire says becomes one call on the caller's cluster.

use super::{
    Asked,
    accept::{self, Form, Offer},
    answer, body, deletion, manager,
    parameters::Parameters,
    request::{RequestInfo, Verb},
    room, subresources, watch,
};
use crate::door::Caller;
use axum::response::Response;
use http::{HeaderMap, StatusCode, request::Parts};
use serde_json::{Value, json};
use shared_api::{Object, Patch, PatchType, Reason, Refusal};
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
            let how = parameters.how("")?;
            let value = caller.subresource(&info.key(), &info.subresource, None, &how).await?;
            answer::value(form, StatusCode::OK, &value)
        }
        _ => {
            caller.reach(parameters.freshness()?).await?;
            answer::object(form, StatusCode::OK, info.served, &caller.get(&info.key()).await?)
        }
    }
}

async fn list(
    cluster: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
) -> Result<Response> {
    let query = parameters.list(info.kind, info.namespace.as_deref())?;
    match cluster.list(&query).await {
        Ok(list) => answer::list(form, info.served, list),
        Err(refusal) if refusal.reason == Reason::Expired => {
            let again = query.continue_from.as_deref().and_then(crate::list::restarted);
            again.map_or(Err(refusal.clone()), |token| Ok(answer::expired(&refusal, token)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn write(writing: &Writing<'_>) -> Result<Response> {
    let Writing { cluster, info, parameters, form, headers, sent } = *writing;
    let mut how = parameters.how(&info.subresource)?;
    let options = if info.verb == Verb::Create { "CreateOptions" } else { "UpdateOptions" };
    manager::sign(&mut how, parameters, headers, options, None)?;
    let manifest = body::manifest(&body::media(headers)?, sent)?;
    let (value, warnings) = manifest.settle(info.kind, how.validation)?;
    let code = if info.verb == Verb::Create { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = if subresources::is_value(info) {
        let answered = cluster.subresource(&info.key(), &info.subresource, Some(value), &how).await?;
        answer::value(form, code, &answered)?
    } else {
        let object = placed(info, value)?;
        let written = match info.verb {
            Verb::Create => cluster.create(object, &how).await?,
            _ => cluster.update(object, &how).await?,
        };
        answer::object(form, code, info.served, &written)?
    };
    warn(&mut response, &warnings);
    Ok(response)
}

fn warn(response: &mut Response, warnings: &[String]) {
    for warning in warnings {
        answer::warn(response, warning);
    }
}

/// The object a body holds, put where the path says; refused when the two disagree.
fn placed(info: &RequestInfo, mut value: Value) -> Result<Object> {
    let kind = info.kind;
    let wrong = |why: String| Refusal::bad_request(format!("{} cannot be taken: {why}", kind.kind));
    let Some(fields) = value.as_object_mut() else {
        return Err(wrong("the body is not an object".into()));
    };
    for (field, expected) in [("apiVersion", info.served.api_version()), ("kind", kind.kind)] {
        let found = fields.entry(field).or_insert_with(|| json!(expected));
        if found != expected {
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
    if info.verb == Verb::Update {
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
    Object::from_value(&value).map_err(|e| wrong(e.to_string()))
}

async fn patch(writing: &Writing<'_>) -> Result<Response> {
    let Writing { cluster, info, parameters, form, headers, sent } = *writing;
    let mut how = parameters.how(&info.subresource)?;
    how.version = (!info.served.is_stored()).then(|| info.served.api_version().into());
    let kind = body::patch_type(&body::media(headers)?, parameters.flag("force"))?;
    manager::sign(&mut how, parameters, headers, "PatchOptions", Some(kind))?;
    let manifest = body::patch(sent)?;
    let (body, warnings) = manifest.settle(info.kind, how.validation)?;
    if (kind == PatchType::Json) != body.is_array() {
        let expected = if kind == PatchType::Json { "a list of operations" } else { "an object" };
        return Err(Refusal::bad_request(format!(
            "error decoding patch: the body of this patch is not {expected}"
        )));
    }
    let patch = Patch { kind, body };
    let patched = cluster.patch(&info.key(), &patch, &how).await?;
    let code = if cluster.made() { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = if subresources::is_value(info) {
        answer::value(form, code, &patched.value())?
    } else {
        answer::object(form, code, info.served, &patched)?
    };
    warn(&mut response, &warnings);
    Ok(response)
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
        let placed_at = |info: &RequestInfo, value: Value| {
            placed(info, value).map(|o| o.key().to_string()).map_err(|e| (e.reason.code(), e.message))
        };
        assert_eq!(placed_at(&create, json!({"metadata": {"name": "b"}})), Ok("a/pods/b".into()));
        assert_eq!(
            placed_at(&update, json!({"metadata": {"name": "b", "namespace": "a"}})),
            Ok("a/pods/b".into())
        );
        for (info, value, word) in [
            (&create, json!([]), "not an object"),
            (&create, json!({"metadata": 1}), "metadata"),
            (&create, json!({"kind": "Node"}), "expected kind (Pod)"),
            (&create, json!({"apiVersion": 7}), "expected apiVersion (v1)"),
            (&create, json!({"metadata": {"namespace": "z"}}), "does not match the namespace"),
            (&create, json!({"metadata": {"labels": 1}}), "Pod cannot be taken"),
            (&update, json!({}), "name must be provided"),
            (&update, json!({"metadata": {"name": "c"}}), "does not match the name on the URL (b)"),
        ] {
            let (code, message) = placed_at(info, value).unwrap_err();
            assert!(code == 400 && message.contains(word), "{message}");
        }
    }
}
