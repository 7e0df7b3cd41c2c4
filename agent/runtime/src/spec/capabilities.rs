//! Capabilities: the usual fourteen, plus what is added, minus what is dropped, within what the host
//! itself may give.

use crate::Security;
use std::collections::BTreeSet;

/// In the kernel's order: the index is the bit.
const ALL: &[&str] = &[
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// As Docker and containerd give to every container.
const USUAL: &[&str] = &[
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

/// The capabilities of a container, with `CAP_`, in the kernel's order. A name that nobody knows is
/// an `Err` with it.
pub(super) fn capabilities(security: &Security, host: u64) -> Result<Vec<String>, String> {
    let mut have: BTreeSet<usize> = BTreeSet::new();
    if security.privileged {
        have.extend(0..ALL.len());
    } else {
        let drops_all = security.drop.iter().any(|name| plain(name) == "ALL");
        if !drops_all {
            have.extend(USUAL.iter().filter_map(|name| bit(name)));
        }
        for name in &security.drop {
            if plain(name) != "ALL" {
                have.remove(&bit(&plain(name)).ok_or_else(|| name.clone())?);
            }
        }
        for name in &security.add {
            if plain(name) == "ALL" {
                let keep = |bit: &usize| !security.drop.iter().any(|drop| plain(drop) == ALL[*bit]);
                have.extend((0..ALL.len()).filter(keep));
            } else {
                have.insert(bit(&plain(name)).ok_or_else(|| name.clone())?);
            }
        }
    }
    // A capability the host lacks cannot be given, and asking for it would fail the container.
    Ok(have.into_iter().filter(|bit| host >> bit & 1 == 1).map(|bit| format!("CAP_{}", ALL[bit])).collect())
}

fn plain(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
}

fn bit(name: &str) -> Option<usize> {
    ALL.iter().position(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(add: &[&str], drop: &[&str], host: u64, expected: &[&str]) {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let security = Security { add: owned(add), drop: owned(drop), ..Default::default() };
        assert_eq!(capabilities(&security, host).unwrap(), expected, "+{add:?} -{drop:?}");
    }

    #[test]
    fn adds_drops_and_keeps_within_the_host() {
        check(&[], &["ALL"], u64::MAX, &[]);
        check(&["NET_ADMIN"], &["all"], u64::MAX, &["CAP_NET_ADMIN"]);
        check(&["CAP_KILL", "sys_time"], &["ALL"], u64::MAX, &["CAP_KILL", "CAP_SYS_TIME"]);
        check(&["SYS_TIME", "CHOWN"], &["ALL"], 1, &["CAP_CHOWN"]);
        let security = Security { drop: vec!["NET_RAW".into()], ..Default::default() };
        let left = capabilities(&security, u64::MAX).unwrap();
        assert_eq!(left.len(), 13);
        assert!(!left.contains(&"CAP_NET_RAW".to_owned()));
        let security = Security { add: vec!["ALL".into()], drop: vec!["BPF".into()], ..Default::default() };
        assert_eq!(capabilities(&security, u64::MAX).unwrap().len(), ALL.len() - 1);
        let security = Security { add: vec!["FLY".into()], ..Default::default() };
        assert_eq!(capabilities(&security, u64::MAX), Err("FLY".into()));
    }
}
