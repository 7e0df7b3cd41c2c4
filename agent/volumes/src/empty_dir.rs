//! A directory that lives as long as its pod.

use crate::{Error, Result, tmpfs};
use shared_api::{Amount, core::EmptyDirVolumeSource};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
};

pub(crate) fn make(
    volume: &str,
    dir: &Path,
    from: &EmptyDirVolumeSource,
    group: Option<i64>,
    may_mount: bool,
) -> Result<()> {
    let new = !dir.exists();
    fs::create_dir_all(dir).map_err(|e| Error::io(volume, "making", dir, e))?;
    match from.medium.as_deref().unwrap_or_default() {
        "" => {}
        "Memory" if !may_mount => {}
        "Memory" => {
            let mounted = tmpfs::ensure(volume, dir, from.size_limit.as_ref().map(Amount::of))?;
            if !mounted && !new {
                return Ok(());
            }
        }
        other => {
            let why =
                format!("emptyDir medium {other:?} is not available on this node; use \"\" or \"Memory\"");
            return Err(Error::set_up(volume, why));
        }
    }
    // Its owner may have changed the mode since; only a fresh one is ours to set.
    if !new && from.medium.as_deref() != Some("Memory") {
        return Ok(());
    }
    let mode = if group.is_some() { 0o2777 } else { 0o777 };
    fs::set_permissions(dir, fs::Permissions::from_mode(mode))
        .map_err(|e| Error::io(volume, "opening", dir, e))?;
    if let Some(group) = group.and_then(|g| u32::try_from(g).ok()) {
        chown(dir, None, Some(group)).map_err(|e| Error::io(volume, "giving to the pod's group", dir, e))?;
    }
    Ok(())
}
