//! shared-reconcile
