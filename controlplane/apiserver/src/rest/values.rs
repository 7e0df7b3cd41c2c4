//! Subresources that are values of their own, not another view of the object: `scale`, `binding`,
//! `finalize`, …

use super::request::RequestInfo;
use crate::door::Caller;
use serde_json::Value;
use shared_api::{Patch, PatchType, Reason, Refusal};
use shared_client::Result;

/// How often a change that lost a race is tried again.
const TRIES: usize = 5;

/// Whether the request goes to a subresource that is not just another view of the object.
pub(super) fn is_value(info: &RequestInfo) -> bool {
    !matches!(info.subresource.as_str(), "" | "status")
}

/// A value's own kind knows no dry run: better refused than done.
pub(super) fn refuse_dry_run(info: &RequestInfo, dry_run: bool) -> Result<()> {
    if !dry_run {
        return Ok(());
    }
    let what = format!("{}/{}", info.kind.plural, info.subresource);
    Err(Refusal::bad_request(format!(
        "dryRun is not served for {what}: ask without it, or for the object itself"
    )))
}

/// Reads the value, changes it and writes it back, again when somebody else was faster.
pub(super) async fn patch(cluster: &dyn Caller, info: &RequestInfo, patch: &Patch) -> Result<Value> {
    let key = info.key();
    let mut tries = TRIES;
    loop {
        let before = cluster.subresource(&key, &info.subresource, None).await?;
        let after = patched(before.clone(), patch)?;
        // A version that the patch itself names is a condition, and losing then is final.
        let conditional = before["metadata"]["resourceVersion"] != after["metadata"]["resourceVersion"];
        tries -= 1;
        match cluster.subresource(&key, &info.subresource, Some(after)).await {
            Err(refusal) if refusal.reason == Reason::Conflict && !conditional && tries > 0 => {}
            done => return done,
        }
    }
}

fn patched(mut value: Value, patch: &Patch) -> Result<Value> {
    match patch.kind {
        // These values hold no lists, where the two would differ.
        PatchType::Merge | PatchType::Strategic => json_patch::merge(&mut value, &patch.body),
        PatchType::Json => {
            let bad = |e: &dyn std::fmt::Display| Refusal::bad_request(format!("error decoding patch: {e}"));
            let operations: json_patch::Patch =
                serde_json::from_value(patch.body.clone()).map_err(|e| bad(&e))?;
            let failed = |e| Refusal::new(Reason::Invalid, format!("the patch cannot be applied: {e}"));
            json_patch::patch(&mut value, &operations).map_err(failed)?;
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_patched_in_every_language() {
        let scale = || json!({"spec": {"replicas": 1}});
        for (kind, body) in [
            (PatchType::Merge, json!({"spec": {"replicas": 3}})),
            (PatchType::Strategic, json!({"spec": {"replicas": 3}})),
            (PatchType::Json, json!([{"op": "replace", "path": "/spec/replicas", "value": 3}])),
        ] {
            assert_eq!(patched(scale(), &Patch { kind, body }), Ok(json!({"spec": {"replicas": 3}})));
        }
        let code =
            |body: Value| patched(scale(), &Patch { kind: PatchType::Json, body }).unwrap_err().reason.code();
        assert_eq!(code(json!([{"op": "test", "path": "/spec/replicas", "value": 9}])), 422);
        assert_eq!(code(json!([{"op": "fly"}])), 400);
    }
}
