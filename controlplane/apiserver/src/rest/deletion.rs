//! Deleting one object or many, and the `DeleteOptions` that say how.

use super::{
    answer, body,
    objects::Writing,
    parameters::{self, Parameters},
};
use axum::response::Response;
use futures::StreamExt;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use shared_api::{DeleteHow, Invalid, KindInfo, Object, Propagation, Query, Reason, Refusal, schema};
use shared_client::{List, Result};

/// How many objects of a collection are deleted at once.
const AT_ONCE: usize = 16;

/// Deletes one object.
pub(super) async fn one(writing: &Writing<'_>) -> Result<Response> {
    let Writing { cluster, info, parameters, form, headers, sent } = *writing;
    let Asked { how, cascade } = asked(info.kind, parameters, headers, sent)?;
    let object = cluster.delete(&info.key(), &how).await?;
    let gone = object.metadata().deletion_timestamp.is_none();
    if gone && !info.kind.shown_last {
        return answer::value(form, StatusCode::OK, &told(info.kind, &object));
    }
    // Who asked in the old way that what it owns goes too is told that this takes a while.
    let code = if cascade && !gone { StatusCode::ACCEPTED } else { StatusCode::OK };
    let object = cluster.spoken_one(info.served, object).await?;
    answer::object(form, code, info.served, &object)
}

/// The object is gone, as Kubernetes says it.
fn told(kind: &KindInfo, object: &Object) -> Value {
    let mut details = json!({"name": object.name(), "kind": kind.plural, "uid": object.uid()});
    if !kind.group.is_empty() {
        details["group"] = json!(kind.group);
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

/// Deletes what matches; what was deleted meanwhile by others is no error.
pub(super) async fn collection(writing: &Writing<'_>) -> Result<Response> {
    let Writing { cluster, info, parameters, form, headers, sent } = *writing;
    let Asked { how, .. } = asked(info.kind, parameters, headers, sent)?;
    let query: Query = parameters.list(info.kind, info.namespace.as_deref())?;
    // That the asker may delete collections was seen before; to list and to delete are other verbs.
    let caller = cluster;
    let cluster = caller.allowed();
    let mut list: List = cluster.list(&query).await?;
    let deletions = list.items.iter().map(|object| {
        let (key, how, cluster) = (object.key(), &how, &cluster);
        async move { cluster.delete(&key, how).await }
    });
    let mut deletions = futures::stream::iter(deletions.collect::<Vec<_>>()).buffered(AT_ONCE);
    let mut deleted = Vec::new();
    while let Some(done) = deletions.next().await {
        match done {
            Ok(object) => deleted.push(object),
            Err(refusal) if refusal.reason == Reason::NotFound => {}
            Err(refusal) => return Err(refusal),
        }
    }
    drop(deletions);
    list.items = caller.spoken(info.served, deleted).await?;
    answer::list(form, info.served, list)
}

/// How a deletion is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    how: DeleteHow,
    /// `orphanDependents` said no, in so many words.
    cascade: bool,
}

/// `DeleteOptions`, from the body and, where that is silent, from the query.
fn asked(kind: &KindInfo, parameters: &Parameters, headers: &HeaderMap, sent: &[u8]) -> Result<Asked> {
    let options =
        if sent.is_empty() { Value::Null } else { body::manifest(&body::media(headers)?, sent, None)?.value };
    let named = options["kind"].as_str().is_none_or(|kind| matches!(kind, "DeleteOptions" | ""));
    if !(options.is_null() || options.is_object() && named) {
        return Err(Refusal::bad_request("decoded object cannot be converted to DeleteOptions"));
    }
    if let Some(of) = schema::named("meta.v1.DeleteOptions").filter(|_| options.is_object()) {
        schema::check(of, &mut options.clone()).map_err(|why| {
            Refusal::bad_request(format!(
                "DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: {why}"
            ))
        })?;
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
            return parameters::refuse("DeleteOptions", &invalid).map(|()| Asked::default());
        }
        (Some(policy), None) => Some(parameters::propagation(&policy)?),
        (None, Some(true)) => Some(Propagation::Orphan),
        (None, Some(false)) => Some(Propagation::Background),
        (None, None) => None,
    };
    let mut how =
        DeleteHow { grace_seconds: number("gracePeriodSeconds")?, propagation, ..DeleteHow::default() };
    if how.propagation.is_none() && kind.orphans {
        how.propagation = Some(Propagation::Orphan);
    }
    let conditions = &options["preconditions"];
    how.preconditions.uid = word(&conditions["uid"], "preconditions.uid")?;
    if let Some(revision) = word(&conditions["resourceVersion"], "preconditions.resourceVersion")? {
        let parsed =
            revision.parse().map_err(|_| wrong("preconditions.resourceVersion", "a whole number"))?;
        how.preconditions.revision = Some(parsed);
    }
    let dry: Vec<_> = options["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    how.dry_run = parameters::dry_run("DeleteOptions", dry.into_iter().chain(parameters.all("dryRun")))?;
    Ok(Asked { how, cascade: orphan == Some(false) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_behind_depends_on_the_kind_and_on_the_word() {
        for (plural, query, propagation, cascade) in [
            ("jobs", "", Some(Propagation::Orphan), false),
            ("jobs", "propagationPolicy=Background", Some(Propagation::Background), false),
            ("replicationcontrollers", "orphanDependents=false", Some(Propagation::Background), true),
            ("deployments", "", None, false),
            ("deployments", "orphanDependents=true", Some(Propagation::Orphan), false),
        ] {
            let parameters = Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap();
            let kind = shared_api::find(plural).unwrap();
            let found = asked(kind, &parameters, &HeaderMap::new(), b"").unwrap();
            assert_eq!((found.how.propagation, found.cascade), (propagation, cascade), "{plural} {query}");
        }
    }

    #[test]
    fn the_body_of_a_deletion_wins_over_its_query() {
        let how = |query: &str, body: &str| {
            let parameters = Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap();
            let kind = shared_api::find("pods").unwrap();
            let asked = asked(kind, &parameters, &HeaderMap::new(), body.as_bytes());
            asked.map(|asked| asked.how).map_err(|e| e.reason.code())
        };
        assert_eq!(how("", ""), Ok(DeleteHow::default()));
        let foreground = DeleteHow { propagation: Some(Propagation::Foreground), ..DeleteHow::default() };
        assert_eq!(how("propagationPolicy=Orphan", r#"{"propagationPolicy":"Foreground"}"#), Ok(foreground));
        // It is read as the shortest there is.
        assert_eq!(how("gracePeriodSeconds=-1", "").map(|h| h.grace_seconds), Ok(Some(-1)));
        let now = DeleteHow { grace_seconds: Some(0), dry_run: true, ..DeleteHow::default() };
        assert_eq!(how("gracePeriodSeconds=0&dryRun=All", "{}"), Ok(now));
        let mut same = DeleteHow::default();
        (same.preconditions.uid, same.preconditions.revision) = (Some("u".into()), Some(7));
        assert_eq!(how("", r#"{"preconditions":{"uid":"u","resourceVersion":"7"}}"#), Ok(same));
        for (query, body, code) in [
            ("gracePeriodSeconds=x", "", 400),
            ("propagationPolicy=Maybe", "", 422),
            ("orphanDependents=true", r#"{"propagationPolicy":"Orphan"}"#, 422),
            ("", "[]", 400),
            ("", r#"{"kind":"Pod"}"#, 400),
            ("", r#"{"gracePeriodSeconds":"x"}"#, 400),
            ("", r#"{"preconditions":[]}"#, 400),
            ("", r#"{"dryRun":"All"}"#, 400),
            ("", r#"{"dryRun":["Some"]}"#, 422),
        ] {
            assert_eq!(how(query, body), Err(code), "{query} {body}");
        }
    }
}
