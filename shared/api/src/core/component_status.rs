//! Component statuses: how the parts of the control plane are. The server knows, and answers; none is stored.

use crate::{Column, Kind};
use k8s_openapi::api::core::v1::ComponentCondition;
pub use k8s_openapi::api::core::v1::ComponentStatus;

impl Kind for ComponentStatus {
    const SHORT_NAMES: &'static [&'static str] = &["cs"];
    const DURABLE: bool = false;
    const VERBS: &'static [&'static str] = &["get", "list"];
    const WARNING: Option<&'static str> = Some("v1 ComponentStatus is deprecated in v1.19+");
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Status", |c, _| {
            match healthy(c).map(|h| h.status.as_str()) {
                Some("True") => "Healthy",
                Some(_) => "Unhealthy",
                None => "Unknown",
            }
            .into()
        }),
        Column::text("Message", |c, _| healthy(c).and_then(|h| h.message.clone()).unwrap_or_default()),
        Column::text("Error", |c, _| healthy(c).and_then(|h| h.error.clone()).unwrap_or_default()),
    ];
}

fn healthy(status: &ComponentStatus) -> Option<&ComponentCondition> {
    status.conditions.iter().flatten().find(|c| c.type_ == "Healthy")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn a_part_is_shown_by_its_health() {
        let condition = json!({"type": "Healthy", "status": "False", "message": "", "error": "gone"});
        assert_eq!(row::<ComponentStatus>(json!({"conditions": [condition]})), ["Unhealthy", "", "gone"]);
        assert_eq!(row::<ComponentStatus>(json!({})), ["Unknown", "", ""]);
    }
}
