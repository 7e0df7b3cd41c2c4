//! Pod presets: what pods with certain labels get besides what their authors wrote.

use crate::{
    Invalid, Kind,
    core::{Container, EnvFromSource, EnvVar, PodSpec, Volume, VolumeMount, pod},
    meta::{LabelSelector, ObjectMeta},
    metadata::valid_name,
    name, selector,
};
use k8s_openapi::{ListableResource, Metadata, NamespaceResourceScope, Resource};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeStruct};

/// What pods with certain labels get besides what their authors wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodPreset {
    /// Standard metadata.
    pub metadata: ObjectMeta,
    /// Which pods, and what they get.
    pub spec: Option<PodPresetSpec>,
}

/// Which pods, and what they get.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodPresetSpec {
    /// The pods meant; every pod of the namespace when it selects nothing in particular.
    #[serde(default, deserialize_with = "crate::metadata::absent")]
    pub selector: LabelSelector,
    /// Variables for every container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<Vec<EnvVar>>,
    /// Sources of variables for every container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env_from: Option<Vec<EnvFromSource>>,
    /// Volumes for the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Vec<Volume>>,
    /// Mounts for every container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_mounts: Option<Vec<VolumeMount>>,
}

impl Resource for PodPreset {
    const API_VERSION: &'static str = "settings.k8s.io/v1alpha1";
    const GROUP: &'static str = "settings.k8s.io";
    const KIND: &'static str = "PodPreset";
    const VERSION: &'static str = "v1alpha1";
    const URL_PATH_SEGMENT: &'static str = "podpresets";
    type Scope = NamespaceResourceScope;
}

impl ListableResource for PodPreset {
    const LIST_KIND: &'static str = "PodPresetList";
}

impl Metadata for PodPreset {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Serialize for PodPreset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct(Self::KIND, 3 + usize::from(self.spec.is_some()))?;
        fields.serialize_field("apiVersion", Self::API_VERSION)?;
        fields.serialize_field("kind", Self::KIND)?;
        fields.serialize_field("metadata", &self.metadata)?;
        if let Some(spec) = &self.spec {
            fields.serialize_field("spec", spec)?;
        }
        fields.end()
    }
}

/// A preset with its head.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    api_version: String,
    kind: String,
    #[serde(default, deserialize_with = "crate::metadata::absent")]
    metadata: ObjectMeta,
    spec: Option<PodPresetSpec>,
}

impl<'de> Deserialize<'de> for PodPreset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = Whole::deserialize(deserializer)?;
        for (got, wanted) in [(&whole.api_version, Self::API_VERSION), (&whole.kind, Self::KIND)] {
            if got != wanted {
                return Err(D::Error::custom(format!("{got:?} is not {wanted:?}")));
            }
        }
        Ok(Self { metadata: whole.metadata, spec: whole.spec })
    }
}

impl Kind for PodPreset {
    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        let kept = spec.selector.clone();
        let mut carrier = carrier(std::mem::take(spec));
        pod::defaults::complete(&mut carrier);
        let volumes = carrier.volumes.take();
        let Some(one) = carrier.containers.pop() else { return };
        spec.selector = kept;
        spec.volumes = volumes;
        (spec.env, spec.env_from, spec.volume_mounts) = (one.env, one.env_from, one.volume_mounts);
    }

    fn validate(&self, _old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = PodPresetSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        selector::valid(&spec.selector, "spec.selector", invalid);
        if *spec == (PodPresetSpec { selector: spec.selector.clone(), ..PodPresetSpec::default() }) {
            invalid.required("spec.volumes.env.envFrom.volumeMounts", "must specify at least one");
        }
        let mut found = Invalid::default();
        pod::validate::valid_spec(&carrier(spec.clone()), "spec", &mut found);
        invalid.adopt(found, "spec.containers[0].", "spec.");
    }
}

/// A pod that has just what a preset brings: what is right in a pod is right in a preset.
fn carrier(spec: PodPresetSpec) -> PodSpec {
    let PodPresetSpec { selector: _, env, env_from, volumes, volume_mounts } = spec;
    let (name, image) = ("preset".to_owned(), Some("preset".to_owned()));
    let one = Container { name, image, env, env_from, volume_mounts, ..Container::default() };
    PodSpec { containers: vec![one], volumes, ..PodSpec::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, findings};
    use serde_json::json;

    #[test]
    fn a_preset_reads_back_as_it_was_written() {
        let preset = json!({"spec": {"selector": {"matchLabels": {"role": "frontend"}},
            "env": [{"name": "A", "value": "1"}], "volumes": [{"name": "v", "configMap": {"name": "c"}}],
            "volumeMounts": [{"name": "v", "mountPath": "/v"}]}});
        assert_eq!(findings::<PodPreset>(preset.clone()), [""; 0]);
        let whole = completed::<PodPreset>(preset);
        assert_eq!(whole["spec"]["volumes"][0]["configMap"]["defaultMode"], 420);
        let again: PodPreset = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(serde_json::to_value(again).unwrap(), whole);
    }

    #[test]
    fn each_finding_names_its_field() {
        let preset = json!({"spec": {"selector": {"matchLabels": {"a b": "c"}}, "env": [{"name": ""}],
            "volumes": [{"name": "V", "emptyDir": {}}], "volumeMounts": [{"name": "w", "mountPath": ""}]}});
        let found = findings::<PodPreset>(preset);
        for expected in [
            "spec.selector.matchLabels: Invalid value: \"a b\"",
            "spec.env[0].name: Required value",
            "spec.volumes[0].name: Invalid value: \"V\"",
            "spec.volumeMounts[0].mountPath: Required value",
        ] {
            assert!(found.iter().any(|f| f.starts_with(expected)), "{expected} is not in {found:#?}");
        }
    }
}
