//! What the pods of a job look like.

use super::{INDEX, Scene, claim::TRACKING, count::failures, policy};
use shared_api::{
    OwnedBy,
    core::{Container, EnvVar, EnvVarSource, ObjectFieldSelector, Pod},
    meta::ObjectMeta,
};

/// How often the index of a pod had failed before it was made.
pub(super) const FAILED: &str = "batch.kubernetes.io/job-index-failure-count";
/// The same of failures that do not count.
pub(super) const IGNORED: &str = "batch.kubernetes.io/job-index-ignored-failure-count";
const VARIABLE: &str = "JOB_COMPLETION_INDEX";
/// Five letters that the server makes up follow.
const PREFIX_MAX: usize = 58;

/// A new pod, for an index where there are such, in place of one that failed.
pub(super) fn pod(scene: &Scene<'_>, index: Option<i32>, replaced: Option<&Pod>) -> Pod {
    let template = scene.spec.template.clone();
    let theirs = template.metadata.unwrap_or_default();
    let job = scene.job.metadata.name.as_deref().unwrap_or_default();
    let mut metadata = ObjectMeta {
        namespace: scene.job.metadata.namespace.clone(),
        generate_name: Some(prefix(job, index)),
        labels: theirs.labels,
        annotations: theirs.annotations,
        finalizers: theirs.finalizers,
        ..ObjectMeta::default()
    };
    let finalizers = metadata.finalizers.get_or_insert_default();
    if !finalizers.iter().any(|f| f == TRACKING) {
        finalizers.push(TRACKING.into());
    }
    let mut spec = template.spec;
    if let Some(index) = index {
        metadata.labels.get_or_insert_default().insert(INDEX.into(), index.to_string());
        let notes = metadata.annotations.get_or_insert_default();
        notes.insert(INDEX.into(), index.to_string());
        if scene.spec.backoff_limit_per_index.is_some() {
            let (failed, ignored) = replaced.map_or((0, 0), |pod| failures_with(scene, pod));
            notes.insert(FAILED.into(), failed.to_string());
            if ignored > 0 {
                notes.insert(IGNORED.into(), ignored.to_string());
            }
        }
        let spec = spec.get_or_insert_default();
        spec.hostname = Some(format!("{job}-{index}"));
        spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()).for_each(tell);
    }
    Pod { metadata, spec, status: None }.owned_by(scene.job)
}

fn prefix(job: &str, index: Option<i32>) -> String {
    let end = index.map_or_else(|| "-".into(), |index| format!("-{index}-"));
    let room = if index.is_some() { PREFIX_MAX.saturating_sub(end.len()) } else { job.len() };
    format!("{}{end}", job.get(..job.len().min(room)).unwrap_or(job))
}

/// The failures of its index, with the one of this pod.
fn failures_with(scene: &Scene<'_>, pod: &Pod) -> (i32, i32) {
    let (failed, ignored) = failures(pod);
    match policy::action(scene, pod) {
        policy::Action::Ignore => (failed, ignored + 1),
        _ => (failed + 1, ignored),
    }
}

/// Lets a container know its index.
fn tell(container: &mut Container) {
    let variables = container.env.get_or_insert_default();
    if variables.iter().any(|v| v.name == VARIABLE) {
        return;
    }
    let field = ObjectFieldSelector {
        field_path: format!("metadata.labels['{INDEX}']"),
        ..ObjectFieldSelector::default()
    };
    variables.push(EnvVar {
        name: VARIABLE.into(),
        value: None,
        value_from: Some(EnvVarSource { field_ref: Some(field), ..EnvVarSource::default() }),
    });
}

/// The pod without what keeps it until it is counted.
pub(crate) fn free(pod: &Pod) -> Pod {
    let mut pod = pod.clone();
    if let Some(finalizers) = pod.metadata.finalizers.as_mut() {
        finalizers.retain(|f| f != TRACKING);
    }
    pod.metadata.finalizers.take_if(|finalizers| finalizers.is_empty());
    pod
}
