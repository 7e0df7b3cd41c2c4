//! Whether a process can do its work, check by check.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Named checks; cheap to clone and share.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, Result<(), String>>>>);

impl Health {
    /// Says how a check stands.
    pub fn set(&self, check: &'static str, state: Result<(), String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(check, state);
    }

    /// Every check, by name.
    pub fn checks(&self) -> Vec<(&'static str, Result<(), String>)> {
        let checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        checks.iter().map(|(name, state)| (*name, state.clone())).collect()
    }
}
