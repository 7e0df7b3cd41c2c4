//! What the author of a deployment may leave out.

use crate::{IntOrString, apps::workload};
use k8s_openapi::api::apps::v1::DeploymentSpec;

pub(super) fn complete(spec: &mut DeploymentSpec) {
    workload::complete(Some(&mut spec.template));
    workload::select(&mut spec.selector, Some(&spec.template));
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(10);
    spec.progress_deadline_seconds.get_or_insert(600);
    let strategy = spec.strategy.get_or_insert_default();
    if strategy.type_.as_deref().unwrap_or_default().is_empty() {
        strategy.type_ = Some("RollingUpdate".into());
    }
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        let quarter = || IntOrString::String("25%".into());
        rolling.max_unavailable.get_or_insert_with(quarter);
        rolling.max_surge.get_or_insert_with(quarter);
    }
}

#[cfg(test)]
mod tests {
    use crate::{apps::Deployment, core::testing::completed};
    use serde_json::json;

    #[test]
    fn the_shortest_deployment_becomes_whole() {
        let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}});
        let mut spec = completed::<Deployment>(json!({"spec": {"template": template}}))["spec"].clone();
        assert_eq!(spec["template"]["spec"]["containers"][0]["imagePullPolicy"], "Always");
        assert_eq!(spec["template"]["spec"].get("enableServiceLinks"), None, "decided for pods only");
        spec["template"] = json!(null);
        assert_eq!(
            spec,
            json!({"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "template": null,
                "selector": {"matchLabels": {"app": "a"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}})
        );
    }

    #[test]
    fn recreating_needs_no_numbers() {
        let spec =
            completed::<Deployment>(json!({"spec": {"strategy": {"type": "Recreate"}}}))["spec"].clone();
        assert_eq!(spec["strategy"], json!({"type": "Recreate"}));
    }
}
