//! The `settings.k8s.io` group.

mod pod_preset;

pub use pod_preset::{PodPreset, PodPresetSpec};
