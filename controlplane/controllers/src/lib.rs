//! Controllers: each keeps one promise the API makes, one promise a file.
//!
//! They are pure: what they read is a `World`, what they want is a `Plan`. [`all`] is the list of
//! them. None knows a store, a wire, or another controller; they meet in objects.

mod admission_policies;
mod authority;
mod certificate_signing;
mod claim_protection;
mod cluster_role_aggregation;
mod cron_job;
mod custom_resource_definitions;
mod daemon_set;
mod deployment;
mod disruption;
mod endpoint_mirroring;
mod endpoint_slices;
mod endpoints;
mod event_retention;
mod eviction;
mod finished_jobs;
mod garbage;
mod horizontal_pod_autoscaler;
mod job;
mod job_pods;
mod members;
mod namespaces;
mod node_addresses;
mod node_health;
mod pod;
mod pod_garbage;
mod replica_set;
mod replicas;
mod replication_controller;
mod resource_quota;
mod revisions;
mod safe;
mod service_accounts;
mod service_pods;
mod stateful_set;
mod token_secrets;
mod volume_protection;

pub use admission_policies::AdmissionPolicies;
pub use authority::Authority;
pub use certificate_signing::{CertificateSigning, Sign};
pub use claim_protection::ClaimProtection;
pub use cluster_role_aggregation::ClusterRoleAggregation;
pub use cron_job::CronJobs;
pub use custom_resource_definitions::CustomResourceDefinitions;
pub use daemon_set::DaemonSets;
pub use deployment::Deployments;
pub use disruption::Disruption;
pub use endpoint_mirroring::EndpointMirroring;
pub use endpoint_slices::EndpointSlices;
pub use endpoints::EndpointsOfServices;
pub use event_retention::EventRetention;
pub use eviction::Eviction;
pub use finished_jobs::FinishedJobs;
pub use garbage::Garbage;
pub use horizontal_pod_autoscaler::{HorizontalPodAutoscalers, Measure};
pub use job::Jobs;
pub use job_pods::JobPods;
pub use namespaces::Namespaces;
pub use node_addresses::{NODE_BITS, NodeAddresses};
pub use node_health::NodeHealth;
pub use pod_garbage::PodGarbage;
pub use replica_set::ReplicaSets;
pub use replication_controller::ReplicationControllers;
pub use resource_quota::ResourceQuotas;
pub use service_accounts::ServiceAccounts;
pub use stateful_set::StatefulSets;
pub use token_secrets::TokenSecrets;
pub use volume_protection::VolumeProtection;

use shared_api::{Cidr, Query};
use shared_reconcile::{Controller, queries};
use std::sync::Arc;

/// What an operator may choose.
#[derive(Clone)]
pub struct Options {
    /// Where nodes get the addresses of their pods from, [`NODE_BITS`] each.
    pub cluster_cidr: Cidr,
    /// The authority everybody trusts, PEM; empty: there is none to tell of.
    pub authority: String,
    /// Signs what was approved; `None`: nobody does.
    pub signers: Option<Arc<dyn Sign>>,
    /// Knows what pods use; `None`: nobody does.
    pub measure: Option<Arc<dyn Measure>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { cluster_cidr: Cidr::PODS, authority: String::new(), signers: None, measure: None }
    }
}

/// Every controller.
pub fn all(options: &Options) -> Vec<Arc<dyn Controller>> {
    vec![
        Arc::new(Deployments),
        Arc::new(ReplicaSets),
        Arc::new(ReplicationControllers),
        Arc::new(Jobs),
        Arc::new(JobPods),
        Arc::new(FinishedJobs),
        Arc::new(CronJobs),
        Arc::new(StatefulSets),
        Arc::new(DaemonSets),
        Arc::new(HorizontalPodAutoscalers::new(options.measure.clone())),
        Arc::new(EndpointSlices),
        Arc::new(EndpointsOfServices),
        Arc::new(EndpointMirroring),
        Arc::new(Namespaces),
        Arc::new(CustomResourceDefinitions),
        Arc::new(ServiceAccounts),
        Arc::new(Authority::new(&options.authority)),
        Arc::new(TokenSecrets),
        Arc::new(ClusterRoleAggregation),
        Arc::new(CertificateSigning::new(options.signers.clone())),
        Arc::new(Garbage),
        Arc::new(PodGarbage),
        Arc::new(EventRetention),
        Arc::new(NodeHealth),
        Arc::new(NodeAddresses::new(options.cluster_cidr)),
        Arc::new(Eviction),
        Arc::new(Disruption),
        Arc::new(ResourceQuotas),
        Arc::new(ClaimProtection),
        Arc::new(VolumeProtection),
        Arc::new(AdmissionPolicies),
    ]
}

/// What the one watch of the process has to follow for [`all`] of them.
pub fn kinds() -> Vec<Query> {
    queries(&all(&Options::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_said_once() {
        let all = all(&Options::default());
        let names: BTreeSet<_> = all.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn one_watch_follows_every_kind_there_ever_is() {
        assert_eq!(kinds(), [Query::everything()]);
    }
}
