//! Pods that name no service account run as `default`.

use super::{Action, Request};
use shared_api::{Refusal, core::Pod};

#[allow(clippy::unnecessary_wraps, reason = "every admission has one shape")]
pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    if request.action == Action::Create
        && let Some(pod) = request.draft.as_any_mut().downcast_mut::<Pod>()
        && let Some(spec) = &mut pod.spec
    {
        let named = [&spec.service_account_name, &spec.service_account];
        let named = named.into_iter().flatten().find(|n| !n.is_empty()).cloned();
        let name = named.unwrap_or_else(|| "default".into());
        // The second field is the first one's old name; clients of either age look at theirs.
        spec.service_account = Some(name.clone());
        spec.service_account_name = Some(name);
    }
    Ok(())
}
