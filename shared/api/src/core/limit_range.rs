//! Limit ranges: how much one pod, container or claim of a namespace may have.

mod validate;

use crate::{Column, Invalid, Kind, cells, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::LimitRange;
use k8s_openapi::api::core::v1::LimitRangeItem;

impl Kind for LimitRange {
    const SHORT_NAMES: &'static [&'static str] = &["limits"];
    const COLUMNS: &'static [Column<Self>] =
        &[Column::text("Created At", |l, _| cells::created(&l.metadata))];

    fn set_defaults(&mut self) {
        for item in self.spec.iter_mut().flat_map(|s| &mut s.limits).filter(|i| i.type_ == "Container") {
            complete(item);
        }
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if let Some(spec) = &self.spec {
            validate::valid(&spec.limits, invalid);
        }
    }
}

/// What containers may have is what they get; what they get is what they ask for.
fn complete(item: &mut LimitRangeItem) {
    let default = item.default.get_or_insert_default();
    for (resource, amount) in item.max.iter().flatten() {
        default.entry(resource.clone()).or_insert_with(|| amount.clone());
    }
    let request = item.default_request.get_or_insert_default();
    for (resource, amount) in default.iter().chain(item.min.iter().flatten()) {
        request.entry(resource.clone()).or_insert_with(|| amount.clone());
    }
    for list in [&mut item.default, &mut item.default_request] {
        *list = list.take().filter(|l| !l.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::completed;
    use serde_json::json;

    #[test]
    fn what_is_not_said_follows_from_the_rest() {
        let item = json!({"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}, "default": {"memory": "2Mi"}});
        let whole = completed::<LimitRange>(json!({"spec": {"limits": [item]}}));
        let whole = &whole["spec"]["limits"][0];
        assert_eq!(whole["default"], json!({"cpu": "2", "memory": "2Mi"}));
        assert_eq!(whole["defaultRequest"], json!({"cpu": "2", "memory": "2Mi"}));
        let pod =
            completed::<LimitRange>(json!({"spec": {"limits": [{"type": "Pod", "max": {"cpu": "2"}}]}}));
        assert!(pod["spec"]["limits"][0].get("default").is_none());
    }
}
