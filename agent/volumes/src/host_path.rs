//! A file or directory of the node itself.

use crate::{Error, Result};
use shared_api::core::HostPathVolumeSource;
use std::{
    fs,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::Path,
};

/// Makes what may be made, and refuses what is not of the type asked for.
pub(crate) fn check(volume: &str, from: &HostPathVolumeSource) -> Result<()> {
    let path = Path::new(&from.path);
    let wanted = from.type_.as_deref().unwrap_or_default();
    let io = |what| move |e| Error::io(volume, what, path, e);
    match (wanted, path.exists()) {
        // Without a type nothing is checked; a missing path becomes a directory, as containerd has it.
        ("" | "DirectoryOrCreate", false) => {
            fs::create_dir_all(path).map_err(io("making"))?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(io("opening"))?;
        }
        ("FileOrCreate", false) => {
            fs::File::create_new(path).map_err(io("making"))?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(io("opening"))?;
        }
        _ => {}
    }
    let Ok(meta) = fs::metadata(path) else {
        return Err(Error::set_up(
            volume,
            format!("hostPath type check failed: {} does not exist", from.path),
        ));
    };
    let kind = meta.file_type();
    let (fits, what) = match wanted {
        "" => (true, ""),
        "Directory" | "DirectoryOrCreate" => (kind.is_dir(), "directory"),
        "File" | "FileOrCreate" => (kind.is_file(), "file"),
        "Socket" => (kind.is_socket(), "socket file"),
        "CharDevice" => (kind.is_char_device(), "character device"),
        "BlockDevice" => (kind.is_block_device(), "block device"),
        other => return Err(Error::set_up(volume, format!("hostPath type {other:?} is not known"))),
    };
    if fits {
        return Ok(());
    }
    Err(Error::set_up(volume, format!("hostPath type check failed: {} is not a {what}", from.path)))
}
