//! Which objects an action is aimed at, by the words of its line.

use crate::{Action, Rollout, Scope, Set, decide::marks};

/// Words that name objects, and where they are looked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Aim {
    pub(crate) words: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) scope: Scope,
    /// Every object of the kind is meant.
    pub(crate) all: bool,
}

/// What an action changes; `None` when it changes no object that is there.
pub(crate) fn aim(action: &Action) -> Option<Aim> {
    let within = |namespace: &Option<String>| Scope { namespace: namespace.clone(), ..Scope::default() };
    let at = |words: &[String], scope: Scope| Some(Aim { words: words.to_vec(), scope, ..Aim::default() });
    let node = |name: &str| format!("nodes/{}", name.trim_start_matches("node/"));
    match action {
        Action::Delete(delete) => Some(Aim {
            words: delete.words.clone(),
            files: delete.files.clone(),
            scope: delete.scope.clone(),
            all: delete.all,
        }),
        Action::Scale(scale) => at(&scale.target.words, within(&scale.namespace)),
        Action::Edit(edit) => at(&edit.target.words, edit.scope.clone()),
        Action::Patch(patch) => Some(Aim {
            words: patch.words.clone(),
            files: patch.files.clone(),
            scope: within(&patch.namespace),
            all: false,
        }),
        Action::Cordon(asked) | Action::Uncordon(asked) => at(&[node(&asked.node)], Scope::default()),
        Action::Drain(drain) => {
            let named: Vec<_> = drain.nodes.iter().map(|name| node(name)).collect();
            let words = if named.is_empty() { vec!["nodes".into()] } else { named };
            at(&words, Scope { selector: drain.selector.clone(), ..Scope::default() })
        }
        Action::Taint(taint) => Some(Aim {
            words: marks::split(&taint.words).0.to_vec(),
            scope: Scope { selector: taint.selector.clone(), ..Scope::default() },
            all: taint.all,
            ..Aim::default()
        }),
        Action::Label(asked) | Action::Annotate(asked) => Some(Aim {
            words: if asked.files.is_empty() { marks::split(&asked.words).0.to_vec() } else { Vec::new() },
            files: asked.files.clone(),
            scope: asked.scope.clone(),
            all: asked.all,
        }),
        Action::Set(Set::Image(image)) => {
            let words: Vec<_> = image.words.iter().filter(|w| !w.contains('=')).cloned().collect();
            Some(Aim { words, scope: image.scope.clone(), all: image.all, ..Aim::default() })
        }
        Action::Rollout(Rollout::Restart { target, roll, selector }) => {
            let scope = Scope { selector: selector.clone(), ..within(&roll.namespace) };
            at(&target.words, scope)
        }
        Action::Rollout(
            Rollout::Undo { target, roll, .. }
            | Rollout::Pause { target, roll }
            | Rollout::Resume { target, roll },
        ) => at(&target.words, within(&roll.namespace)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::parse_line;

    #[test]
    fn an_action_says_what_it_is_aimed_at() {
        for (line, wanted) in [
            ("delete pod a b", Some("pod a b")),
            ("scale deploy/web --replicas 2", Some("deploy/web")),
            ("cordon n1", Some("nodes/n1")),
            ("drain n1 n2", Some("nodes/n1 nodes/n2")),
            ("drain -l a=b", Some("nodes")),
            ("taint node n1 a=b:NoExecute", Some("node n1")),
            ("label pod/a b=c", Some("pod/a")),
            ("set image deploy/web web=x", Some("deploy/web")),
            ("rollout restart deploy/web", Some("deploy/web")),
            ("get pods", None),
        ] {
            let found = aim(&parse_line(line).unwrap()).map(|aim| aim.words.join(" "));
            assert_eq!(found.as_deref(), wanted, "{line}");
        }
    }
}
