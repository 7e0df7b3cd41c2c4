//! shared-daemon
