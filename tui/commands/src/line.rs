//! The line of an action that undoes another. Pure.

use crate::{Action, Language, PatchWith, Roll, Rollout, Scale};
use std::fmt::Write;

/// The line; `None` of an action that undoes nothing.
pub(crate) fn of(action: &Action) -> Option<String> {
    let within =
        |namespace: &Option<String>| namespace.as_ref().map_or(String::new(), |n| format!(" -n {n}"));
    let rolled = |verb: &str, words: &[String], roll: &Roll| {
        format!("rollout {verb} {}{}", words.join(" "), within(&roll.namespace))
    };
    Some(match action {
        Action::Scale(Scale { target, replicas, namespace, .. }) => {
            format!("scale {} --replicas={replicas}{}", target.words.join(" "), within(namespace))
        }
        Action::Cordon(node) => format!("cordon {}", node.node),
        Action::Uncordon(node) => format!("uncordon {}", node.node),
        Action::Delete(delete) => {
            format!("delete {} --no-wait{}", delete.words.join(" "), within(&delete.scope.namespace))
        }
        Action::Rollout(Rollout::Pause { target, roll }) => rolled("pause", &target.words, roll),
        Action::Rollout(Rollout::Resume { target, roll }) => rolled("resume", &target.words, roll),
        Action::Patch(PatchWith { words, patch: Some(patch), language, namespace, .. }) => {
            let language = match language {
                Language::Strategic => "",
                Language::Merge => " --type=merge",
                Language::Json => " --type=json",
            };
            let mut line = format!("patch {}{}{language} -p ", words.join(" "), within(namespace));
            let _ = write!(line, "'{}'", patch.replace('\'', r"'\''"));
            line
        }
        _ => return None,
    })
}
