//! What a conversion webhook is asked, and what its answer means. Pure.

use serde_json::{Map, Value, json};
use shared_api::{Invalid, meta::ObjectMeta, valid_metadata};

/// The versions of a review that can be sent.
const VERSIONS: &[&str] = &["v1", "v1beta1"];

/// What objects are to be, and who asks.
pub(super) struct Review<'a> {
    /// The version of the review itself.
    version: &'static str,
    uid: &'a str,
    /// The version asked for, `example.com/v1`.
    wanted: &'a str,
}

impl<'a> Review<'a> {
    /// A review in the first of these versions that can be sent.
    pub(super) fn of(versions: &[String], uid: &'a str, wanted: &'a str) -> Result<Self, String> {
        let known = versions.iter().find_map(|v| VERSIONS.iter().find(|known| *known == v));
        let version = known.copied().ok_or("no supported conversion review versions")?;
        Ok(Self { version, uid, wanted })
    }

    /// What is sent.
    pub(super) fn question(&self, objects: &[Value]) -> Vec<u8> {
        let review = json!({
            "apiVersion": format!("apiextensions.k8s.io/{}", self.version), "kind": "ConversionReview",
            "request": {"uid": self.uid, "desiredAPIVersion": self.wanted, "objects": objects},
        });
        review.to_string().into_bytes()
    }

    /// The objects as they are in the version asked for; what is wrong with the answer otherwise.
    pub(super) fn read(&self, answer: &[u8], sent: &[Value]) -> Result<Vec<Value>, String> {
        let first = sent.first().map(kind_of).unwrap_or_default();
        let failed = |why: String| format!("conversion webhook for {first} failed: {why}");
        let mut review: Value = serde_json::from_slice(answer)
            .map_err(|e| failed(format!("couldn't get version/kind; json parse error: {e}")))?;
        self.accepted(&review).map_err(failed)?;
        let Value::Array(made) = review["response"]["convertedObjects"].take() else {
            return Err(format!(
                "conversion webhook for {first} returned 0 objects, expected {}",
                sent.len()
            ));
        };
        if made.len() != sent.len() {
            let (got, expected) = (made.len(), sent.len());
            return Err(format!(
                "conversion webhook for {first} returned {got} objects, expected {expected}"
            ));
        }
        let many = sent.len() > 1;
        let pairs = sent.iter().zip(made).enumerate();
        pairs.map(|(at, (sent, made))| self.one(sent, made, many.then_some(at))).collect()
    }

    fn accepted(&self, review: &Value) -> Result<(), String> {
        let text = |name: &str| review[name].as_str().unwrap_or_default();
        if self.version == "v1" {
            let (group, kind) = ("apiextensions.k8s.io/v1", "ConversionReview");
            if (text("apiVersion"), text("kind")) != (group, kind) {
                let (api_version, got) = (text("apiVersion"), text("kind"));
                return Err(format!(
                    "expected webhook response of {group}, Kind={kind}, got {api_version}, Kind={got}"
                ));
            }
        }
        let response = &review["response"];
        if !response.is_object() {
            return Err("no response provided".into());
        }
        if self.version == "v1" && response["uid"] != self.uid {
            let got = response["uid"].as_str().unwrap_or_default();
            return Err(format!("expected response.uid={:?}, got {got:?}", self.uid));
        }
        let status = response["result"]["status"].as_str().unwrap_or_default();
        if status == "Success" {
            return Ok(());
        }
        match response["result"]["message"].as_str().filter(|said| !said.is_empty()) {
            Some(said) => Err(said.into()),
            None => Err(format!("response.result.status was '{status}', not 'Success'")),
        }
    }

    /// One object of the answer, with the metadata that only the server sets.
    fn one(&self, sent: &Value, made: Value, at: Option<usize>) -> Result<Value, String> {
        let kind = kind_of(sent);
        let what = at.map_or("object".to_owned(), |at| format!("converted object at index {at}"));
        let about = format!("conversion webhook for {kind} returned invalid {what}");
        let index = if at.is_none() { " at index 0" } else { "" };
        let Value::Object(mut made) = made else {
            return Err(format!("{about}{index}: it is not an object"));
        };
        let said = |fields: &Map<String, Value>, name: &str| {
            fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let got = said(&made, "apiVersion");
        if got != self.wanted {
            let wanted = self.wanted;
            return Err(format!("{about}{index}: invalid groupVersion (expected {wanted}, received {got})"));
        }
        let (wanted, got) = (sent["kind"].as_str().unwrap_or_default(), said(&made, "kind"));
        if got != wanted {
            return Err(format!("{about}{index}: invalid kind (expected {wanted}, received {got})"));
        }
        for (field, name) in [("name", "name"), ("namespace", "namespace"), ("uid", "UID")] {
            let of = |meta: Option<&Value>| {
                meta.and_then(|meta| meta[field].as_str()).unwrap_or_default().to_owned()
            };
            let (wanted, got) = (of(sent.get("metadata")), of(made.get("metadata")));
            if wanted != got {
                return Err(format!("{about}: must have the same {name}: {wanted} != {got}"));
            }
        }
        let place = at.map_or(String::new(), |at| format!(" in object at index {at}"));
        let meta = restored(sent, made.get("metadata")).map_err(|why| {
            format!("conversion webhook for {kind} returned invalid metadata{place}: {why}")
        })?;
        made.insert("metadata".into(), meta);
        Ok(Value::Object(made))
    }
}

/// The metadata of what was sent, with the labels and annotations of what came back.
fn restored(sent: &Value, made: Option<&Value>) -> Result<Value, String> {
    let made = match made {
        None => return Err("missing metadata in converted object".into()),
        Some(Value::Object(made)) => made,
        Some(_) => return Err("invalid metadata in converted object: it is not an object".into()),
    };
    let mut meta = sent["metadata"].as_object().cloned().unwrap_or_default();
    for field in ["labels", "annotations"] {
        let Some(new) = made.get(field).filter(|new| !new.is_null()) else {
            meta.remove(field);
            continue;
        };
        let Some(entries) = new.as_object() else {
            return Err(format!("invalid metadata.{field} in converted object: it is not an object"));
        };
        if let Some((key, _)) = entries.iter().find(|(_, value)| !value.is_string()) {
            return Err(format!("metadata.{field}[{key}] must be a string, but is not in converted object"));
        }
        if meta.get(field) != Some(new) {
            valid(field, entries)?;
        }
        meta.insert(field.into(), new.clone());
    }
    Ok(Value::Object(meta))
}

/// Refuses labels and annotations that no object can have.
fn valid(field: &str, entries: &Map<String, Value>) -> Result<(), String> {
    let all = entries.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()));
    let all = Some(all.collect());
    let meta = if field == "labels" {
        ObjectMeta { labels: all, ..ObjectMeta::default() }
    } else {
        ObjectMeta { annotations: all, ..ObjectMeta::default() }
    };
    let mut invalid = Invalid::default();
    valid_metadata(&meta, false, &mut invalid);
    let about = format!("metadata.{field}");
    let found: Vec<_> = invalid.lines().into_iter().filter(|line| line.starts_with(&about)).collect();
    match &found[..] {
        [] => Ok(()),
        [only] => Err(only.clone()),
        all => Err(format!("[{}]", all.join(", "))),
    }
}

/// What an object is, as errors name it: `example.com/v1, Kind=Foo`.
pub(super) fn kind_of(object: &Value) -> String {
    let said = |name: &str| object[name].as_str().unwrap_or_default();
    format!("{}, Kind={}", said("apiVersion"), said("kind"))
}

#[cfg(test)]
mod tests;
