//! What may change in a job once it exists.

use crate::Invalid;
use k8s_openapi::api::{batch::v1::JobSpec, core::v1::PodTemplateSpec};

/// Records changes that a job cannot follow; `started` tells whether it ever ran.
pub(super) fn valid(new: &JobSpec, old: &JobSpec, started: bool, invalid: &mut Invalid) {
    let mut completed = old.clone();
    super::defaults::complete(&mut completed);
    let old = &completed;
    if new.completion_mode.as_deref() != Some("Indexed") {
        invalid.kept("spec.completions", &new.completions, &old.completions);
    } else if new.completions != old.completions
        && new.completions.is_some()
        && new.completions != new.parallelism
    {
        let why = "can only be modified in tandem with spec.parallelism";
        invalid.value("spec.completions", new.completions, why);
    }
    invalid.kept("spec.selector", &new.selector, &old.selector);
    let held = old.suspend == Some(true) && !started;
    if template(&new.template, held) != template(&old.template, held) {
        invalid.value("spec.template", &new.template, "field is immutable");
    }
    invalid.kept("spec.completionMode", &new.completion_mode, &old.completion_mode);
    invalid.kept("spec.podFailurePolicy", &new.pod_failure_policy, &old.pod_failure_policy);
    invalid.kept("spec.backoffLimitPerIndex", &new.backoff_limit_per_index, &old.backoff_limit_per_index);
    invalid.kept("spec.managedBy", &new.managed_by, &old.managed_by);
    invalid.kept("spec.successPolicy", &new.success_policy, &old.success_policy);
}

/// The template without what may change in it: where pods are placed, while none was.
fn template(template: &PodTemplateSpec, held: bool) -> PodTemplateSpec {
    let mut kept = template.clone();
    if held {
        if let Some(meta) = &mut kept.metadata {
            meta.labels = None;
            meta.annotations = None;
        }
        if let Some(pod) = &mut kept.spec {
            pod.node_selector = None;
            pod.tolerations = None;
            pod.scheduling_gates = None;
            if let Some(affinity) = &mut pod.affinity {
                affinity.node_affinity = None;
            }
            pod.affinity =
                pod.affinity.take().filter(|a| *a != k8s_openapi::api::core::v1::Affinity::default());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use crate::{batch::Job, core::testing::changed};
    use serde_json::{Value, json};

    fn job(spec: &Value, pod: &Value) -> Value {
        let mut spec = spec.clone();
        let mut template = json!({"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"});
        template.as_object_mut().unwrap().extend(pod.as_object().unwrap().clone());
        spec["template"] = json!({"spec": template});
        json!({"metadata": {"name": "a", "uid": "u"}, "spec": spec})
    }

    fn check(old: &Value, new: &Value, expected: Option<&str>) {
        let found = changed::<Job>(job(old, &json!({})), job(new, &json!({})));
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn how_fast_may_change_how_much_may_not() {
        check(
            &json!({}),
            &json!({"parallelism": 3, "completions": 1, "suspend": true, "backoffLimit": 1}),
            None,
        );
        check(
            &json!({"completions": 2}),
            &json!({"completions": 3}),
            Some("spec.completions: Invalid value: 3: field is immutable"),
        );
        let indexed = |completions: i32, parallelism: i32| json!({"completionMode": "Indexed", "completions": completions, "parallelism": parallelism});
        check(&indexed(2, 2), &indexed(3, 3), None);
        check(
            &indexed(2, 2),
            &indexed(3, 2),
            Some("spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism"),
        );
        check(
            &json!({"completions": 2}),
            &indexed(2, 1),
            Some("spec.completionMode: Invalid value: \"Indexed\": field is immutable"),
        );
    }

    #[test]
    fn a_job_that_never_ran_may_still_choose_its_place() {
        let place = json!({"nodeSelector": {"disk": "fast"}, "tolerations": [{"operator": "Exists"}]});
        let held = json!({"suspend": true});
        assert_eq!(changed::<Job>(job(&held, &json!({})), job(&held, &place)), [""; 0]);
        let found = changed::<Job>(job(&json!({}), &json!({})), job(&json!({}), &place));
        assert!(found.len() == 1 && found[0].starts_with("spec.template: Invalid value: {"), "{found:?}");
        assert!(found[0].ends_with(": field is immutable"), "{found:?}");
        let mut started = job(&held, &json!({}));
        started["status"] = json!({"startTime": "2026-01-01T00:00:00Z"});
        assert_eq!(changed::<Job>(started.clone(), job(&held, &place)).len(), 1);
    }
}
