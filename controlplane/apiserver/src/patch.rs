//! What an object becomes under a patch: pure over JSON, one file for each language.

mod applied;
mod json;
mod merge;
mod strategic;

pub(crate) use applied::{Applied, applied};

use serde_json::Value;
use shared_api::{Patch, PatchType, Refusal, schema::Type};

/// `before`, which is `of` this type, under `patch`.
pub(crate) fn apply(of: Option<&'static Type>, before: Value, patch: &Patch) -> Result<Value, Refusal> {
    match patch.kind {
        PatchType::Json => json::apply(before, &patch.body),
        PatchType::Merge => merge::apply(before, &patch.body),
        PatchType::Strategic => strategic::apply(of, before, &patch.body),
        PatchType::Apply { .. } => {
            Err(Refusal::bad_request("what is applied is not relative to what is there"))
        }
    }
}
