//! Pods: one or more containers that share a node, an address and volumes.

mod columns;
pub(crate) mod defaults;
mod guests;
mod resize;
mod status;
mod update;
pub(crate) mod validate;
mod volumes;
pub(crate) mod warn;

pub use guests::{guest, valid_guests};
pub use resize::valid_resize;

use crate::{Column, Field, Invalid, Kind, core::resources::Class, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::core::v1::{PodSpec, PodStatus};

impl Kind for Pod {
    const SHOWN_LAST: bool = true;
    const SHORT_NAMES: &'static [&'static str] = &["po"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &[
        "status",
        "binding",
        "eviction",
        "log",
        "exec",
        "attach",
        "portforward",
        "proxy",
        "ephemeralcontainers",
        "resize",
    ];
    const COLUMNS: &'static [Column<Self>] = columns::COLUMNS;
    const FIELDS: &'static [Field<Self>] = &[
        Field { path: "spec.nodeName", get: |p| spec(p, |s| s.node_name.clone()) },
        Field { path: "spec.restartPolicy", get: |p| spec(p, |s| s.restart_policy.clone()) },
        Field { path: "spec.schedulerName", get: |p| spec(p, |s| s.scheduler_name.clone()) },
        Field { path: "spec.serviceAccountName", get: |p| spec(p, |s| s.service_account_name.clone()) },
        Field {
            path: "spec.hostNetwork",
            get: |p| spec(p, |s| Some(s.host_network.unwrap_or(false).to_string())),
        },
        Field { path: "status.phase", get: |p| status(p, |s| s.phase.clone()) },
        Field { path: "status.podIP", get: |p| status(p, |s| s.pod_ip.clone()) },
        Field {
            path: "status.podIPs",
            get: |p| {
                status(p, |s| {
                    Some(s.pod_ips.iter().flatten().map(|i| i.ip.as_str()).collect::<Vec<_>>().join(","))
                })
            },
        },
        Field { path: "status.nominatedNodeName", get: |p| status(p, |s| s.nominated_node_name.clone()) },
    ];

    fn warnings(&self) -> Vec<String> {
        // Only as it is made: later it is mostly written about by its node.
        let made = self.spec.as_ref().filter(|_| self.metadata.uid.is_none());
        made.map(|spec| warn::warnings(spec, "spec")).unwrap_or_default()
    }

    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec {
            defaults::complete(spec);
            defaults::complete_pod(spec);
        }
        let status = self.status.get_or_insert_default();
        if status.phase.as_deref().unwrap_or_default().is_empty() {
            status.phase = Some("Pending".into());
        }
        if status.qos_class.is_none() {
            status.qos_class = self.spec.as_ref().map(|s| Class::of(s).as_str().into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = PodSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        validate::valid_spec(spec, "spec", invalid);
        match old {
            Some(old) => update::valid(spec, old.spec.as_ref().unwrap_or(&nothing), invalid),
            None if spec.ephemeral_containers.iter().flatten().next().is_some() => {
                invalid.forbidden("spec.ephemeralContainers", "cannot be set on create");
            }
            None => {}
        }
    }
}

fn spec(pod: &Pod, get: impl Fn(&PodSpec) -> Option<String>) -> String {
    pod.spec.as_ref().and_then(get).unwrap_or_default()
}

fn status(pod: &Pod, get: impl Fn(&PodStatus) -> Option<String>) -> String {
    pod.status.as_ref().and_then(get).unwrap_or_default()
}
