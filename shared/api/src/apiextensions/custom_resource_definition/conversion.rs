//! What is wrong with how a definition turns objects from version to version.

use super::CustomResourceDefinition;
use crate::{Invalid, admissionregistration as hooks, custom};

/// Fields are named as Kubernetes names them, which is where an older version of definitions has them.
const CLIENT: &str = "spec.conversion.webhookClientConfig";
const VERSIONS: &str = "spec.conversion.conversionReviewVersions";

pub(super) fn check(
    new: &CustomResourceDefinition,
    old: Option<&CustomResourceDefinition>,
    invalid: &mut Invalid,
) {
    let Some(conversion) = &new.spec.conversion else { return };
    let webhook = conversion.webhook.as_ref();
    let client = webhook.and_then(|webhook| webhook.client_config.as_ref());
    let versions = reviews(new);
    match conversion.strategy.as_str() {
        "" => invalid.required("spec.conversion.strategy", ""),
        "None" => {
            let why = "should not be set when strategy is not set to Webhook";
            if client.is_some() {
                invalid.forbidden(CLIENT, why);
            }
            if !versions.is_empty() {
                invalid.forbidden(VERSIONS, why);
            }
        }
        "Webhook" => {
            if new.spec.preserve_unknown_fields == Some(true) {
                let why = "must be None if spec.preserveUnknownFields is true";
                invalid.value("spec.conversion.strategy", "Webhook", why);
            }
            match client {
                Some(client) => hooks::valid_address(CLIENT, &custom::client(client), invalid),
                None => invalid.required(CLIENT, "required when strategy is set to Webhook"),
            }
            if versions.is_empty() {
                return invalid.required(VERSIONS, "");
            }
            let lenient =
                old.is_some_and(|old| !reviews(old).is_empty() && !hooks::has_known_version(reviews(old)));
            hooks::valid_versions(VERSIONS, versions, lenient, invalid);
        }
        other => invalid.unsupported("spec.conversion.strategy", other, &["None", "Webhook"]),
    }
}

/// The versions of a review that the webhook of a definition understands.
fn reviews(definition: &CustomResourceDefinition) -> &[String] {
    let webhook = definition.spec.conversion.as_ref().and_then(|conversion| conversion.webhook.as_ref());
    webhook.map(|webhook| webhook.conversion_review_versions.as_slice()).unwrap_or_default()
}
