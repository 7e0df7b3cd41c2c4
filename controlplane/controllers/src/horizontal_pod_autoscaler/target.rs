//! What an autoscaler scales: anything that has a scale.

use super::Scene;
use serde_json::{Value, json};
use shared_api::{GroupKind, Key, LabelSelector, scale};

/// The target as it is.
pub(super) struct Target {
    pub(super) key: Key,
    /// How many replicas it is to have now.
    pub(super) wanted: i32,
    /// Which pods they are.
    pub(super) selector: Option<LabelSelector>,
    path: Vec<&'static str>,
}

impl Target {
    /// What is to be merged into it so that it has another size.
    pub(super) fn scaled(&self, replicas: i32) -> Value {
        self.path.iter().rev().fold(replicas.into(), |inner, step| json!({*step: inner}))
    }
}

/// Finds the target, or says why it cannot be had.
pub(super) fn find(scene: &Scene<'_>) -> Result<Target, String> {
    let wanted = &scene.spec.scale_target_ref;
    let group = wanted.api_version.as_deref().and_then(|v| v.split_once('/')).map_or("", |(group, _)| group);
    let kind = shared_api::of(group, &wanted.kind);
    let kind = kind.ok_or_else(|| format!("no matches for kind {:?} in group {group:?}", wanted.kind))?;
    let resource = kind.group_kind().resource();
    if !kind.subresources.contains(&"scale") {
        return Err(format!("{resource} have no scale"));
    }
    let namespace = scene.autoscaler.metadata.namespace.as_deref().unwrap_or_default();
    let kind_name = GroupKind { group: kind.group.into(), kind: kind.kind.into() };
    let key = Key { kind: kind_name, namespace: namespace.into(), name: wanted.name.clone() };
    let object = scene.world.object(&key).ok_or_else(|| format!("{resource} {:?} not found", wanted.name))?;
    let (places, scale) = (scale::places(kind), scale::scale_of(kind, object));
    let selector = scale["status"]["selector"].as_str().filter(|text| !text.is_empty());
    let selector = selector.map(LabelSelector::parse).transpose().map_err(|refusal| refusal.message)?;
    let replicas = scale["spec"]["replicas"].as_i64().and_then(|n| i32::try_from(n).ok());
    Ok(Target { key, wanted: replicas.unwrap_or(0), selector, path: places.spec })
}
