//! agent-pods
