//! The replica set that has a deployment's present template: finding, making and renewing it.

use super::{
    Scene,
    condition::Condition,
    history::{REVISION, newest, revision},
    scale, scaled,
};
use crate::safe;
use shared_api::{
    OwnedBy,
    apps::{Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet, ReplicaSetSpec},
    core::PodTemplateSpec,
    meta::ObjectMeta,
};
use shared_reconcile::Plan;
use std::{collections::BTreeMap, sync::Arc};

/// Tells the pods of one template from those of another.
pub(super) const HASH: &str = "pod-template-hash";

/// Which of a deployment's sets makes pods from its present template.
pub(super) fn find(
    sets: &[Arc<ReplicaSet>],
    deployment: &Deployment,
    spec: &DeploymentSpec,
) -> Option<usize> {
    // By its name too: should a default be filled in on one side only, no second set is made for it.
    let name = || name(deployment, &hash(deployment, spec));
    let equal = sets.iter().position(|set| is_of(set, &spec.template));
    equal.or_else(|| sets.iter().position(|set| set.metadata.name.as_deref() == Some(&name())))
}

fn hash(deployment: &Deployment, spec: &DeploymentSpec) -> String {
    let json = serde_json::to_vec(&plain(&spec.template)).expect("a template can be encoded");
    safe::hash(&[&json, collisions(deployment).to_string().as_bytes()])
}

fn collisions(deployment: &Deployment) -> i32 {
    deployment.status.as_ref().and_then(|s| s.collision_count).unwrap_or(0)
}

fn name(deployment: &Deployment, hash: &str) -> String {
    format!("{}-{hash}", deployment.metadata.name.as_deref().unwrap_or_default())
}

/// Whether a set makes pods from `template`.
fn is_of(set: &ReplicaSet, template: &PodTemplateSpec) -> bool {
    let theirs = set.spec.as_ref().and_then(|s| s.template.as_ref());
    theirs.is_some_and(|theirs| plain(theirs) == plain(template))
}

/// A template without what is added to a set's: the hash, and what the server says of any object.
fn plain(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    if let Some(meta) = template.metadata.as_mut() {
        if let Some(labels) = meta.labels.as_mut() {
            labels.remove(HASH);
        }
        meta.labels.take_if(|l| l.is_empty());
        meta.annotations.take_if(|a| a.is_empty());
        meta.creation_timestamp = None;
    }
    template.metadata.take_if(|m| *m == ObjectMeta::default());
    template
}

/// The set for a template that has none yet, and what the status is to say about it.
pub(super) fn create(scene: &Scene<'_>) -> (Plan, Vec<Condition>) {
    let wanted = new_size(scene);
    let set = set_of(scene, wanted);
    let name = set.metadata.name.clone().unwrap_or_default();
    let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
    if scene.world.named::<ReplicaSet>(namespace, &name).is_some() {
        // Another owner has this very name: the next count makes another.
        let mut deployment = scene.deployment.clone();
        let status = deployment.status.get_or_insert_with(DeploymentStatus::default);
        status.collision_count = Some(collisions(scene.deployment).saturating_add(1));
        return (Plan::nothing().update_status(&deployment), Vec::new());
    }
    let mut plan = Plan::nothing().create(&set).and(remember(scene, &revision(&set.metadata)));
    if wanted > 0 {
        plan = plan.then(scaled(scene.deployment, &name, 0, wanted));
    }
    let said = Condition::progressing("NewReplicaSetCreated", format!("Created new replica set \"{name}\""));
    (plan, vec![said])
}

/// How many pods a new set starts with: as many as the surge leaves room for.
fn new_size(scene: &Scene<'_>) -> i32 {
    if scene.recreates() {
        return scene.replicas();
    }
    let room = scene.replicas() + scene.limits.surge - scene.old.iter().map(|s| s.size).sum::<i32>();
    room.clamp(0, scene.replicas())
}

fn set_of(scene: &Scene<'_>, replicas: i32) -> ReplicaSet {
    let mut template = plain(&scene.spec.template);
    let hash = hash(scene.deployment, scene.spec);
    let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
    labels.insert(HASH.into(), hash.clone());
    let labels = labels.clone();
    let mut selector = scene.spec.selector.clone();
    selector.match_labels.get_or_insert_default().insert(HASH.into(), hash.clone());
    let deployment = &scene.deployment.metadata;
    let metadata = ObjectMeta {
        name: Some(name(scene.deployment, &hash)),
        namespace: deployment.namespace.clone(),
        labels: Some(labels),
        annotations: Some(annotations(scene)),
        ..ObjectMeta::default()
    };
    let spec = ReplicaSetSpec {
        min_ready_seconds: scene.spec.min_ready_seconds,
        replicas: Some(replicas),
        selector,
        template: Some(template),
    };
    let mut set = ReplicaSet { metadata, spec: Some(spec), status: None }.owned_by(scene.deployment);
    set.metadata.annotations.get_or_insert_default().insert(REVISION.into(), (newest(scene) + 1).to_string());
    scale::annotate(&mut set, scene);
    set
}

/// The deployment's own annotations that its set carries too.
fn annotations(scene: &Scene<'_>) -> BTreeMap<String, String> {
    let skip = |key: &str| {
        key.starts_with("deployment.kubernetes.io/")
            || matches!(
                key,
                "kubectl.kubernetes.io/last-applied-configuration" | "deprecated.deployment.rollback.to"
            )
    };
    let all = scene.deployment.metadata.annotations.iter().flatten();
    all.filter(|(key, _)| !skip(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Keeps the present set's revision the newest and its annotations and `minReadySeconds` as asked for.
pub(super) fn renew(scene: &Scene<'_>) -> Plan {
    let Some(new) = &scene.new else { return Plan::nothing() };
    let mut set = (*new.set).clone();
    let (was, newest) = (revision(&set.metadata), newest(scene));
    set.metadata.annotations.get_or_insert_default().extend(annotations(scene));
    if was.parse::<i64>().unwrap_or(0) <= newest {
        let annotations = set.metadata.annotations.get_or_insert_default();
        annotations.insert(REVISION.into(), (newest + 1).to_string());
        if !was.is_empty() {
            // kubectl rollout history shows them under the number they had.
            let history = annotations.entry("deployment.kubernetes.io/revision-history".into()).or_default();
            *history = if history.is_empty() { was } else { format!("{history},{was}") };
        }
    }
    set.spec.get_or_insert_default().min_ready_seconds = scene.spec.min_ready_seconds;
    let plan = remember(scene, &revision(&set.metadata));
    if set == *new.set { plan } else { Plan::nothing().update(&set).and(plan) }
}

/// Writes the revision on the deployment.
fn remember(scene: &Scene<'_>, new: &str) -> Plan {
    if revision(&scene.deployment.metadata) == new {
        return Plan::nothing();
    }
    let body = serde_json::json!({"metadata": {"annotations": {REVISION: new}}});
    Plan::nothing().merge(shared_api::Key::from_kind(scene.deployment), body)
}
