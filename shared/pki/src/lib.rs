//! shared-pki
