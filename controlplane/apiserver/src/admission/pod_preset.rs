//! Pods get what the presets of their namespace bring that select them: variables, volumes and mounts. When
//! presets contradict the pod or each other, the pod gets nothing and an event says why.

mod merge;

use super::{Action, Request};
use crate::keys;
use controlplane_store::{Check, Op, Value};
use shared_api::{
    Draft, GroupKind, LabelSelector, Object, Refusal, Time,
    core::{Event, EventSource, ObjectReference, Pod},
    meta::ObjectMeta,
    settings::PodPreset,
};
use std::sync::Arc;

const PREFIX: &str = "podpreset.admission.kubernetes.io";
/// Marks pods that a node runs without the cluster's doing.
const MIRROR: &str = "kubernetes.io/config.mirror";
const COMPONENT: &str = "podpreset-admission";

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let Some(pod) = request.draft.as_any().downcast_ref::<Pod>() else { return Ok(()) };
    let says = |key: &str| pod.metadata.annotations.as_ref().and_then(|a| a.get(key));
    let excluded = says(&format!("{PREFIX}/exclude")).is_some_and(|v| v == "true");
    if request.action != Action::Create || excluded || says(MIRROR).is_some() {
        return Ok(());
    }
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    let there = request.there.objects(keys::known(&GroupKind::of::<PodPreset>())?, &namespace)?;
    let presets: Vec<Arc<PodPreset>> = there.iter().filter_map(|o| selecting(o, pod)).collect();
    if presets.is_empty() {
        return Ok(());
    }
    match merge::injected(pod, &presets) {
        Ok(mut with) => {
            let annotations = with.metadata.annotations.get_or_insert_default();
            for preset in &presets {
                let name = preset.metadata.name.as_deref().unwrap_or_default();
                let revision = preset.metadata.resource_version.clone().unwrap_or_default();
                annotations.insert(format!("{PREFIX}/podpreset-{name}"), revision);
            }
            if let Some(pod) = request.draft.as_any_mut().downcast_mut::<Pod>() {
                *pod = with;
            }
            Ok(())
        }
        Err(why) => {
            let names: Vec<_> = presets.iter().filter_map(|p| p.metadata.name.as_deref()).collect();
            let name = pod.metadata.name.as_deref().unwrap_or_default();
            let message = format!(
                "conflict occurred while applying podpresets: {} on pod: {name} err: {why}",
                names.join(",")
            );
            let event = event(pod, message, (request.options.clock)(), request.chance);
            record(request, &event)
        }
    }
}

/// The preset, if it selects the pod.
fn selecting(object: &Object, pod: &Pod) -> Option<Arc<PodPreset>> {
    let preset = object.to_kind::<PodPreset>().ok()?;
    let selector = LabelSelector::from_meta(&preset.spec.as_ref()?.selector);
    selector.matches(pod.metadata.labels.as_ref()).then_some(preset)
}

/// What people are told about a pod that got nothing.
fn event(pod: &Pod, message: String, now: shared_api::Timestamp, chance: fn(u128) -> u128) -> Event {
    let name = pod.metadata.name.clone().unwrap_or_default();
    let namespace = pod.metadata.namespace.clone();
    Event {
        metadata: ObjectMeta {
            name: Some(format!(
                "{}.{:016x}",
                name.get(..name.len().min(230)).unwrap_or_default(),
                chance(1 << 64)
            )),
            namespace: namespace.clone(),
            creation_timestamp: Some(Time(now)),
            uid: Some(uuid::Uuid::from_u128(chance(u128::MAX)).to_string()),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference {
            api_version: Some("v1".into()),
            kind: Some("Pod".into()),
            name: Some(name),
            namespace,
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        },
        type_: Some("Warning".into()),
        reason: Some("PodPresetConflict".into()),
        message: Some(message),
        count: Some(1),
        first_timestamp: Some(Time(now)),
        last_timestamp: Some(Time(now)),
        source: Some(EventSource { component: Some(COMPONENT.into()), host: None }),
        reporting_component: Some(COMPONENT.into()),
        reporting_instance: Some(String::new()),
        ..Event::default()
    }
}

/// Stores the event together with the pod.
fn record(request: &mut Request<'_>, event: &Event) -> Result<(), Refusal> {
    let kind = keys::known(&GroupKind::of::<Event>())?;
    let meta = event.meta();
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let key = keys::of(kind, &text(&meta.namespace), &text(&meta.name));
    let encoded = event.encode();
    request.txn.checks.push(Check { key: key.clone(), revision: None });
    request
        .txn
        .ops
        .push(Op::Put { key, value: Value { bytes: encoded.json.into(), hole: Some(encoded.hole) } });
    Ok(())
}

#[cfg(test)]
mod tests;
