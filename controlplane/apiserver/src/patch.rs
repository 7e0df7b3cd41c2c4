//! What an object becomes under a patch: pure over JSON, one file for each language.

mod applied;
mod json;
mod merge;
mod strategic;
mod unfit;

pub(crate) use applied::{Applied, applied};
pub(crate) use unfit::unfit;

use serde_json::Value;
use shared_api::{Patch, PatchType, Refusal, schema::Type};
use std::borrow::Cow;

/// `before`, which is `of` this type, under `patch`.
pub(crate) fn apply(of: Option<&'static Type>, before: Value, patch: &Patch) -> Result<Value, Refusal> {
    let body = meant(&patch.body, &before);
    match patch.kind {
        PatchType::Json => json::apply(before, &body),
        PatchType::Merge => merge::apply(before, &body),
        PatchType::Strategic => strategic::apply(of, before, &body),
        PatchType::Apply { .. } => {
            Err(Refusal::bad_request("what is applied is not relative to what is there"))
        }
    }
}

/// What is said, without the uid of another object. A bare uid in a patch says which object is meant; a
/// manifest that was once written down in a cluster tells with its uid and its moment of a birth there.
fn meant<'a>(said: &'a Value, live: &Value) -> Cow<'a, Value> {
    let born = |of: &Value| of["metadata"]["creationTimestamp"].as_str().map(str::to_owned);
    if born(said).is_none_or(|moment| Some(moment) == born(live)) {
        return Cow::Borrowed(said);
    }
    let mut said = said.clone();
    said["metadata"].as_object_mut().map(|metadata| metadata.remove("uid"));
    Cow::Owned(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_uid_tells_which_object_is_meant_unless_it_was_born_elsewhere() {
        let live = json!({"metadata": {"uid": "here", "creationTimestamp": "2026-01-01T00:00:00Z"}});
        let bare = json!({"metadata": {"uid": "there"}});
        assert_eq!(*meant(&bare, &live), bare);
        let same = json!({"metadata": {"uid": "there", "creationTimestamp": "2026-01-01T00:00:00Z"}});
        assert_eq!(*meant(&same, &live), same);
        let copied = json!({"metadata": {"uid": "there", "creationTimestamp": "2015-08-07T22:02:39Z"}});
        let without = json!({"metadata": {"creationTimestamp": "2015-08-07T22:02:39Z"}});
        assert_eq!(*meant(&copied, &live), without);
        assert_eq!(*meant(&json!([]), &live), json!([]));
    }
}
