//! What the author of a stateful set may leave out.

use crate::{IntOrString, Kind, apps::workload};
use k8s_openapi::api::apps::v1::StatefulSetSpec;

pub(super) fn complete(spec: &mut StatefulSetSpec) {
    workload::complete(Some(&mut spec.template));
    let text = |field: &mut Option<String>, usual: &str| {
        if field.as_deref().unwrap_or_default().is_empty() {
            *field = Some(usual.into());
        }
    };
    text(&mut spec.pod_management_policy, "OrderedReady");
    let strategy = spec.update_strategy.get_or_insert_default();
    if strategy.type_.as_deref().unwrap_or_default().is_empty() {
        strategy.type_ = Some("RollingUpdate".into());
        strategy.rolling_update.get_or_insert_default();
    }
    if strategy.type_.as_deref() == Some("RollingUpdate")
        && let Some(rolling) = &mut strategy.rolling_update
    {
        rolling.partition.get_or_insert(0);
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
    }
    let retention = spec.persistent_volume_claim_retention_policy.get_or_insert_default();
    text(&mut retention.when_deleted, "Retain");
    text(&mut retention.when_scaled, "Retain");
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(10);
    spec.volume_claim_templates.iter_mut().flatten().for_each(Kind::set_defaults);
}

#[cfg(test)]
mod tests {
    use crate::{apps::StatefulSet, core::testing::completed};
    use serde_json::json;

    #[test]
    fn the_shortest_set_becomes_whole() {
        let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}});
        let spec = json!({"selector": {"matchLabels": {"app": "a"}}, "template": {}, "volumeClaimTemplates": [claim]});
        assert_eq!(
            completed::<StatefulSet>(json!({"spec": spec}))["spec"],
            json!({
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                "podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10,
                "selector": {"matchLabels": {"app": "a"}}, "template": {},
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "partition": 0}},
                "volumeClaimTemplates": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
                    "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}]
            })
        );
    }

    #[test]
    fn what_is_chosen_stays() {
        let strategy = |s: serde_json::Value| {
            completed::<StatefulSet>(json!({"spec": {"template": {}, "updateStrategy": s}}))["spec"]["updateStrategy"]
                .clone()
        };
        assert_eq!(strategy(json!({"type": "OnDelete"})), json!({"type": "OnDelete"}));
        assert_eq!(strategy(json!({"type": "RollingUpdate"})), json!({"type": "RollingUpdate"}));
    }
}
