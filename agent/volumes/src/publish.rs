//! Puts files where containers read them, all at once: readers see the old set or the new one.
//!
//! As kubelet does it: the files are in a directory of their own, the link `..data` names it, and
//! each visible name is a link through `..data`. Renaming one link exchanges everything.

use crate::{Content, Error, Result, content::File};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
};

const DATA: &str = "..data";
const NEXT: &str = "..data_tmp";

/// Makes `dir` hold `content`; touches nothing when it does already.
pub(crate) fn publish(volume: &str, dir: &Path, content: &Content, group: Option<i64>) -> Result<()> {
    let io = |what: &'static str, path: &Path| {
        let path = path.to_owned();
        move |e| Error::io(volume, what, &path, e)
    };
    fs::create_dir_all(dir).map_err(io("making", dir))?;
    let group = group.and_then(|g| u32::try_from(g).ok());
    // A pod's group may always read what was published for the pod.
    let content: Content = content
        .iter()
        .map(|(p, f)| {
            (p.clone(), File { mode: if group.is_some() { f.mode | 0o440 } else { f.mode }, ..f.clone() })
        })
        .collect();
    let old = fs::read_link(dir.join(DATA)).ok();
    if let Some(old) = &old
        && holds(&dir.join(old), &content)
    {
        return links(dir, &content).map_err(io("linking in", dir));
    }
    let number: u64 =
        old.as_deref().and_then(Path::to_str).and_then(|o| o.strip_prefix("..v")?.parse().ok()).unwrap_or(0);
    let fresh = PathBuf::from(format!("..v{}", number + 1));
    let to = dir.join(&fresh);
    // Left by an attempt that was cut short.
    crate::remove_tree(&to)?;
    fs::create_dir_all(&to).map_err(io("making", &to))?;
    for (path, file) in &content {
        let place = to.join(path);
        let parent = place.parent().unwrap_or(&to);
        fs::create_dir_all(parent).map_err(io("making", parent))?;
        fs::write(&place, &file.data).map_err(io("writing", &place))?;
        fs::set_permissions(&place, fs::Permissions::from_mode(file.mode)).map_err(io("opening", &place))?;
        if group.is_some() {
            chown(&place, None, group).map_err(io("giving to the pod's group", &place))?;
        }
    }
    let next = dir.join(NEXT);
    let _ = fs::remove_file(&next);
    symlink(&fresh, &next).map_err(io("linking", &next))?;
    fs::rename(&next, dir.join(DATA)).map_err(io("exchanging", &next))?;
    links(dir, &content).map_err(io("linking in", dir))?;
    match old {
        Some(old) => crate::remove_tree(&dir.join(old)),
        None => Ok(()),
    }
}

/// Visible names: one link for each first part of a path, and none besides.
fn links(dir: &Path, content: &Content) -> std::io::Result<()> {
    let wanted: BTreeSet<&str> = content.keys().filter_map(|p| p.split('/').next()).collect();
    for name in &wanted {
        let link = dir.join(name);
        if fs::symlink_metadata(&link).is_err() {
            symlink(Path::new(DATA).join(name), &link)?;
        }
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with("..") && !wanted.contains(&*name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether `dir` holds exactly `content`.
fn holds(dir: &Path, content: &Content) -> bool {
    let mut there = 0;
    let mut left = vec![dir.to_owned()];
    while let Some(next) = left.pop() {
        let Ok(entries) = fs::read_dir(next) else { return false };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(entry.path()),
                _ => there += 1,
            }
        }
    }
    let same = |(path, file): (&String, &File)| {
        let place = dir.join(path);
        fs::metadata(&place).is_ok_and(|m| m.permissions().mode() & 0o777 == file.mode)
            && fs::read(&place).is_ok_and(|data| data == file.data)
    };
    there == content.len() && content.iter().all(same)
}
