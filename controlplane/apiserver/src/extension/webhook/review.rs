//! What a webhook is asked, and what its answer means. Pure.

use super::super::request::Asked;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use shared_api::{Refusal, Served, meta::Status};
use std::collections::BTreeMap;

/// The longest answer that is read, in bytes.
pub(super) const LONGEST: usize = 3 << 20;

/// The review that is sent.
pub(super) fn question(asked: &Asked<'_>, as_: Served, version: &str, uid: &str) -> Vec<u8> {
    let mut request = asked.described(as_);
    request.insert("uid".into(), uid.into());
    request.insert("object".into(), asked.shown(asked.object.as_ref(), as_));
    request.insert("oldObject".into(), asked.shown(asked.old.as_ref(), as_));
    let review = json!({
        "apiVersion": format!("admission.k8s.io/{version}"), "kind": "AdmissionReview", "request": request,
    });
    review.to_string().into_bytes()
}

/// What a webhook said.
#[derive(Debug, Default)]
pub(super) struct Answer {
    allowed: bool,
    status: Option<Status>,
    /// What it wants to change.
    pub(super) patch: Option<json_patch::Patch>,
    pub(super) warnings: Vec<String>,
    pub(super) annotations: BTreeMap<String, String>,
}

/// Reads an answer; what is wrong with it otherwise.
pub(super) fn read(body: &[u8], version: &str, uid: &str, mutating: bool) -> Result<Answer, String> {
    let review: Value = serde_json::from_slice(body).map_err(|e| {
        format!("received invalid webhook response: couldn't get version/kind; json parse error: {e}")
    })?;
    let wanted = format!("admission.k8s.io/{version}");
    let response = &review["response"];
    let said = |name: &str| response[name].as_str().unwrap_or_default();
    let text = |name: &str| review[name].as_str().unwrap_or_default();
    if version == "v1" && (text("apiVersion") != wanted || text("kind") != "AdmissionReview") {
        let (got, kind) = (text("apiVersion"), text("kind"));
        return Err(format!(
            "received invalid webhook response: expected webhook response of {wanted}, Kind=AdmissionReview, got {got}, \
             Kind={kind}"
        ));
    }
    if !response.is_object() {
        return Err("received invalid webhook response: webhook response was absent".into());
    }
    if version == "v1" && response["uid"] != uid {
        let got = said("uid");
        return Err(format!("received invalid webhook response: expected response.uid={uid:?}, got {got:?}"));
    }
    let (patch, patch_type) = (said("patch"), said("patchType"));
    let wrong = |why: String| Err(format!("received invalid webhook response: {why}"));
    match (mutating, patch.is_empty(), patch_type.is_empty()) {
        (false, false, _) if version == "v1" => {
            return wrong(
                "webhook attempted to modify the object, which is not supported for validating webhooks"
                    .into(),
            );
        }
        (true, false, true) if version == "v1" => {
            return wrong("webhook returned response.patch but not response.patchType".into());
        }
        (true, true, false) if version == "v1" => {
            return wrong("webhook returned response.patchType but not response.patch".into());
        }
        (true, false, false) if patch_type != "JSONPatch" => {
            return wrong(format!("webhook returned invalid response.patchType of {patch_type:?}"));
        }
        _ => {}
    }
    let patch = if patch.is_empty() || !mutating {
        None
    } else {
        let bytes = BASE64_STANDARD
            .decode(patch)
            .map_err(|e| format!("illegal base64 data in response.patch: {e}"))?;
        let patch =
            serde_json::from_slice(&bytes).map_err(|e| format!("response.patch is no JSON patch: {e}"))?;
        Some(patch)
    };
    let list = response["warnings"].as_array().into_iter().flatten();
    let annotations = response["auditAnnotations"].as_object().into_iter().flatten();
    Ok(Answer {
        allowed: response["allowed"] == true,
        status: response.get("status").and_then(|status| serde_json::from_value(status.clone()).ok()),
        patch,
        warnings: list.filter_map(Value::as_str).map(shortened).collect(),
        annotations: annotations.map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().into())).collect(),
    })
}

/// A warning goes into a header, where there is little room.
fn shortened(text: &str) -> String {
    text.chars().take(256).collect()
}

impl Answer {
    /// The answer, when it does not refuse; the refusal in the webhook's own words otherwise.
    pub(super) fn allowed(self, name: &str) -> Result<Self, Refusal> {
        if self.allowed {
            return Ok(self);
        }
        let denied = format!("admission webhook {name:?} denied the request");
        let mut status = self.status.unwrap_or_default();
        let reason = status.reason.clone().unwrap_or_default();
        let message = status.message.take().filter(|message| !message.is_empty());
        status.message = Some(match message {
            Some(message) => format!("{denied}: {message}"),
            None if !reason.is_empty() => format!("{denied}: {reason}"),
            None => format!("{denied} without explanation"),
        });
        status.code = Some(status.code.filter(|code| (400..600).contains(code)).unwrap_or(400));
        Err(Refusal::from_status(status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(response: &Value) -> Result<Answer, String> {
        let review =
            json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
        read(review.to_string().as_bytes(), "v1", "u", true)
    }

    #[test]
    fn denials_keep_code_and_words() {
        for (status, code, message) in [
            (json!(null), 400, "admission webhook \"h\" denied the request without explanation"),
            (json!({"message": "no", "code": 418}), 418, "admission webhook \"h\" denied the request: no"),
            (json!({"reason": "Because"}), 400, "admission webhook \"h\" denied the request: Because"),
            (
                json!({"message": "m", "reason": "Forbidden", "code": 403}),
                403,
                "admission webhook \"h\" denied the request: m",
            ),
            (json!({"message": "m", "code": 200}), 400, "admission webhook \"h\" denied the request: m"),
        ] {
            let answer = answered(&json!({"uid": "u", "allowed": false, "status": status})).unwrap();
            let refusal = answer.allowed("h").unwrap_err();
            assert_eq!((refusal.code(), refusal.message.as_str()), (code, message), "{status}");
        }
    }

    #[test]
    fn answers_that_make_no_sense_are_no_answers() {
        let wrong = |response: Value| answered(&response).unwrap_err();
        assert!(wrong(json!(null)).contains("webhook response was absent"));
        assert!(
            wrong(json!({"uid": "x", "allowed": true})).contains("expected response.uid=\"u\", got \"x\"")
        );
        let patch = BASE64_STANDARD.encode("[]");
        assert!(
            wrong(json!({"uid": "u", "allowed": true, "patch": patch}))
                .contains("but not response.patchType")
        );
        let merged = json!({"uid": "u", "allowed": true, "patch": patch, "patchType": "Merge"});
        assert!(wrong(merged).contains("invalid response.patchType of \"Merge\""));
        let broken = json!({"uid": "u", "allowed": true, "patch": "e30=", "patchType": "JSONPatch"});
        assert!(wrong(broken).contains("no JSON patch"));
        assert!(read(b"nonsense", "v1", "u", true).is_err());
        assert!(
            read(br#"{"apiVersion":"v1","kind":"Pod"}"#, "v1", "u", true)
                .unwrap_err()
                .contains("got v1, Kind=Pod")
        );
    }

    #[test]
    fn what_else_is_said_is_heard() {
        let answer = answered(
            &json!({"uid": "u", "allowed": true, "warnings": ["w"], "auditAnnotations": {"a": "b"}}),
        );
        let answer = answer.unwrap().allowed("h").unwrap();
        assert_eq!((&*answer.warnings[0], &*answer.annotations["a"]), ("w", "b"));
    }
}
