//! Where a webhook is reached.

use crate::Invalid;
use k8s_openapi::api::admissionregistration::v1::{ServiceReference, WebhookClientConfig};

const FORMAT: &str = "desired format: https://host[:port]/path";

/// Records what is wrong with it.
pub(crate) fn valid(path: &str, client: &WebhookClientConfig, invalid: &mut Invalid) {
    match (&client.url, &client.service) {
        (Some(url), None) => valid_url(&format!("{path}.url"), url, invalid),
        (None, Some(service)) => valid_service(&format!("{path}.service"), service, invalid),
        _ => invalid.required(path, "exactly one of url or service is required"),
    }
}

fn valid_url(path: &str, url: &str, invalid: &mut Invalid) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    if scheme != "https" {
        let why = format!("'https' is the only allowed URL scheme; {FORMAT}");
        invalid.value(path, scheme, &why);
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() || scheme.is_empty() {
        invalid.value(path, "", &format!("host must be specified; {FORMAT}"));
    }
    if let Some((user, _)) = host.split_once('@') {
        invalid.value(path, user, "user information is not permitted in the URL");
    }
    if !fragment.is_empty() {
        invalid.value(path, fragment, "fragments are not permitted in the URL");
    }
    if !query.is_empty() {
        invalid.value(path, query, "query parameters are not permitted in the URL");
    }
    if url.bytes().any(|byte| byte.is_ascii_control() || byte == b' ') {
        invalid.value(path, url, &format!("url must be a valid URL; {FORMAT}"));
    }
}

fn valid_service(path: &str, service: &ServiceReference, invalid: &mut Invalid) {
    if service.name.is_empty() {
        invalid.required(format!("{path}.name"), "service name is required");
    }
    if service.namespace.is_empty() {
        invalid.required(format!("{path}.namespace"), "service namespace is required");
    }
    if service.port.is_some_and(|port| !(1..=65535).contains(&port)) {
        let why = "port is not valid: must be between 1 and 65535, inclusive";
        invalid.value(format!("{path}.port"), service.port, why);
    }
    let Some(text) = &service.path else { return };
    let path = format!("{path}.path");
    if text == "/" || text.is_empty() {
        return;
    }
    if text == "//" {
        return invalid.value(path, text, "segment[0] may not be empty");
    }
    let Some(inner) = text.strip_prefix('/') else {
        return invalid.value(path, text, "must start with a '/'");
    };
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    for (at, segment) in inner.split('/').enumerate() {
        if segment.is_empty() {
            invalid.value(path.clone(), text, &format!("segment[{at}] may not be empty"));
        } else if let Some(why) = crate::name::subdomain(segment) {
            invalid.value(path.clone(), text, &format!("segment[{at}]: {why}"));
        }
    }
}
