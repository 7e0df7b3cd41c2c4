//! controlplane-scheduler
