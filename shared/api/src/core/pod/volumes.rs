//! Where volumes come from.

use k8s_openapi::api::core::v1::Volume;

/// How many sources a volume names: the fields it has besides its name.
pub(super) fn sources(volume: &Volume) -> usize {
    let fields = serde_json::to_value(volume).ok();
    fields.and_then(|v| v.as_object().map(serde_json::Map::len)).unwrap_or(0).saturating_sub(1)
}
