//! What policies come to: the first that denies refuses the request, others may only warn.

use super::{super::request::Asked, Binding, Policy};
use shared_api::{Key, Reason, Refusal, meta::StatusCause};

/// What one validation found.
pub(in super::super) struct Denied {
    pub(super) message: String,
    pub(super) reason: Option<String>,
}

impl Denied {
    pub(super) fn because(message: String) -> Self {
        Self { message, reason: None }
    }
}

/// What all of them found.
#[derive(Default)]
pub(in super::super) struct Outcome {
    denied: Option<(String, Option<String>)>,
    pub(in super::super) warnings: Vec<String>,
}

impl Outcome {
    /// Notes what was found where a binding holds.
    pub(super) fn found(&mut self, policy: &Policy, binding: &Binding, found: &Denied) {
        for action in binding.spec.validation_actions.iter().flatten() {
            match action.as_str() {
                "Deny" => self.deny(policy, Some(binding), &found.message, found.reason.clone()),
                "Warn" => self.warnings.push(format!(
                    "Validation failed for ValidatingAdmissionPolicy '{}' with binding '{}': {}",
                    policy.name, binding.name, found.message
                )),
                _ => {
                    let (policy, binding, why) = (&policy.name, &binding.name, &found.message);
                    tracing::info!(%policy, %binding, why, "a request breaks a policy");
                }
            }
        }
    }

    /// Notes that a policy cannot be asked.
    pub(super) fn broken(&mut self, policy: &Policy, binding: Option<&Binding>, why: &str) {
        if policy.fails() {
            self.deny(policy, binding, why, None);
        }
    }

    fn deny(&mut self, policy: &Policy, binding: Option<&Binding>, message: &str, reason: Option<String>) {
        let with = binding.map(|binding| format!(" with binding '{}'", binding.name)).unwrap_or_default();
        let told = format!("ValidatingAdmissionPolicy '{}'{with} denied request: {message}", policy.name);
        self.denied.get_or_insert((told, reason));
    }

    /// The refusal, when something denied.
    pub(in super::super) fn refusal(self, asked: &Asked<'_>) -> Option<Refusal> {
        let (told, reason) = self.denied?;
        let key = Key {
            kind: asked.of.kind().group_kind(),
            namespace: asked.namespace.clone(),
            name: asked.name.clone(),
        };
        let mut refusal = Refusal::forbidden(&key, &told);
        refusal.reason = match reason.as_deref() {
            Some("Unauthorized") => Reason::Unauthorized,
            Some("Forbidden") => Reason::Forbidden,
            Some("RequestEntityTooLarge") => Reason::RequestEntityTooLarge,
            _ => Reason::Invalid,
        };
        if let Some(details) = &mut refusal.details {
            details.causes = Some(vec![StatusCause { message: Some(told), ..StatusCause::default() }]);
        }
        Some(refusal)
    }
}
