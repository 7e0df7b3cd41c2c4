//! What a pod uses, container by container.

use super::{API_VERSION, GROUP, NodeReport, PodReport, Usage, VERBS, VERSION};
use crate::{Amount, Column, Kind, Time, meta::ObjectMeta};
use k8s_openapi::{Metadata, NamespaceResourceScope, Resource};
use serde::{Deserialize, Serialize};

/// What a pod uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMetrics {
    #[serde(default = "super::api_version")]
    api_version: String,
    #[serde(default = "kind")]
    kind: String,
    /// Standard metadata.
    #[serde(default, deserialize_with = "crate::metadata::absent")]
    pub metadata: ObjectMeta,
    /// When it was measured.
    #[serde(default = "super::never", deserialize_with = "super::when")]
    pub timestamp: Time,
    /// Over how long.
    #[serde(default, deserialize_with = "crate::metadata::absent")]
    pub window: String,
    /// What each container uses.
    #[serde(default, deserialize_with = "crate::metadata::absent")]
    pub containers: Vec<ContainerMetrics>,
}

/// What a container uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerMetrics {
    /// Its name in the pod.
    pub name: String,
    /// How much of what.
    pub usage: Usage,
}

impl PodMetrics {
    /// What a node reports of a pod.
    pub fn of(metadata: ObjectMeta, report: &NodeReport, pod: &PodReport) -> Self {
        Self {
            metadata,
            timestamp: report.timestamp.clone(),
            window: report.window.clone(),
            containers: pod.containers.clone(),
            ..Self::default()
        }
    }
}

fn kind() -> String {
    PodMetrics::KIND.into()
}

impl Default for PodMetrics {
    fn default() -> Self {
        Self {
            api_version: super::api_version(),
            kind: kind(),
            metadata: ObjectMeta::default(),
            timestamp: super::never(),
            window: String::new(),
            containers: Vec::new(),
        }
    }
}

impl Resource for PodMetrics {
    const API_VERSION: &'static str = API_VERSION;
    const GROUP: &'static str = GROUP;
    const KIND: &'static str = "PodMetrics";
    const VERSION: &'static str = VERSION;
    const URL_PATH_SEGMENT: &'static str = "pods";
    type Scope = NamespaceResourceScope;
}

impl Metadata for PodMetrics {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Kind for PodMetrics {
    const DURABLE: bool = false;
    const VERBS: &'static [&'static str] = VERBS;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("cpu", |m, _| sum(m, "cpu")),
        Column::text("memory", |m, _| sum(m, "memory")),
        Column::text("Window", |m, _| m.window.clone()),
    ];
}

fn sum(pod: &PodMetrics, what: &str) -> String {
    let used = pod.containers.iter().filter_map(|c| c.usage.get(what)).map(Amount::of);
    used.sum::<Amount>().to_string()
}
