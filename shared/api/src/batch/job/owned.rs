//! How a job knows its pods: by its own uid, which no other object has.

use super::Job;
use crate::{Invalid, LabelSelector, apps::workload, meta::ObjectMeta};
use k8s_openapi::api::batch::v1::JobSpec;
use std::collections::BTreeMap;

const UID: &str = "batch.kubernetes.io/controller-uid";
const NAME: &str = "batch.kubernetes.io/job-name";

/// The labels of a job's pods; those without a prefix are what older programs look for.
fn marks(meta: &ObjectMeta) -> [(&'static str, String); 4] {
    let name = meta.name.clone().unwrap_or_default();
    let uid = meta.uid.clone().unwrap_or_default();
    [("controller-uid", uid.clone()), ("job-name", name.clone()), (UID, uid), (NAME, name)]
}

/// Marks the pods to be as the job's own, unless the author chose how to tell them.
pub(super) fn mark(job: &mut Job) {
    let marks = marks(&job.metadata);
    let Some(spec) = job.spec.as_mut().filter(|s| s.manual_selector != Some(true)) else { return };
    let labels = spec.template.metadata.get_or_insert_default().labels.get_or_insert_default();
    for (label, value) in marks {
        labels.entry(label.into()).or_insert(value);
    }
    let uid = job.metadata.uid.clone().unwrap_or_default();
    let selected = spec.selector.get_or_insert_default().match_labels.get_or_insert_default();
    selected.entry(UID.into()).or_insert(uid);
}

/// Records marks that are not the job's own.
pub(super) fn valid(meta: &ObjectMeta, spec: &JobSpec, invalid: &mut Invalid) {
    let (Some(selector), false) = (&spec.selector, spec.manual_selector == Some(true)) else { return };
    if meta.uid.as_deref().unwrap_or_default().is_empty() {
        invalid.required("metadata.uid", "");
    }
    let labels = workload::labels(Some(&spec.template));
    let marks = marks(meta);
    for (label, expected) in &marks {
        let field = format!("spec.template.metadata.labels[{label}]");
        let why = format!("must be '{expected}'");
        match labels.and_then(|l| l.get(*label)) {
            None => invalid.required(field, &why),
            Some(found) if found != expected => invalid.value(field, labels, &why),
            Some(_) => {}
        }
    }
    let marks: BTreeMap<_, _> = marks.map(|(label, value)| (label.to_owned(), value)).into();
    if !LabelSelector::from_meta(selector).matches(Some(&marks)) {
        invalid.value("spec.selector", selector, "`selector` not auto-generated");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Job;
    use crate::core::testing::{completed, findings};
    use serde_json::{Value, json};

    fn job(spec: &Value) -> Value {
        let mut spec = spec.clone();
        let labels = spec.get("labels").cloned().unwrap_or(json!({}));
        spec.as_object_mut().unwrap().remove("labels");
        let pod = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"});
        spec["template"] = json!({"metadata": {"labels": labels}, "spec": pod});
        json!({"metadata": {"name": "pi", "uid": "u-1"}, "spec": spec})
    }

    #[test]
    fn a_new_job_marks_its_pods_and_itself() {
        let whole = completed::<Job>(job(&json!({"labels": {"app": "a"}})));
        let marks = json!({"app": "a", "controller-uid": "u-1", "job-name": "pi",
            "batch.kubernetes.io/controller-uid": "u-1", "batch.kubernetes.io/job-name": "pi"});
        assert_eq!(whole["spec"]["template"]["metadata"]["labels"], marks);
        assert_eq!(whole["metadata"]["labels"], marks);
        assert_eq!(
            whole["spec"]["selector"],
            json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "u-1"}})
        );
    }

    #[test]
    fn an_author_may_choose_by_hand() {
        let by_hand = json!({"manualSelector": true, "selector": {"matchLabels": {"app": "a"}}, "labels": {"app": "a"}});
        let whole = completed::<Job>(job(&by_hand));
        assert_eq!(whole["spec"]["template"]["metadata"]["labels"], json!({"app": "a"}));
        assert_eq!(findings::<Job>(job(&by_hand)), [""; 0]);
        let without = json!({"manualSelector": true, "labels": {"app": "a"}});
        assert_eq!(
            findings::<Job>(job(&without)),
            [
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"
            ]
        );
    }

    #[test]
    fn marks_of_another_job_are_refused() {
        let found = findings::<Job>(job(&json!({"labels": {"job-name": "other"}})));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("spec.template.metadata.labels[job-name]: Invalid value: {"),
            "{found:?}"
        );
        assert!(found[0].ends_with(": must be 'pi'"), "{found:?}");
        let other = json!({"selector": {"matchLabels": {"app": "a"}}, "labels": {"app": "a"}});
        assert_eq!(
            findings::<Job>(job(&other)),
            [
                "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"a\",\"batch.kubernetes.io/controller-uid\":\"u-1\"}}: \
                 `selector` not auto-generated"
            ]
        );
    }
}
