//! The versions in which workloads were served before apps/v1, and what their authors could leave out.

use crate::{
    Version,
    convert::{self, alike, default, get, put, take, text},
};
use serde_json::{Value, json};

/// No limit and no deadline, as extensions/v1beta1 says it.
const NEVER: i32 = i32::MAX;

/// Where apps/v1 keeps what only older deployments have a field for.
const ROLLBACK: &str = "deprecated.deployment.rollback.to";
/// The same for daemon sets.
pub(super) const GENERATION: &str = "deprecated.daemonset.template.generation";

pub(super) const CONTROLLER_REVISION: &[Version] = &[
    alike(
        "apps",
        "v1beta2",
        "apps/v1beta2",
        "apps/v1beta2 ControllerRevision is deprecated in v1.9+, unavailable in v1.16+; use apps/v1 ControllerRevision",
    ),
    alike(
        "apps",
        "v1beta1",
        "apps/v1beta1",
        "apps/v1beta1 ControllerRevision is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 ControllerRevision",
    ),
];

pub(super) const DEPLOYMENT: &[Version] = &[
    alike(
        "apps",
        "v1beta2",
        "apps/v1beta2",
        "apps/v1beta2 Deployment is deprecated in v1.9+, unavailable in v1.16+; use apps/v1 Deployment",
    ),
    Version {
        upgrade: |value| {
            from_template(value);
            default(value, &["spec", "revisionHistoryLimit"], 2);
            moved_up(value, "rollbackTo", ROLLBACK);
        },
        downgrade: |value| moved_down(value, "rollbackTo", ROLLBACK),
        ..alike(
            "apps",
            "v1beta1",
            "apps/v1beta1",
            "apps/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 Deployment",
        )
    },
    Version {
        upgrade: |value| {
            from_template(value);
            default(value, &["spec", "strategy", "type"], "RollingUpdate");
            if text(value, &["spec", "strategy", "type"]) == "RollingUpdate" {
                default(value, &["spec", "strategy", "rollingUpdate", "maxUnavailable"], 1);
                default(value, &["spec", "strategy", "rollingUpdate", "maxSurge"], 1);
            }
            default(value, &["spec", "revisionHistoryLimit"], NEVER);
            default(value, &["spec", "progressDeadlineSeconds"], NEVER);
            moved_up(value, "rollbackTo", ROLLBACK);
        },
        downgrade: |value| moved_down(value, "rollbackTo", ROLLBACK),
        ..alike(
            "extensions",
            "v1beta1",
            "extensions/v1beta1",
            "extensions/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 Deployment",
        )
    },
];

pub(super) const REPLICA_SET: &[Version] = &[
    alike(
        "apps",
        "v1beta2",
        "apps/v1beta2",
        "apps/v1beta2 ReplicaSet is deprecated in v1.9+, unavailable in v1.16+; use apps/v1 ReplicaSet",
    ),
    Version {
        upgrade: from_template,
        ..alike(
            "extensions",
            "v1beta1",
            "extensions/v1beta1",
            "extensions/v1beta1 ReplicaSet is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 ReplicaSet",
        )
    },
];

pub(super) const DAEMON_SET: &[Version] = &[
    alike(
        "apps",
        "v1beta2",
        "apps/v1beta2",
        "apps/v1beta2 DaemonSet is deprecated in v1.9+, unavailable in v1.16+; use apps/v1 DaemonSet",
    ),
    Version {
        upgrade: |value| {
            from_template(value);
            default(value, &["spec", "updateStrategy", "type"], "OnDelete");
            moved_up(value, "templateGeneration", GENERATION);
        },
        downgrade: |value| moved_down(value, "templateGeneration", GENERATION),
        ..alike(
            "extensions",
            "v1beta1",
            "extensions/v1beta1",
            "extensions/v1beta1 DaemonSet is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 DaemonSet",
        )
    },
];

pub(super) const STATEFUL_SET: &[Version] = &[
    alike(
        "apps",
        "v1beta2",
        "apps/v1beta2",
        "apps/v1beta2 StatefulSet is deprecated in v1.9+, unavailable in v1.16+; use apps/v1 StatefulSet",
    ),
    Version {
        upgrade: |value| {
            from_template(value);
            default(value, &["spec", "updateStrategy", "type"], "OnDelete");
        },
        ..alike(
            "apps",
            "v1beta1",
            "apps/v1beta1",
            "apps/v1beta1 StatefulSet is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 StatefulSet",
        )
    },
];

/// A selector and labels that are left out are those of the template.
fn from_template(value: &mut Value) {
    let labels = get(value, &["spec", "template", "metadata", "labels"]);
    let Some(labels) = labels.filter(|l| l.as_object().is_some_and(|l| !l.is_empty())).cloned() else {
        return;
    };
    default(value, &["spec", "selector"], json!({"matchLabels": labels}));
    let own = get(value, &["metadata", "labels"]);
    if own.is_none_or(|l| l.as_object().is_some_and(serde_json::Map::is_empty)) {
        put(value, &["metadata", "labels"], labels);
    }
}

/// Keeps in an annotation what apps/v1 has no field for: a number, or an object with a `revision`.
fn moved_up(value: &mut Value, field: &str, annotation: &str) {
    let number = |v: &Value| match v {
        Value::Object(fields) => fields.get("revision").map_or(Some(0), Value::as_i64),
        other => other.as_i64(),
    };
    let Some(number) = get(value, &["spec", field]).and_then(number) else { return };
    take(value, &["spec", field]);
    put(value, &["metadata", "annotations", annotation], number.to_string().into());
}

/// The way back.
fn moved_down(value: &mut Value, field: &str, annotation: &str) {
    let path = ["metadata", "annotations", annotation];
    let Ok(number) = text(value, &path).parse::<i64>() else { return };
    if get(value, &["spec"]).is_none() {
        return;
    }
    take(value, &path);
    if convert::object(value, &["metadata", "annotations"]).is_some_and(|a| a.is_empty()) {
        take(value, &["metadata", "annotations"]);
    }
    let new = if field == "rollbackTo" { json!({"revision": number}) } else { json!(number) };
    put(value, &["spec", field], new);
}

#[cfg(test)]
mod tests {
    use crate::{apps::*, core::testing::completed, serving};
    use serde_json::{Value, json};

    fn template() -> Value {
        json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}})
    }

    fn upgraded(api_version: &str, kind: &str, spec: &Value) -> Value {
        let value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spec": spec});
        serving(api_version, kind).unwrap().upgrade(value)
    }

    #[test]
    fn what_older_authors_leave_out_is_filled_in() {
        let selector = json!({"matchLabels": {"app": "a"}});
        let one = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}});
        let by_hand = json!({"type": "OnDelete"});
        for (version, kind, expected) in [
            ("apps/v1beta2", "Deployment", json!({})),
            ("apps/v1beta1", "Deployment", json!({"selector": selector, "revisionHistoryLimit": 2})),
            (
                "extensions/v1beta1",
                "Deployment",
                json!({"selector": selector, "revisionHistoryLimit": i32::MAX, "progressDeadlineSeconds": i32::MAX,
                    "strategy": one}),
            ),
            ("extensions/v1beta1", "ReplicaSet", json!({"selector": selector})),
            ("extensions/v1beta1", "DaemonSet", json!({"selector": selector, "updateStrategy": by_hand})),
            ("apps/v1beta2", "DaemonSet", json!({})),
            ("apps/v1beta1", "StatefulSet", json!({"selector": selector, "updateStrategy": by_hand})),
            ("apps/v1beta2", "StatefulSet", json!({})),
        ] {
            let mut whole = upgraded(version, kind, &json!({"template": template()}));
            assert_eq!(whole["apiVersion"], "apps/v1");
            whole["spec"].as_object_mut().unwrap().remove("template");
            assert_eq!(whole["spec"], expected, "{version} {kind}");
            let labelled = version != "apps/v1beta2";
            assert_eq!(whole["metadata"].get("labels").is_some(), labelled, "{version} {kind}");
        }
    }

    #[test]
    fn every_version_leads_back_to_what_is_stored() {
        let spec = json!({"selector": {"matchLabels": {"app": "a"}}, "template": template()});
        let annotations = json!({"deprecated.deployment.rollback.to": "3", "deprecated.daemonset.template.generation": "2", "x": "y"});
        let value = json!({"metadata": {"name": "a", "labels": {"b": "c"}, "annotations": annotations}, "spec": spec});
        let stored = [
            completed::<Deployment>(value.clone()),
            completed::<ReplicaSet>(value.clone()),
            completed::<DaemonSet>(value.clone()),
            completed::<StatefulSet>(value),
            completed::<ControllerRevision>(json!({"data": {"spec": spec}, "revision": 3})),
        ];
        for stored in stored {
            let kind = stored["kind"].as_str().unwrap();
            let all = crate::served().filter(|s| s.kind.kind == kind);
            for served in all {
                let shown = served.downgrade(stored.clone());
                assert_eq!(shown["apiVersion"], served.api_version());
                assert_eq!(served.upgrade(shown), stored, "{} {kind}", served.api_version());
            }
        }
    }

    #[test]
    fn a_field_of_old_is_an_annotation_of_today() {
        let deployment = upgraded(
            "extensions/v1beta1",
            "Deployment",
            &json!({"template": {}, "rollbackTo": {"revision": 3}}),
        );
        assert_eq!(deployment["metadata"]["annotations"], json!({"deprecated.deployment.rollback.to": "3"}));
        assert_eq!(deployment["spec"].get("rollbackTo"), None);
        let shown = serving("apps/v1beta1", "Deployment").unwrap().downgrade(deployment);
        assert_eq!(shown["spec"]["rollbackTo"], json!({"revision": 3}));
        assert_eq!(shown["metadata"], json!({"name": "a"}));
    }

    #[test]
    fn nonsense_is_left_to_be_refused() {
        for spec in [
            json!(7),
            json!("x"),
            json!([1]),
            json!({"template": 1, "strategy": "x", "rollbackTo": "y"}),
            Value::Null,
        ] {
            for served in crate::served().filter(|s| !s.is_stored()) {
                upgraded(served.api_version(), served.kind.kind, &spec);
                let _ = served.downgrade(json!({"metadata": 1, "spec": spec, "status": spec}));
            }
        }
    }

    #[test]
    fn those_who_ask_for_an_old_version_are_warned() {
        for served in crate::served().filter(|s| s.kind.group == "apps" && !s.is_stored()) {
            let (version, kind) = (served.api_version(), served.kind.kind);
            let warning = served.warning().unwrap();
            assert!(warning.starts_with(&format!("{version} {kind} is deprecated in v1.")), "{warning}");
            assert!(warning.ends_with(&format!(", unavailable in v1.16+; use apps/v1 {kind}")), "{warning}");
        }
    }
}
