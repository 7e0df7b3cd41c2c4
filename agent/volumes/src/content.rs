//! Files that a volume is to hold.

use crate::{Error, Result};
use shared_api::core::KeyToPath;
use std::collections::BTreeMap;

/// Files by their path inside the volume.
pub(crate) type Content = BTreeMap<String, File>;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) data: Vec<u8>,
    pub(crate) mode: u32,
}

/// What of a `ConfigMap` or `Secret` becomes which file.
pub(crate) struct Pick<'a> {
    pub(crate) volume: &'a str,
    /// `configmap` or `secret`, as messages have it.
    pub(crate) what: &'a str,
    pub(crate) name: &'a str,
    pub(crate) optional: bool,
    pub(crate) items: Option<&'a [KeyToPath]>,
    pub(crate) mode: u32,
}

impl Pick<'_> {
    /// The files, from the object's data; `None` when there is no such object.
    pub(crate) fn files(&self, data: Option<BTreeMap<String, Vec<u8>>>) -> Result<Content> {
        let Some(mut data) = data else {
            let missing = || Error::set_up(self.volume, format!("{} {:?} not found", self.what, self.name));
            return if self.optional { Ok(Content::new()) } else { Err(missing()) };
        };
        let Some(items) = self.items.filter(|i| !i.is_empty()) else {
            return Ok(data.into_iter().map(|(key, data)| (key, File { data, mode: self.mode })).collect());
        };
        let mut files = Content::new();
        for item in items {
            match data.remove(&item.key) {
                Some(data) => {
                    data_checked(self.volume, &item.path)?;
                    files.insert(item.path.clone(), File { data, mode: mode(item.mode, self.mode) });
                }
                None if self.optional => {}
                None => {
                    let why =
                        format!("{} references non-existent {} key: {}", self.what, self.what, item.key);
                    return Err(Error::set_up(self.volume, why));
                }
            }
        }
        Ok(files)
    }
}

/// Refuses a path that would lead out of the volume.
pub(crate) fn data_checked(volume: &str, path: &str) -> Result<()> {
    let fine = !path.is_empty()
        && path.split('/').all(|p| !p.is_empty() && p != "." && p != "..")
        && !path.starts_with("..");
    if fine {
        Ok(())
    } else {
        Err(Error::set_up(volume, format!("path {path:?} must be relative and stay inside the volume")))
    }
}

/// A file's mode: its own, or the volume's.
pub(crate) fn mode(own: Option<i32>, volume: u32) -> u32 {
    own.and_then(|m| u32::try_from(m).ok()).unwrap_or(volume) & 0o777
}

/// A volume's mode for files that do not say theirs.
pub(crate) fn default_mode(given: Option<i32>) -> u32 {
    mode(given, 0o644)
}
