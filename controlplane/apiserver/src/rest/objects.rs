//! Every verb on every kind: what the wire says becomes one call on the caller's cluster.

use super::{
    Asked,
    accept::{self, Form},
    answer, body,
    parameters::{self, Parameters},
    request::{RequestInfo, Verb},
    scale, watch,
};
use crate::door::Caller;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use shared_api::{DeleteHow, Invalid, KindInfo, Object, Patch, PatchType, Propagation, Query, Refusal};
use shared_client::{List, Result};

/// Does what is asked and answers in the form asked for.
pub(super) async fn serve(
    caller: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    asked: Asked,
) -> Result<Response> {
    let form = accept::form(asked.headers(), parameters)?;
    let (parts, body) = asked.into_parts();
    let reads = matches!(info.verb, Verb::Get | Verb::List | Verb::Watch);
    let sent = if reads { Bytes::new() } else { body::read(body).await? };
    match info.verb {
        Verb::Get if scale::is_value(info) => {
            let value = caller.subresource(&info.key(), &info.subresource, None).await?;
            answer::value(form, StatusCode::OK, &value)
        }
        Verb::Get => answer::object(form, StatusCode::OK, info.kind, &caller.get(&info.key()).await?),
        Verb::List => list(caller, info, parameters, form).await,
        Verb::Watch => watch::serve(caller, info, parameters, form).await,
        Verb::Create | Verb::Update => write(caller, info, parameters, form, &parts.headers, &sent).await,
        Verb::Patch => patch(caller, info, parameters, form, &parts.headers, &sent).await,
        Verb::Delete => delete(caller, info, parameters, form, &parts.headers, &sent).await,
        Verb::DeleteCollection => delete_all(caller, info, parameters, form, &parts.headers, &sent).await,
    }
}

async fn list(
    cluster: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
) -> Result<Response> {
    parameters.check_list()?;
    let list = cluster.list(&parameters.query(info.kind, info.namespace.as_deref())?).await?;
    watch::fresh_enough(parameters, list.revision)?;
    answer::list(form, info.kind, list)
}

async fn write(
    cluster: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
    headers: &HeaderMap,
    sent: &[u8],
) -> Result<Response> {
    let how = parameters.how(&info.subresource)?;
    let manifest = body::manifest(&body::media(headers)?, sent)?;
    let (value, warnings) = manifest.settle(info.kind, how.validation)?;
    let code = if info.verb == Verb::Create { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = if scale::is_value(info) {
        scale::refuse_dry_run(info, how.dry_run)?;
        let answered = cluster.subresource(&info.key(), &info.subresource, Some(value)).await?;
        answer::value(form, code, &answered)?
    } else {
        let object = placed(info, value)?;
        let written = match info.verb {
            Verb::Create => cluster.create(object, &how).await?,
            _ => cluster.update(object, &how).await?,
        };
        answer::object(form, code, info.kind, &written)?
    };
    warnings.iter().for_each(|warning| answer::warn(&mut response, warning));
    Ok(response)
}

/// The object a body holds, put where the path says; refused when the two disagree.
fn placed(info: &RequestInfo, mut value: Value) -> Result<Object> {
    let kind = info.kind;
    let wrong = |why: String| Refusal::bad_request(format!("{} cannot be taken: {why}", kind.kind));
    let Some(fields) = value.as_object_mut() else {
        return Err(wrong("the body is not an object".into()));
    };
    for (field, expected) in [("apiVersion", kind.api_version), ("kind", kind.kind)] {
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

async fn patch(
    cluster: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
    headers: &HeaderMap,
    sent: &[u8],
) -> Result<Response> {
    let how = parameters.how(&info.subresource)?;
    let (kind, manifest) = body::patch(&body::media(headers)?, sent)?;
    let (body, warnings) = manifest.settle(info.kind, how.validation)?;
    if (kind == PatchType::Json) != body.is_array() {
        let expected = if kind == PatchType::Json { "a list of operations" } else { "an object" };
        return Err(Refusal::bad_request(format!(
            "error decoding patch: the body of this patch is not {expected}"
        )));
    }
    let patch = Patch { kind, body };
    let mut response = if scale::is_value(info) {
        scale::refuse_dry_run(info, how.dry_run)?;
        answer::value(form, StatusCode::OK, &scale::patch(cluster, info, &patch).await?)?
    } else {
        answer::object(form, StatusCode::OK, info.kind, &cluster.patch(&info.key(), &patch, &how).await?)?
    };
    warnings.iter().for_each(|warning| answer::warn(&mut response, warning));
    Ok(response)
}

async fn delete(
    cluster: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
    headers: &HeaderMap,
    sent: &[u8],
) -> Result<Response> {
    let how = delete_how(parameters, headers, sent)?;
    let object = cluster.delete(&info.key(), &how).await?;
    if object.metadata().deletion_timestamp.is_some() {
        return answer::object(form, StatusCode::OK, info.kind, &object);
    }
    answer::value(form, StatusCode::OK, &gone(info.kind, &object))
}

/// The object is gone, as Kubernetes says it.
fn gone(kind: &KindInfo, object: &Object) -> Value {
    let mut details = json!({"name": object.name(), "kind": kind.plural, "uid": object.uid()});
    if !kind.group.is_empty() {
        details["group"] = json!(kind.group);
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

/// Deletes what matches, one by one; what was deleted meanwhile by others is no error.
async fn delete_all(
    cluster: &dyn Caller,
    info: &RequestInfo,
    parameters: &Parameters,
    form: Form,
    headers: &HeaderMap,
    sent: &[u8],
) -> Result<Response> {
    parameters.check_list()?;
    let how = delete_how(parameters, headers, sent)?;
    let query: Query = parameters.query(info.kind, info.namespace.as_deref())?;
    let mut list: List = cluster.list(&query).await?;
    let mut deleted = Vec::with_capacity(list.items.len());
    for object in &list.items {
        match cluster.delete(&object.key(), &how).await {
            Ok(object) => deleted.push(object),
            Err(refusal) if refusal.reason == shared_api::Reason::NotFound => {}
            Err(refusal) => return Err(refusal),
        }
    }
    list.items = deleted;
    answer::list(form, info.kind, list)
}

/// `DeleteOptions`, from the body and, where that is silent, from the query.
fn delete_how(parameters: &Parameters, headers: &HeaderMap, sent: &[u8]) -> Result<DeleteHow> {
    let options =
        if sent.is_empty() { Value::Null } else { body::manifest(&body::media(headers)?, sent)?.value };
    if !options.is_null() && !options.is_object() {
        return Err(Refusal::bad_request("the body of a deletion is not a DeleteOptions object"));
    }
    let wrong =
        |field: &str, what: &str| Refusal::bad_request(format!("DeleteOptions.{field} is not {what}"));
    let number = |field: &str| match &options[field] {
        Value::Null => parameters.number(field),
        value => value.as_i64().map(Some).ok_or_else(|| wrong(field, "a whole number")),
    };
    let word = |value: &Value, field: &str| match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(wrong(field, "text")),
    };
    let policy = word(&options["propagationPolicy"], "propagationPolicy")?
        .or_else(|| parameters.get("propagationPolicy").map(str::to_owned));
    let orphan = match &options["orphanDependents"] {
        Value::Null => parameters.chosen("orphanDependents"),
        value => Some(value.as_bool().ok_or_else(|| wrong("orphanDependents", "true or false"))?),
    };
    let propagation = match (policy, orphan) {
        (Some(_), Some(_)) => {
            let mut invalid = Invalid::default();
            invalid.value(
                "propagationPolicy",
                "",
                "orphanDependents and deletionPropagation cannot be both set",
            );
            return parameters::refuse("DeleteOptions", &invalid).map(|()| DeleteHow::default());
        }
        (Some(policy), None) => Some(parameters::propagation(&policy)?),
        (None, Some(true)) => Some(Propagation::Orphan),
        (None, Some(false)) => Some(Propagation::Background),
        (None, None) => None,
    };
    let mut how =
        DeleteHow { grace_seconds: number("gracePeriodSeconds")?, propagation, ..DeleteHow::default() };
    if how.grace_seconds.is_some_and(|seconds| seconds < 0) {
        let mut invalid = Invalid::default();
        invalid.value("gracePeriodSeconds", how.grace_seconds, "must be greater than or equal to 0");
        parameters::refuse("DeleteOptions", &invalid)?;
    }
    let conditions = &options["preconditions"];
    how.preconditions.uid = word(&conditions["uid"], "preconditions.uid")?;
    if let Some(revision) = word(&conditions["resourceVersion"], "preconditions.resourceVersion")? {
        let parsed =
            revision.parse().map_err(|_| wrong("preconditions.resourceVersion", "a whole number"))?;
        how.preconditions.revision = Some(parsed);
    }
    let asked: Vec<_> =
        options["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    how.dry_run = parameters::dry_run(asked.into_iter().chain(parameters.all("dryRun")))?;
    Ok(how)
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

    #[test]
    fn the_body_of_a_deletion_wins_over_its_query() {
        let how = |query: &str, body: &str| {
            let parameters = Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap();
            delete_how(&parameters, &HeaderMap::new(), body.as_bytes()).map_err(|e| e.reason.code())
        };
        assert_eq!(how("", ""), Ok(DeleteHow::default()));
        let foreground = DeleteHow { propagation: Some(Propagation::Foreground), ..DeleteHow::default() };
        assert_eq!(how("propagationPolicy=Orphan", r#"{"propagationPolicy":"Foreground"}"#), Ok(foreground));
        let now = DeleteHow { grace_seconds: Some(0), dry_run: true, ..DeleteHow::default() };
        assert_eq!(how("gracePeriodSeconds=0&dryRun=All", "{}"), Ok(now));
        let mut same = DeleteHow::default();
        (same.preconditions.uid, same.preconditions.revision) = (Some("u".into()), Some(7));
        assert_eq!(how("", r#"{"preconditions":{"uid":"u","resourceVersion":"7"}}"#), Ok(same));
        for (query, body, code) in [
            ("gracePeriodSeconds=x", "", 400),
            ("gracePeriodSeconds=-1", "", 422),
            ("propagationPolicy=Maybe", "", 422),
            ("orphanDependents=true", r#"{"propagationPolicy":"Orphan"}"#, 422),
            ("", "[]", 400),
            ("", r#"{"gracePeriodSeconds":"x"}"#, 400),
            ("", r#"{"dryRun":["Some"]}"#, 422),
        ] {
            assert_eq!(how(query, body), Err(code), "{query} {body}");
        }
    }
}
