//! One file per plugin; the list is the order they run in, which is Kubernetes': the first that refuses
//! a node gives the reason.

pub(crate) mod affinity;
mod cordon;
mod host_ports;
mod node_name;
mod room;
mod spread;
pub(crate) mod taints;

use crate::Plugin;

/// Every plugin.
pub(crate) const PLUGINS: &[&dyn Plugin] = &[
    &cordon::Cordon,
    &node_name::NodeName,
    &taints::Taints,
    &affinity::Affinity,
    &host_ports::HostPorts,
    &room::Room,
    &spread::Spread,
];
