//! Which devices a container may use: an empty list would mean *every* one, so all are denied first.

use serde_json::{Value, json};

/// A device of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// `/dev/…`.
    pub(crate) path: String,
    /// It is a block device, not a character device.
    pub(crate) block: bool,
    /// Major number.
    pub(crate) major: u64,
    /// Minor number.
    pub(crate) minor: u64,
}

impl Device {
    fn kind(&self) -> &'static str {
        if self.block { "b" } else { "c" }
    }

    /// As it is made inside.
    pub(super) fn node(&self) -> Value {
        json!({"path": self.path, "type": self.kind(), "major": self.major, "minor": self.minor,
               "fileMode": 0o666, "uid": 0, "gid": 0})
    }
}

/// null, zero, full, random, urandom, tty, console, ptmx and the pseudo-terminals; making device
/// nodes is allowed, using them is not.
const USUAL: &[(Option<u64>, Option<u64>, &str)] = &[
    (None, None, "m"),
    (Some(1), Some(3), "rwm"),
    (Some(1), Some(5), "rwm"),
    (Some(1), Some(7), "rwm"),
    (Some(1), Some(8), "rwm"),
    (Some(1), Some(9), "rwm"),
    (Some(5), Some(0), "rwm"),
    (Some(5), Some(1), "rwm"),
    (Some(5), Some(2), "rwm"),
    (Some(136), None, "rwm"),
];

/// The cgroup's rules, in order.
pub(super) fn rules(privileged: bool) -> Value {
    if privileged {
        return json!([{"allow": true, "access": "rwm"}]);
    }
    let mut rules = vec![json!({"allow": false, "access": "rwm"})];
    for (major, minor, access) in USUAL {
        let mut rule = json!({"allow": true, "type": "c", "access": access});
        if let Some(major) = major {
            rule["major"] = json!(major);
        }
        if let Some(minor) = minor {
            rule["minor"] = json!(minor);
        }
        rules.push(rule);
    }
    rules.push(json!({"allow": true, "type": "b", "access": "m"}));
    Value::Array(rules)
}
