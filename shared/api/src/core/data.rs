//! What config maps and secrets have in common: keys, sizes, and staying as they are.

use crate::{Invalid, name};

/// All values of one object together: 1 MiB.
const SIZE_MAX: usize = 1024 * 1024;

pub(super) fn valid_key(path: &str, key: &str, invalid: &mut Invalid) {
    if let Some(why) = name::config_key(key) {
        invalid.value(format!("{path}[{key}]"), key, &why);
    }
}

pub(super) fn valid_size(path: &str, size: usize, invalid: &mut Invalid) {
    if size > SIZE_MAX {
        invalid.too_long(path, SIZE_MAX);
    }
}

pub(super) fn kept<T: PartialEq>(path: &str, new: &T, old: &T, invalid: &mut Invalid) {
    if new != old {
        invalid.forbidden(path, "field is immutable when `immutable` is set");
    }
}
