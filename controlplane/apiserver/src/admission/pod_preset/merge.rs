//! A pod with what presets bring; refused in words when they contradict it or each other.

use serde::Serialize;
use shared_api::{
    core::{Container, Pod},
    settings::PodPreset,
};
use std::sync::Arc;

/// The pod with what all presets bring.
pub(super) fn injected(pod: &Pod, presets: &[Arc<PodPreset>]) -> Result<Pod, String> {
    let mut pod = pod.clone();
    let Some(spec) = &mut pod.spec else { return Ok(pod) };
    for (name, preset) in presets
        .iter()
        .filter_map(|p| Some((p.metadata.name.as_deref().unwrap_or_default(), p.spec.as_ref()?)))
    {
        let volumes = spec.volumes.get_or_insert_default();
        for volume in preset.volumes.iter().flatten() {
            add(volumes, volume, |v| &v.name, "volumes", name)?;
        }
        let all = spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten());
        for one in all {
            fill(one, name, preset)?;
        }
        spec.volumes = spec.volumes.take().filter(|v| !v.is_empty());
    }
    Ok(pod)
}

fn fill(one: &mut Container, name: &str, preset: &shared_api::settings::PodPresetSpec) -> Result<(), String> {
    let within = |why: String| format!("{why} in container {}", one.name);
    let mut env = one.env.take().unwrap_or_default();
    for variable in preset.env.iter().flatten() {
        add(&mut env, variable, |v| &v.name, "env", name).map_err(within)?;
    }
    let mut mounts = one.volume_mounts.take().unwrap_or_default();
    for mount in preset.volume_mounts.iter().flatten() {
        if let Some(there) = mounts.iter().find(|m| m.mount_path == mount.mount_path && *m != mount) {
            return Err(within(conflict("volume mounts", name, &mount.mount_path, there, mount)));
        }
        add(&mut mounts, mount, |m| &m.name, "volume mounts", name).map_err(within)?;
    }
    let mut sources = one.env_from.take().unwrap_or_default();
    sources.extend(preset.env_from.iter().flatten().cloned());
    one.env = Some(env).filter(|e| !e.is_empty());
    one.volume_mounts = Some(mounts).filter(|m| !m.is_empty());
    one.env_from = Some(sources).filter(|s| !s.is_empty());
    Ok(())
}

/// Adds an item unless the very same is there.
fn add<T: Clone + PartialEq + Serialize>(
    list: &mut Vec<T>,
    item: &T,
    key: fn(&T) -> &String,
    what: &str,
    preset: &str,
) -> Result<(), String> {
    match list.iter().find(|there| key(there) == key(item)) {
        None => list.push(item.clone()),
        Some(there) if there == item => {}
        Some(there) => return Err(conflict(what, preset, key(item), there, item)),
    }
    Ok(())
}

fn conflict(what: &str, preset: &str, key: &str, there: &impl Serialize, new: &impl Serialize) -> String {
    let text = |value: Result<String, _>| value.unwrap_or_else(|_: serde_json::Error| String::new());
    let (there, new) = (text(serde_json::to_string(there)), text(serde_json::to_string(new)));
    format!("merging {what} for {preset} has a conflict on {key}: {new} does not match {there}")
}
