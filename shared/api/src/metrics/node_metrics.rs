//! What a node uses.

use super::{API_VERSION, GROUP, NodeReport, Usage, VERBS, VERSION, cell};
use crate::{Column, Kind, Time, meta::ObjectMeta};
use k8s_openapi::{ClusterResourceScope, Metadata, Resource};
use serde::{Deserialize, Serialize};

/// What a node uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeMetrics {
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
    /// How much of what.
    #[serde(default, deserialize_with = "crate::metadata::absent")]
    pub usage: Usage,
}

impl NodeMetrics {
    /// What a node reports of itself.
    pub fn of(metadata: ObjectMeta, report: &NodeReport) -> Self {
        Self {
            metadata,
            timestamp: report.timestamp.clone(),
            window: report.window.clone(),
            usage: report.usage.clone(),
            ..Self::default()
        }
    }
}

fn kind() -> String {
    NodeMetrics::KIND.into()
}

impl Default for NodeMetrics {
    fn default() -> Self {
        Self {
            api_version: super::api_version(),
            kind: kind(),
            metadata: ObjectMeta::default(),
            timestamp: super::never(),
            window: String::new(),
            usage: Usage::new(),
        }
    }
}

impl Resource for NodeMetrics {
    const API_VERSION: &'static str = API_VERSION;
    const GROUP: &'static str = GROUP;
    const KIND: &'static str = "NodeMetrics";
    const VERSION: &'static str = VERSION;
    const URL_PATH_SEGMENT: &'static str = "nodes";
    type Scope = ClusterResourceScope;
}

impl Metadata for NodeMetrics {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Kind for NodeMetrics {
    const DURABLE: bool = false;
    const VERBS: &'static [&'static str] = VERBS;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("cpu", |m, _| cell(&m.usage, "cpu")),
        Column::text("memory", |m, _| cell(&m.usage, "memory")),
        Column::text("Window", |m, _| m.window.clone()),
    ];
}
