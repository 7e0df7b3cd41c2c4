//! shared-tidy
