//! A container's environment.

mod expand;
mod services;

pub(crate) use expand::expand;

use agent_volumes::{Allocatable, Place, downward};
use shared_api::core::{ConfigMap, Container, EnvVarSource, Pod, Secret, Service};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What the environment may be made from.
pub struct Sources<'a> {
    /// `ConfigMap`s by name, of those that [`needs`] names.
    pub config_maps: BTreeMap<String, Option<Arc<ConfigMap>>>,
    /// Secrets likewise.
    pub secrets: BTreeMap<String, Option<Arc<Secret>>>,
    /// Services of the pod's namespace, and `default/kubernetes`.
    pub services: Vec<Arc<Service>>,
    /// Addresses.
    pub place: Place<'a>,
    /// What the node has to give.
    pub node: Allocatable,
}

/// Names of the `ConfigMap`s and Secrets that a container's environment needs.
pub fn needs(container: &Container) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut maps, mut secrets) = (BTreeSet::new(), BTreeSet::new());
    for from in container.env_from.iter().flatten() {
        maps.extend(from.config_map_ref.iter().map(|r| r.name.clone()));
        secrets.extend(from.secret_ref.iter().map(|r| r.name.clone()));
    }
    for from in container.env.iter().flatten().filter_map(|e| e.value_from.as_ref()) {
        maps.extend(from.config_map_key_ref.iter().map(|r| r.name.clone()));
        secrets.extend(from.secret_key_ref.iter().map(|r| r.name.clone()));
    }
    (maps, secrets)
}

/// The environment, in order; what is missing, in kubelet's words.
pub fn env(pod: &Pod, container: &Container, sources: &Sources<'_>) -> Result<Vec<(String, String)>, String> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let links = pod.spec.as_ref().and_then(|s| s.enable_service_links).unwrap_or(true);
    let of_services = services::env(&sources.services, namespace, links);
    let mut from: Vec<(String, String)> = Vec::new();
    for source in container.env_from.iter().flatten() {
        let prefix = source.prefix.as_deref().unwrap_or_default();
        let entries = if let Some(r) = &source.config_map_ref {
            let found = sources.config_maps.get(&r.name).cloned().flatten();
            found
                .map(|m| m.data.clone().unwrap_or_default())
                .or_else(|| optional(r.optional))
                .ok_or_else(|| format!("configmap {:?} not found", r.name))?
        } else if let Some(r) = &source.secret_ref {
            let found = sources.secrets.get(&r.name).cloned().flatten();
            let text = |s: Arc<Secret>| {
                s.data
                    .iter()
                    .flatten()
                    .map(|(k, v)| (k.clone(), String::from_utf8_lossy(&v.0).into_owned()))
                    .collect()
            };
            found
                .map(text)
                .or_else(|| optional(r.optional))
                .ok_or_else(|| format!("secret {:?} not found", r.name))?
        } else {
            BTreeMap::new()
        };
        from.extend(entries.into_iter().map(|(k, v)| (format!("{prefix}{k}"), v)).filter(|(k, _)| usable(k)));
    }
    let mut known: BTreeMap<String, String> =
        of_services.iter().cloned().chain(from.iter().cloned()).collect();
    let mut own = Vec::new();
    for var in container.env.iter().flatten() {
        let value = match &var.value_from {
            None => Some(expand(var.value.as_deref().unwrap_or_default(), &known)),
            Some(source) => value(pod, container, source, sources)?,
        };
        if let Some(value) = value {
            known.insert(var.name.clone(), value.clone());
            own.push((var.name.clone(), value));
        }
    }
    // The last one of a name wins, so what the container says itself comes last.
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in of_services.into_iter().chain(from).chain(own) {
        all.retain(|(n, _)| *n != name);
        all.push((name, value));
    }
    Ok(all)
}

fn optional(flag: Option<bool>) -> Option<BTreeMap<String, String>> {
    flag.unwrap_or(false).then(BTreeMap::new)
}

/// A name that a shell can have; kubelet leaves others out.
fn usable(name: &str) -> bool {
    !name.is_empty() && !name.contains('=') && !name.contains('\0')
}

fn value(
    pod: &Pod,
    container: &Container,
    from: &EnvVarSource,
    sources: &Sources<'_>,
) -> Result<Option<String>, String> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    if let Some(field) = &from.field_ref {
        return downward::field(pod, &field.field_path, Some(sources.place)).map(Some);
    }
    if let Some(resource) = &from.resource_field_ref {
        return downward::resource(pod, &container.name, resource, sources.node).map(Some);
    }
    if let Some(r) = &from.config_map_key_ref {
        let found = sources.config_maps.get(&r.name).cloned().flatten();
        let found = Found::of(found, |m: &ConfigMap| m.data.as_ref()?.get(&r.key).cloned());
        return found.value(r.optional, "ConfigMap", namespace, &r.name, &r.key);
    }
    if let Some(r) = &from.secret_key_ref {
        let found = sources.secrets.get(&r.name).cloned().flatten();
        let text = |s: &Secret| Some(String::from_utf8_lossy(&s.data.as_ref()?.get(&r.key)?.0).into_owned());
        return Found::of(found, text).value(r.optional, "Secret", namespace, &r.name, &r.key);
    }
    Err("valueFrom names no source that this node knows".into())
}

/// What a reference to a key leads to.
enum Found {
    Value(String),
    NoKey,
    NoObject,
}

impl Found {
    /// `value` of the key in the object, where there is an object.
    fn of<T>(object: Option<Arc<T>>, value: impl Fn(&T) -> Option<String>) -> Self {
        object.map_or(Self::NoObject, |o| value(&o).map_or(Self::NoKey, Self::Value))
    }

    /// The value; `None` when what is optional is missing. `what` is the kind's name.
    fn value(
        self,
        optional: Option<bool>,
        what: &str,
        namespace: &str,
        name: &str,
        key: &str,
    ) -> Result<Option<String>, String> {
        match self {
            Self::Value(value) => Ok(Some(value)),
            Self::NoKey | Self::NoObject if optional.unwrap_or(false) => Ok(None),
            Self::NoKey => Err(format!("couldn't find key {key} in {what} {namespace}/{name}")),
            Self::NoObject => Err(format!("{} {name:?} not found", what.to_lowercase())),
        }
    }
}

#[cfg(test)]
mod tests;
