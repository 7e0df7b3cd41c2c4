//! Rollouts: their revisions, and the patches that pause, resume, restart and undo them.

use crate::Error;
use serde_json::{Value, json};

/// Where a deployment and its replica sets say which revision they are.
const REVISION: &str = "deployment.kubernetes.io/revision";
const CAUSE: &str = "kubernetes.io/change-cause";
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// A revision of a workload: the template its pods had.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Past {
    pub(crate) revision: i64,
    pub(crate) cause: String,
    pub(crate) template: Value,
}

/// A merge patch, or `None` when it is so already.
pub(crate) type Decided = Result<Option<Value>, Error>;

/// Pauses a deployment, or resumes it.
pub(crate) fn pause(object: &Value, paused: bool) -> Decided {
    let kind = object["kind"].as_str().unwrap_or_default();
    let verb = if paused { "pause" } else { "resume" };
    if kind != "Deployment" {
        return Err(Error::Usage(format!("rollout {verb}: only deployments can be paused, not a {kind}")));
    }
    if object["spec"]["paused"].as_bool().unwrap_or(false) == paused {
        let is = if paused { "already paused" } else { "not paused" };
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        return Err(Error::Usage(format!("deployments.apps {name:?} is {is}")));
    }
    Ok(Some(json!({"spec": {"paused": if paused { Value::Bool(true) } else { Value::Null }}})))
}

/// Marks the template, so that every pod is made anew.
pub(crate) fn restart(object: &Value, now: &str) -> Decided {
    let kind = object["kind"].as_str().unwrap_or_default();
    if !matches!(kind, "Deployment" | "DaemonSet" | "StatefulSet") {
        return Err(Error::Usage(format!("rollout restart: a {kind} has no rollout to restart")));
    }
    if object["spec"]["paused"] == true {
        return Err(Error::Usage("can't restart paused deployment (run rollout resume first)".into()));
    }
    Ok(Some(json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED: now}}}}})))
}

/// The revisions of a workload, oldest first, from its replica sets or controller revisions: those that
/// `owner` (a uid) controls.
pub(crate) fn history(owner: &str, parts: &[Value]) -> Vec<Past> {
    let owned = |part: &&Value| {
        let owners = part["metadata"]["ownerReferences"].as_array();
        owners.into_iter().flatten().any(|o| o["controller"] == true && o["uid"] == owner)
    };
    let past = |part: &Value| {
        let notes = &part["metadata"]["annotations"];
        let (revision, template) = if part["kind"] == "ControllerRevision" {
            (part["revision"].as_i64(), &part["data"]["spec"]["template"])
        } else {
            (notes[REVISION].as_str().and_then(|r| r.parse().ok()), &part["spec"]["template"])
        };
        let mut template = template.clone();
        if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
        if let Some(fields) = template.as_object_mut() {
            fields.remove("$patch");
        }
        let cause = notes[CAUSE].as_str().unwrap_or("<none>").to_owned();
        Some(Past { revision: revision?, cause, template })
    };
    let mut found: Vec<_> = parts.iter().filter(owned).filter_map(past).collect();
    found.sort_by_key(|past| past.revision);
    found
}

/// The revision to go back to: the one before the last, or the one asked for.
pub(crate) fn chosen(history: &[Past], revision: i64) -> Result<&Past, Error> {
    if revision == 0 {
        let before = history.len().checked_sub(2).and_then(|at| history.get(at));
        return before.ok_or_else(|| Error::Usage("no rollout history found to go back to".into()));
    }
    let found = history.iter().find(|past| past.revision == revision);
    found.ok_or_else(|| Error::Usage(format!("unable to find specified revision {revision} in history")))
}

/// The JSON patch that gives an object the template of a revision, as long as it is this very object;
/// `None` when it has it.
pub(crate) fn undo(object: &Value, past: &Past) -> Decided {
    if object["spec"]["paused"] == true {
        return Err(Error::Usage(
            "you cannot rollback a paused deployment; resume it first with 'rollout resume' and try again"
                .into(),
        ));
    }
    if object["spec"]["template"] == past.template {
        return Ok(None);
    }
    let mut patch = vec![json!({"op": "replace", "path": "/spec/template", "value": past.template})];
    if let Some(uid) = object["metadata"]["uid"].as_str() {
        patch.insert(0, json!({"op": "test", "path": "/metadata/uid", "value": uid}));
    }
    Ok(Some(Value::Array(patch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(revision: &str, image: &str, owner: &str) -> Value {
        json!({
            "kind": "ReplicaSet",
            "metadata": {
                "annotations": {REVISION: revision},
                "ownerReferences": [{"uid": owner, "controller": true}],
            },
            "spec": {"template": {"metadata": {"labels": {"app": "web", "pod-template-hash": "x"}}, "image": image}},
        })
    }

    #[test]
    fn an_undo_goes_back_one_or_where_it_is_told() {
        let sets = [set("3", "c", "u"), set("1", "a", "u"), set("2", "b", "u"), set("9", "z", "other")];
        let past = history("u", &sets);
        assert_eq!(past.iter().map(|p| p.revision).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(chosen(&past, 0).unwrap().revision, 2);
        assert_eq!(chosen(&past, 1).unwrap().template["image"], "a");
        assert!(chosen(&past, 7).unwrap_err().to_string().contains("revision 7"));
        assert!(chosen(&past[..1], 0).is_err());
        let web = json!({"metadata": {"uid": "u"}, "spec": {"template": past[2].template}});
        assert_eq!(undo(&web, &past[2]).unwrap(), None);
        let patch = undo(&web, &past[0]).unwrap().unwrap();
        assert_eq!((&patch[0]["value"], &patch[1]["value"]["image"]), (&json!("u"), &json!("a")));
        assert_eq!(patch[1]["value"]["metadata"]["labels"], json!({"app": "web"}));
    }

    #[test]
    fn pausing_twice_is_refused() {
        let web = json!({"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"paused": true}});
        assert!(pause(&web, true).unwrap_err().to_string().contains("already paused"));
        assert_eq!(pause(&web, false).unwrap(), Some(json!({"spec": {"paused": null}})));
        assert!(restart(&web, "now").is_err());
        assert!(restart(&json!({"kind": "Job"}), "now").is_err());
        assert!(undo(&web, &Past { revision: 1, cause: String::new(), template: json!({}) }).is_err());
    }
}
