//! `rerun` and `decode`: a job once more, and what a secret says.

use super::{Doors, Out, each, say, select};
use crate::{Decode, Error, Exit, Rerun, Scope};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared_api::{Object, Refusal, Validation};

pub(super) async fn rerun(asked: &Rerun, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let word = if asked.job.contains('/') { asked.job.clone() } else { format!("jobs/{}", asked.job) };
    let scope = Scope::within(asked.namespace.as_deref());
    let (found, exit) = each::objects(&[word], &[], &scope, false, doors, out).await?;
    let stamp = (doors.clock)().strftime("%H%M%S").to_string();
    for job in &found {
        if job.kind() != "Job" {
            return Err(Error::Usage(format!("rerun: only jobs are run again, not a {}", job.kind())));
        }
        let again = Object::from_value(&copy(&job.bare_value(), &stamp)).map_err(Refusal::internal)?;
        let how = each::how(&asked.write, Validation::Strict);
        let made = doors.cluster.create(again, &how).await?;
        each::told(&made, "created", &asked.write, out)?;
    }
    Ok(exit)
}

/// The same work under another name, without what the cluster gave the first.
fn copy(job: &Value, stamp: &str) -> Value {
    const GIVEN: &[&str] =
        &["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];
    let clean = |labels: &Value| -> Value {
        let kept = labels.as_object().into_iter().flatten().filter(|(key, _)| !GIVEN.contains(&key.as_str()));
        Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    let name = job["metadata"]["name"].as_str().unwrap_or_default();
    let stem: String = name.chars().take(56).collect();
    let mut spec = job["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("selector");
        spec.remove("manualSelector");
        spec.remove("suspend");
    }
    spec["template"]["metadata"]["labels"] = clean(&job["spec"]["template"]["metadata"]["labels"]);
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "spec": spec,
        "metadata": {
            "name": format!("{stem}-{stamp}"), "namespace": job["metadata"]["namespace"],
            "labels": clean(&job["metadata"]["labels"]),
        },
    })
}

pub(super) async fn decode(asked: &Decode, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let word =
        if asked.secret.contains('/') { asked.secret.clone() } else { format!("secrets/{}", asked.secret) };
    let named = select::named(&[word])?;
    let (found, missing) = select::objects(&named, &Scope::within(asked.namespace.as_deref()), doors).await?;
    if let Some(refusal) = missing.into_iter().next() {
        return Err(refusal.into());
    }
    for object in found.iter().flat_map(|(_, objects)| objects) {
        if object.kind() != "Secret" {
            return Err(Error::Usage(format!("decode: only secrets are encoded, not a {}", object.kind())));
        }
        let value = object.bare_value();
        let data = value["data"].as_object();
        if let Some(key) = &asked.key {
            let bytes = data.and_then(|data| decoded(data.get(key)?));
            let why = || Error::Usage(format!("secret {} has no key {key:?}", object.name()));
            out.out(&bytes.ok_or_else(why)?).map_err(Error::Write)?;
            continue;
        }
        for (key, value) in data.into_iter().flatten() {
            let bytes = decoded(value).unwrap_or_default();
            let text = match std::str::from_utf8(&bytes) {
                Ok(text) if !text.contains('\n') => text.to_owned(),
                Ok(text) => text.lines().fold("|".to_owned(), |all, line| format!("{all}\n  {line}")),
                Err(_) => format!("({} bytes that are no text)", bytes.len()),
            };
            say(out, &crate::neutral(&format!("{key}: {}\n", text.trim_end())))?;
        }
    }
    Ok(Exit::Done)
}

fn decoded(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_run_again_under_another_name_and_nobodys_labels() {
        let job = json!({"metadata": {"name": "j", "namespace": "n", "labels": {"a": "b", "job-name": "j"}},
            "spec": {"selector": {"matchLabels": {"controller-uid": "u"}}, "completions": 1,
                "template": {"metadata": {"labels": {"controller-uid": "u", "c": "d"}}, "spec": {}}}});
        let again = copy(&job, "101500");
        assert_eq!(again["metadata"], json!({"name": "j-101500", "namespace": "n", "labels": {"a": "b"}}));
        assert_eq!(
            again["spec"],
            json!({"completions": 1, "template": {"metadata": {"labels": {"c": "d"}}, "spec": {}}})
        );
    }
}
