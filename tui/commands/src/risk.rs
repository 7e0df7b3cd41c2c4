//! How much an action can break, before anybody asks for it. Pure.

use crate::{Action, Config, Generator, Rollout, SecretKind};

/// How much can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Nothing changes.
    None,
    /// Something changes, and can be changed back.
    Low,
    /// Something is lost, or stops.
    High,
}

/// The risk of an action.
pub fn risk(action: &Action) -> Risk {
    let unless = |dry_run: bool, risk: Risk| if dry_run { Risk::None } else { risk };
    match action {
        Action::Get(_)
        | Action::Describe(_)
        | Action::Wait(_)
        | Action::Why(_)
        | Action::Timeline(_)
        | Action::Capacity(_)
        | Action::Preview(_)
        | Action::Path(_)
        | Action::ControlPlane
        | Action::Diff(_)
        | Action::Decode(_)
        | Action::Logs(_)
        | Action::Events(_)
        | Action::PortForward(_)
        | Action::Top(_)
        | Action::Explain(_)
        | Action::Auth(_)
        | Action::ApiResources(_)
        | Action::ApiVersions
        | Action::Version(_)
        | Action::ClusterInfo
        | Action::Completion { .. }
        | Action::Options
        | Action::Config(Config::View { .. } | Config::CurrentContext | Config::GetContexts)
        | Action::Rollout(Rollout::Status { .. } | Rollout::Show { .. } | Rollout::History { .. }) => {
            Risk::None
        }
        // What comes from a pod changes nothing there.
        Action::Cp(copy) if copy.from.contains(':') => Risk::None,
        // What a proxy is used for nobody knows here.
        Action::Exec(_) | Action::Attach(_) | Action::Cp(_) | Action::Proxy(_) | Action::Config(_) => {
            Risk::Low
        }
        // It may do there whatever it likes.
        Action::Debug(debug) if debug.what.starts_with("node") => Risk::High,
        Action::Debug(_) => Risk::Low,
        Action::Rerun(rerun) => unless(rerun.write.dry_run, Risk::Low),
        Action::Apply(apply) => unless(apply.write.dry_run, Risk::Low),
        Action::Create(create) => unless(create.write.dry_run, Risk::Low),
        Action::Run(run) => unless(run.write.dry_run, Risk::Low),
        Action::Expose(expose) => unless(expose.write.dry_run, Risk::Low),
        Action::Autoscale(autoscale) => unless(autoscale.write.dry_run, Risk::Low),
        Action::Replace(replace) => {
            unless(replace.write.dry_run, if replace.force { Risk::High } else { Risk::Low })
        }
        Action::Edit(edit) => unless(edit.write.dry_run, Risk::Low),
        Action::Patch(patch) => unless(patch.write.dry_run, Risk::Low),
        Action::Label(marks) | Action::Annotate(marks) => {
            unless(marks.write.dry_run || marks.list, Risk::Low)
        }
        Action::Taint(taint) => {
            // Pods that do not tolerate it are evicted.
            let evicts = taint.words.iter().any(|w| w.ends_with(":NoExecute"));
            unless(taint.write.dry_run, if evicts { Risk::High } else { Risk::Low })
        }
        Action::Set(crate::Set::Image(image)) => unless(image.write.dry_run, Risk::Low),
        Action::Scale(scale) => {
            // Nothing is left that could serve.
            unless(scale.write.dry_run, if scale.replicas == 0 { Risk::High } else { Risk::Low })
        }
        Action::Rollout(
            Rollout::Undo { roll, .. }
            | Rollout::Pause { roll, .. }
            | Rollout::Resume { roll, .. }
            | Rollout::Restart { roll, .. },
        ) => unless(roll.write.dry_run, Risk::Low),
        Action::Cordon(node) | Action::Uncordon(node) => unless(node.dry_run, Risk::Low),
        Action::Delete(delete) => unless(delete.dry_run, Risk::High),
        Action::Drain(drain) => unless(drain.dry_run, Risk::High),
    }
}

/// Whether the words of an action hold what nobody should read over a shoulder.
pub fn secret(action: &Action) -> bool {
    let create = match action {
        Action::Patch(patch) => return crate::mask::of_secret(&patch.words),
        Action::Create(create) => create,
        _ => return false,
    };
    match &create.what {
        Some(Generator::Secret(SecretKind::Generic { from, .. })) => !from.literals.is_empty(),
        Some(Generator::Secret(SecretKind::DockerRegistry { .. })) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar;

    #[test]
    fn what_destroys_is_high_and_what_reads_is_none() {
        for (line, wanted) in [
            ("get pods", Risk::None),
            ("logs web", Risk::None),
            ("rollout history deploy/web", Risk::None),
            ("cp web:/x x", Risk::None),
            ("cp x web:/x", Risk::Low),
            ("label pod/a b=c", Risk::Low),
            ("label pod/a b=c --dry-run", Risk::None),
            ("cordon n1", Risk::Low),
            ("scale deploy/web --replicas 2", Risk::Low),
            ("scale deploy/web --replicas 0", Risk::High),
            ("replace -f x", Risk::Low),
            ("replace -f x --force", Risk::High),
            ("taint node n1 a=b:NoSchedule", Risk::Low),
            ("taint node n1 a=b:NoExecute", Risk::High),
            ("delete pod a", Risk::High),
            ("delete pod a --dry-run=server", Risk::None),
            ("drain n1", Risk::High),
        ] {
            assert_eq!(risk(&grammar::parse_line(line).unwrap()), wanted, "{line}");
        }
        assert!(secret(&grammar::parse_line("create secret generic s --from-literal=a=b").unwrap()));
    }
}
