//! Pods stay for five minutes on a node that stopped answering, unless they say otherwise.

use super::{Action, Request};
use shared_api::{
    Refusal,
    core::{Pod, Toleration},
};

const SECONDS: i64 = 300;
const TAINTS: &[&str] = &["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

#[allow(clippy::unnecessary_wraps, reason = "every admission has one shape")]
pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    if request.action == Action::Create
        && let Some(pod) = request.draft.as_any_mut().downcast_mut::<Pod>()
        && let Some(spec) = &mut pod.spec
    {
        let tolerations = spec.tolerations.get_or_insert_default();
        for taint in TAINTS {
            if !tolerations.iter().any(|t| covers(t, taint)) {
                tolerations.push(Toleration {
                    key: Some((*taint).into()),
                    operator: Some("Exists".into()),
                    effect: Some("NoExecute".into()),
                    toleration_seconds: Some(SECONDS),
                    value: None,
                });
            }
        }
    }
    Ok(())
}

fn covers(toleration: &Toleration, taint: &str) -> bool {
    let any =
        |field: &Option<String>, wanted: &str| field.as_deref().is_none_or(|f| f.is_empty() || f == wanted);
    any(&toleration.key, taint) && any(&toleration.effect, "NoExecute")
}
