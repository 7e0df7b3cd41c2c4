//! What is wrong with a stateful set.

use crate::{
    Invalid,
    apps::workload,
    core::{persistent_volume_claim::valid_spec as valid_claim, pod::validate::at_least},
    name, portion,
};
use k8s_openapi::api::{
    apps::v1::{
        RollingUpdateStatefulSetStrategy, StatefulSetSpec, StatefulSetStatus, StatefulSetUpdateStrategy,
    },
    core::v1::{PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, PodTemplateSpec, Volume},
};
use serde_json::json;
use std::borrow::Cow;

const RULE: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                    'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                    'minReadySeconds' are forbidden";

/// Records what is wrong and cannot be changed later.
pub(super) fn valid_new(spec: &StatefulSetSpec, invalid: &mut Invalid) {
    let service = spec.service_name.as_deref().unwrap_or_default();
    if let Some(why) = Some(service).filter(|s| !s.is_empty()).and_then(name::label) {
        invalid.value("spec.serviceName", service, &why);
    }
    for (at, claim) in spec.volume_claim_templates.iter().flatten().enumerate() {
        let path = format!("spec.volumeClaimTemplates[{at}]");
        let nothing = PersistentVolumeClaimSpec::default();
        valid_claim(claim.spec.as_ref().unwrap_or(&nothing), &format!("{path}.spec"), invalid);
    }
}

/// Records what is wrong.
pub(super) fn valid(spec: &StatefulSetSpec, invalid: &mut Invalid) {
    match spec.pod_management_policy.as_deref().unwrap_or_default() {
        "" => invalid.required("spec.podManagementPolicy", ""),
        "OrderedReady" | "Parallel" => {}
        other => invalid.value("spec.podManagementPolicy", other, "must be 'OrderedReady' or 'Parallel'"),
    }
    valid_strategy(spec.update_strategy.as_ref(), invalid);
    if let Some(retention) = &spec.persistent_volume_claim_retention_policy {
        for (field, policy) in
            [("whenDeleted", &retention.when_deleted), ("whenScaled", &retention.when_scaled)]
        {
            let policy = policy.as_deref().unwrap_or_default();
            if !matches!(policy, "Retain" | "Delete") {
                let field = format!("spec.persistentVolumeClaimRetentionPolicy.{field}");
                invalid.unsupported(field, policy, &["Retain", "Delete"]);
            }
        }
    }
    for (field, number) in [
        ("replicas", spec.replicas),
        ("minReadySeconds", spec.min_ready_seconds),
        ("ordinals.start", spec.ordinals.as_ref().and_then(|o| o.start)),
    ] {
        at_least(0, number, format!("spec.{field}"), invalid);
    }
    workload::valid("StatefulSet", &spec.selector, Some(&with_claims(spec)), invalid);
}

/// The template with the volumes that its pods get from the claims made for them.
fn with_claims(spec: &StatefulSetSpec) -> Cow<'_, PodTemplateSpec> {
    let claims = spec.volume_claim_templates.as_deref().unwrap_or_default();
    let (true, Some(_)) = (!claims.is_empty(), &spec.template.spec) else {
        return Cow::Borrowed(&spec.template);
    };
    let mut template = spec.template.clone();
    if let Some(pod) = &mut template.spec {
        let volumes = pod.volumes.get_or_insert_default();
        for claim in claims {
            let name = claim.metadata.name.clone().unwrap_or_default();
            volumes.retain(|v| v.name != name);
            let source = PersistentVolumeClaimVolumeSource { claim_name: name.clone(), read_only: None };
            volumes.push(Volume { name, persistent_volume_claim: Some(source), ..Volume::default() });
        }
    }
    Cow::Owned(template)
}

fn valid_strategy(strategy: Option<&StatefulSetUpdateStrategy>, invalid: &mut Invalid) {
    let path = "spec.updateStrategy";
    let rolling = strategy.and_then(|s| s.rolling_update.as_ref());
    match (strategy.and_then(|s| s.type_.as_deref()).unwrap_or_default(), rolling) {
        ("", _) => invalid.required(path, ""),
        ("OnDelete", Some(rolling)) => {
            let why = "only allowed for updateStrategy 'RollingUpdate'";
            invalid.value(format!("{path}.rollingUpdate"), rolling, why);
        }
        ("OnDelete" | "RollingUpdate", None) => {}
        ("RollingUpdate", Some(rolling)) => valid_rolling(rolling, &format!("{path}.rollingUpdate"), invalid),
        (other, rolling) => {
            let got = json!({"Type": other, "RollingUpdate": rolling});
            invalid.value(path, got, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

fn valid_rolling(rolling: &RollingUpdateStatefulSetStrategy, path: &str, invalid: &mut Invalid) {
    at_least(0, rolling.partition, format!("{path}.partition"), invalid);
    let field = format!("{path}.maxUnavailable");
    let away = rolling.max_unavailable.as_ref();
    if portion::valid(away, &field, invalid) == Some(0) {
        invalid.value(&field, away, "cannot be 0");
    }
    portion::at_most_all(away, &field, invalid);
}

/// Records a change of what existing pods, names and claims rest on.
pub(super) fn valid_change(new: &StatefulSetSpec, old: &StatefulSetSpec, invalid: &mut Invalid) {
    let mut completed = old.clone();
    super::defaults::complete(&mut completed);
    let comparable = StatefulSetSpec {
        replicas: completed.replicas,
        ordinals: completed.ordinals.clone(),
        template: completed.template.clone(),
        update_strategy: completed.update_strategy.clone(),
        revision_history_limit: completed.revision_history_limit,
        persistent_volume_claim_retention_policy: completed.persistent_volume_claim_retention_policy.clone(),
        min_ready_seconds: completed.min_ready_seconds,
        ..new.clone()
    };
    if comparable != completed {
        invalid.forbidden("spec", RULE);
    }
}

/// Records counts that contradict each other.
pub(super) fn valid_status(status: &StatefulSetStatus, invalid: &mut Invalid) {
    let some = [
        ("readyReplicas", status.ready_replicas),
        ("currentReplicas", status.current_replicas),
        ("updatedReplicas", status.updated_replicas),
        ("availableReplicas", status.available_replicas),
    ];
    at_least(0, Some(status.replicas), "status.replicas".into(), invalid);
    for (field, number) in some {
        at_least(0, number, format!("status.{field}"), invalid);
    }
    at_least(0, status.collision_count, "status.collisionCount".into(), invalid);
    for (field, number) in some {
        if let Some(number) = number.filter(|n| *n > status.replicas) {
            invalid.value(format!("status.{field}"), number, "cannot be greater than status.replicas");
        }
    }
    if let Some(available) = status.available_replicas.filter(|a| *a > status.ready_replicas.unwrap_or(0)) {
        invalid.value("status.availableReplicas", available, "cannot be greater than status.readyReplicas");
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        apps::StatefulSet,
        core::testing::{changed, findings},
    };
    use serde_json::{Value, json};

    fn with(field: &str, value: Value) -> Value {
        let mounts = json!([{"name": "data", "mountPath": "/data"}]);
        let containers = json!([{"name": "a", "image": "b", "volumeMounts": mounts}]);
        let mut spec = json!({
            "selector": {"matchLabels": {"app": "a"}}, "serviceName": "a",
            "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": containers}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]
        });
        spec[field] = value;
        json!({"spec": spec})
    }

    #[test]
    fn each_finding_names_its_field() {
        let path = "spec.updateStrategy";
        let cases = [
            ("replicas", json!(0), None),
            (
                "replicas",
                json!(-1),
                Some("spec.replicas: Invalid value: -1: must be greater than or equal to 0".to_owned()),
            ),
            (
                "podManagementPolicy",
                json!("Any"),
                Some("spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'".into()),
            ),
            (
                "ordinals",
                json!({"start": -2}),
                Some("spec.ordinals.start: Invalid value: -2: must be greater than or equal to 0".into()),
            ),
            (
                "updateStrategy",
                json!({"type": "OnDelete", "rollingUpdate": {"partition": 1}}),
                Some(format!(
                    "{path}.rollingUpdate: Invalid value: {{\"partition\":1}}: only allowed for updateStrategy \
                     'RollingUpdate'"
                )),
            ),
            (
                "updateStrategy",
                json!({"type": "X"}),
                Some(format!(
                    "{path}: Invalid value: {{\"RollingUpdate\":null,\"Type\":\"X\"}}: must be 'RollingUpdate' or 'OnDelete'"
                )),
            ),
            (
                "updateStrategy",
                json!({"rollingUpdate": {"maxUnavailable": 0}}),
                Some(format!("{path}.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0")),
            ),
            (
                "persistentVolumeClaimRetentionPolicy",
                json!({"whenScaled": "Keep"}),
                Some(
                    "spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: \"Keep\": supported values: \
                     \"Retain\", \"Delete\""
                        .into(),
                ),
            ),
            (
                "volumeClaimTemplates",
                json!([]),
                Some(
                    "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"data\"".into(),
                ),
            ),
        ];
        for (field, value, expected) in cases {
            assert_eq!(findings::<StatefulSet>(with(field, value)), expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn claims_to_be_are_claims() {
        let claims =
            json!([{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]);
        let found = findings::<StatefulSet>(with("volumeClaimTemplates", claims));
        let path = "spec.volumeClaimTemplates[0].spec.accessModes";
        assert!(found.len() == 1 && found[0].starts_with(&format!("{path}: Required value")), "{found:?}");
    }

    #[test]
    fn names_become_labels_of_hosts() {
        let mut dotted = with("serviceName", json!("a.b"));
        dotted["metadata"] = json!({"name": "a.b"});
        let found = findings::<StatefulSet>(dotted);
        assert!(
            found[0].starts_with("metadata.name: Invalid value: \"a.b\": a lowercase RFC 1123 label"),
            "{found:?}"
        );
        assert!(found[1].starts_with("spec.serviceName: Invalid value: \"a.b\": a lowercase RFC 1123 label"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn little_may_change() {
        let old = || with("replicas", json!(1));
        let free = [
            ("replicas", json!(3)),
            ("minReadySeconds", json!(3)),
            ("revisionHistoryLimit", json!(3)),
            ("ordinals", json!({"start": 3})),
            ("updateStrategy", json!({"type": "OnDelete"})),
        ];
        for (field, value) in free {
            assert_eq!(changed::<StatefulSet>(old(), with(field, value)), [""; 0], "{field}");
        }
        for (field, value) in [("serviceName", json!("b")), ("podManagementPolicy", json!("Parallel"))] {
            assert_eq!(
                changed::<StatefulSet>(old(), with(field, value)),
                [
                    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                     'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                     'minReadySeconds' are forbidden"
                ]
            );
        }
    }

    #[test]
    fn counts_agree() {
        let mut old = with("replicas", json!(1));
        let mut new = old.clone();
        old["status"] = json!({"replicas": 1});
        new["status"] = json!({"replicas": 1, "readyReplicas": 2});
        assert_eq!(
            changed::<StatefulSet>(old, new),
            ["status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"]
        );
    }
}
