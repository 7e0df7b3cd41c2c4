//! Small files that matter: keys, certificates, tokens.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// Writes a file as a whole or not at all, readable as `mode` says from its first moment.
pub fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

/// Makes a directory that only its owner may enter, and those above it; one that is there stays as it is.
pub fn private_dir(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_secret_is_so_from_the_beginning() {
        let dir = std::env::temp_dir().join(format!("dhow-file-{}", std::process::id()));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (inner, key) = (dir.join("pki"), dir.join("pki/ca.key"));
        private_dir(&inner).unwrap();
        private_dir(&inner).unwrap();
        // Left behind by one that was interrupted, and readable by all.
        fs::write(key.with_extension("new"), "old").unwrap();
        for text in ["one", "two"] {
            write(&key, text, 0o600).unwrap();
            assert_eq!(fs::read_to_string(&key).unwrap(), text);
        }
        assert_eq!((mode(&inner), mode(&key)), (0o700, 0o600));
        assert!(!key.with_extension("new").exists());
        fs::remove_dir_all(&dir).unwrap();
    }
}
