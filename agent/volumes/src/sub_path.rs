//! A part of a volume.

use crate::{Error, Result, content::data_checked};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The place of `sub` inside `base`, made as a directory when it is not there. It has to stay inside
/// although containers may have put links there; the answer has none left.
pub(crate) fn resolve(volume: &str, base: &Path, sub: &str) -> Result<PathBuf> {
    data_checked(volume, sub)?;
    let root = base.canonicalize().map_err(|e| Error::io(volume, "looking at", base, e))?;
    let mut place = root.clone();
    for part in sub.split('/') {
        let next = place.join(part);
        if fs::symlink_metadata(&next).is_err() {
            fs::create_dir(&next).map_err(|e| Error::io(volume, "making", &next, e))?;
        }
        place = next.canonicalize().map_err(|e| Error::io(volume, "looking at", &next, e))?;
        if !place.starts_with(&root) {
            return Err(Error::set_up(volume, format!("subPath {sub:?} leads out of the volume")));
        }
    }
    Ok(place)
}
