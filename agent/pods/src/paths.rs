//! Where a node keeps what of a pod.

use shared_api::core::Pod;
use std::path::{Path, PathBuf};

/// Where a node keeps what of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// One directory a pod, by uid: `/var/lib/dhow/pods`.
    pub pods: PathBuf,
    /// One directory a pod with the logs of its containers: `/var/log/pods`.
    pub logs: PathBuf,
    /// The cgroup file system: `/sys/fs/cgroup`.
    pub cgroups: PathBuf,
    /// The node's own `/etc`, for `hosts` and `resolv.conf`.
    pub etc: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            pods: "/var/lib/dhow/pods".into(),
            logs: "/var/log/pods".into(),
            cgroups: "/sys/fs/cgroup".into(),
            etc: "/etc".into(),
        }
    }
}

impl Paths {
    /// What the node keeps of the pod.
    pub fn pod(&self, uid: &str) -> PathBuf {
        self.pods.join(uid)
    }

    /// The pod as it was last asked for.
    pub fn saved(&self, uid: &str) -> PathBuf {
        self.pod(uid).join("pod.json")
    }

    /// Logs of all its containers.
    pub fn logs(&self, pod: &Pod) -> PathBuf {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let meta = &pod.metadata;
        self.logs.join(format!("{}_{}_{}", text(&meta.namespace), text(&meta.name), text(&meta.uid)))
    }

    /// The log of one container.
    pub fn log(&self, pod: &Pod, container: &str, attempt: u32) -> PathBuf {
        self.logs(pod).join(container).join(format!("{attempt}.log"))
    }

    /// The last words of one container.
    pub fn message(&self, uid: &str, container: &str, attempt: u32) -> PathBuf {
        self.pod(uid).join("containers").join(container).join(attempt.to_string())
    }

    /// The cluster's history, as far as this node saw it.
    pub fn history(&self) -> PathBuf {
        self.pods.parent().unwrap_or(&self.pods).join("history.json")
    }

    /// Removes what containers of the pod left in the cgroup hierarchies, one (v2) or several (v1).
    pub fn remove_cgroups(&self, node: &str, uid: &str) {
        let below = |root: &Path| root.join("dhow").join(node).join(uid);
        let unified = self.cgroups.join("cgroup.controllers").exists();
        let roots = if unified {
            vec![self.cgroups.clone()]
        } else {
            let entries = std::fs::read_dir(&self.cgroups).into_iter().flatten().flatten();
            entries.map(|e| e.path()).collect()
        };
        for root in roots {
            // Only empty ones can be removed, so nothing that lives is hurt.
            let _ = std::fs::remove_dir(below(&root));
        }
    }
}
