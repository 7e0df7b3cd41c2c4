//! Resource quotas: how much a namespace may have in all.

mod validate;

use crate::{Column, Invalid, Kind, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::ResourceQuota;

impl Kind for ResourceQuota {
    const SHOWN_LAST: bool = true;
    const SHORT_NAMES: &'static [&'static str] = &["quota"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Request", |q, _| usage(q, false)),
        Column::text("Limit", |q, _| usage(q, true)),
        Column::age(),
    ];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if let Some(spec) = &self.spec {
            validate::valid(spec, invalid);
            if let Some(old) = old.and_then(|o| o.spec.as_ref()) {
                validate::kept(spec, old, invalid);
            }
        }
        if let Some(status) = &self.status {
            validate::amounts("status.hard", status.hard.as_ref(), invalid);
            validate::amounts("status.used", status.used.as_ref(), invalid);
        }
    }
}

/// `pods: 1/2, requests.cpu: 500m/1`; of limits, or of everything else.
fn usage(quota: &ResourceQuota, limits: bool) -> String {
    let Some(status) = &quota.status else { return String::new() };
    let used = |name| status.used.as_ref().and_then(|u| u.get(name)).map_or("0", |q| q.0.as_str());
    let hard = status.hard.iter().flatten().filter(|(name, _)| name.starts_with("limits.") == limits);
    hard.map(|(name, hard)| format!("{name}: {}/{}", used(name), hard.0)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn a_quota_is_shown_by_its_usage() {
        let hard = json!({"pods": "2", "requests.cpu": "1", "limits.memory": "1Gi"});
        let status = json!({"hard": hard, "used": {"pods": "1", "limits.memory": "64Mi"}});
        assert_eq!(
            row::<ResourceQuota>(json!({"status": status})),
            ["pods: 1/2, requests.cpu: 0/1", "limits.memory: 64Mi/1Gi", "<unknown>"]
        );
    }
}
