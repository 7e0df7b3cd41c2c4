//! `drain`: which pods of a node go, which stay, and which forbid it.

use crate::action::Drain;
use serde_json::Value;

/// What becomes of a pod when its node is emptied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes; a warning may be due.
    Go(Option<&'static str>),
    /// It stays; a warning may be due.
    Stay(Option<&'static str>),
    /// The node is not emptied while it is there, unless told.
    Forbid(&'static str),
}

/// As kubectl decides: mirror pods and those of daemon sets stay, what would be lost has to be allowed.
pub(crate) fn fate(pod: &Value, asked: &Drain) -> Fate {
    let meta = &pod["metadata"];
    if meta["annotations"].get("kubernetes.io/config.mirror").is_some() {
        return Fate::Stay(None);
    }
    let ended = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let owners = meta["ownerReferences"].as_array();
    let owner = owners.into_iter().flatten().find(|o| o["controller"] == true);
    let volumes = pod["spec"]["volumes"].as_array();
    let scratch = !ended && volumes.into_iter().flatten().any(|v| v.get("emptyDir").is_some());
    if owner.is_some_and(|o| o["kind"] == "DaemonSet") && !ended {
        return if asked.ignore_daemonsets {
            Fate::Stay(Some("ignoring DaemonSet-managed Pods"))
        } else {
            Fate::Forbid("cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
        };
    }
    if scratch && !asked.delete_emptydir_data {
        return Fate::Forbid(
            "cannot delete Pods with local storage (use --delete-emptydir-data to override)",
        );
    }
    match (owner, ended) {
        (None, false) if !asked.force => {
            Fate::Forbid("cannot delete Pods that declare no controller (use --force to override)")
        }
        (None, false) => Fate::Go(Some("deleting Pods that declare no controller")),
        _ if scratch => Fate::Go(Some("deleting Pods with local storage")),
        _ => Fate::Go(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_would_be_lost_has_to_be_allowed() {
        let owned =
            |kind: &str| json!({"metadata": {"ownerReferences": [{"kind": kind, "controller": true}]}});
        let none = Drain::default();
        let all =
            Drain { ignore_daemonsets: true, delete_emptydir_data: true, force: true, ..Drain::default() };
        let mut scratch = owned("ReplicaSet");
        scratch["spec"]["volumes"] = json!([{"name": "x", "emptyDir": {}}]);
        for (pod, careful, forced) in [
            (owned("ReplicaSet"), "go", "go"),
            (owned("DaemonSet"), "forbid", "stay"),
            (json!({}), "forbid", "go"),
            (scratch, "forbid", "go"),
            (json!({"status": {"phase": "Failed"}}), "go", "go"),
            (json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}}), "stay", "stay"),
        ] {
            let word = |asked: &Drain| match fate(&pod, asked) {
                Fate::Go(_) => "go",
                Fate::Stay(_) => "stay",
                Fate::Forbid(_) => "forbid",
            };
            assert_eq!((word(&none), word(&all)), (careful, forced), "{pod}");
        }
    }
}
