//! What is wrong with a certificate signing request.

use super::CertificateSigningRequest;
use crate::{Invalid, name};
use k8s_openapi::api::certificates::v1::CertificateSigningRequestCondition as Condition;
use std::collections::BTreeSet;

const SHORTEST: i32 = 600;
const DOMAIN_MAX: usize = 253;
const PATH_MAX: usize = 571 - DOMAIN_MAX - 1;
const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

pub(super) fn valid(request: &CertificateSigningRequest, invalid: &mut Invalid) {
    let spec = &request.spec;
    let text = String::from_utf8_lossy(&spec.request.0);
    let text = text.trim();
    // What is inside is for the signer to read; that it is a request at all is seen from the outside.
    if !text.starts_with("-----BEGIN CERTIFICATE REQUEST-----") {
        invalid.value("spec.request", &spec.request, "PEM block type must be CERTIFICATE REQUEST");
    }
    let usages = spec.usages.as_deref().unwrap_or_default();
    if usages.is_empty() {
        invalid.required("spec.usages", "usages must be provided");
    }
    let mut seen = BTreeSet::new();
    for (at, usage) in usages.iter().enumerate() {
        if !USAGES.contains(&usage.as_str()) {
            invalid.unsupported(format!("spec.usages[{at}]"), usage, USAGES);
        }
        if !seen.insert(usage) {
            invalid.duplicate(format!("spec.usages[{at}]"), usage);
        }
    }
    valid_signer(&spec.signer_name, invalid);
    if let Some(seconds) = spec.expiration_seconds.filter(|s| *s < SHORTEST) {
        let why = format!("may not specify a duration less than {SHORTEST} seconds (10 minutes)");
        invalid.value("spec.expirationSeconds", seconds, &why);
    }
    valid_conditions(request, invalid);
}

fn valid_signer(signer: &str, invalid: &mut Invalid) {
    let field = "spec.signerName";
    if signer.is_empty() {
        return invalid.required(field, "");
    }
    let parts: Vec<_> = signer.split('/').collect();
    let &[domain, path] = parts.as_slice() else {
        let why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        return invalid.value(field, signer, why);
    };
    if domain.len() > DOMAIN_MAX {
        invalid.too_long(field, DOMAIN_MAX);
    }
    let labels: Vec<_> = domain.split('.').collect();
    for label in &labels {
        if let Some(why) = name::label(label) {
            invalid.value(field, domain, &format!("validating label {label:?}: {why}"));
        }
    }
    if labels.len() < 2 {
        let why = "should be a domain with at least two segments separated by dots";
        invalid.value(field, domain, why);
    }
    if path.len() > PATH_MAX {
        invalid.too_long(field, PATH_MAX);
    }
    for label in path.split('.') {
        if let Some(why) = name::label(label) {
            invalid.value(field, path, &format!("validating label {label:?}: {why}"));
        }
    }
}

fn conditions(request: &CertificateSigningRequest) -> &[Condition] {
    request.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default()
}

fn valid_conditions(request: &CertificateSigningRequest, invalid: &mut Invalid) {
    let path = "status.conditions";
    let mut seen = BTreeSet::new();
    for (at, one) in conditions(request).iter().enumerate() {
        let path = format!("{path}[{at}]");
        if one.type_.is_empty() {
            invalid.required(format!("{path}.type"), "");
        }
        let decided = matches!(one.type_.as_str(), "Approved" | "Denied" | "Failed");
        let supported: &[&str] = if decided { &["True"] } else { &["False", "True", "Unknown"] };
        if one.status.is_empty() {
            invalid.required(format!("{path}.status"), "");
        } else if !supported.contains(&one.status.as_str()) {
            invalid.unsupported(format!("{path}.status"), &one.status, supported);
        }
        if !seen.insert(one.type_.as_str()) {
            invalid.duplicate(format!("{path}.type"), &one.type_);
        }
    }
    if seen.contains("Approved") && seen.contains("Denied") {
        let why = "Approved and Denied conditions are mutually exclusive";
        invalid.value(path, "Approved", why);
    }
}

/// Records what is taken back: an approval or a denial stands, and so does a certificate.
pub(super) fn decided(
    new: &CertificateSigningRequest,
    old: &CertificateSigningRequest,
    invalid: &mut Invalid,
) {
    for type_ in ["Approved", "Denied", "Failed"] {
        let had = conditions(old).iter().any(|c| c.type_ == type_);
        if had && !conditions(new).iter().any(|c| c.type_ == type_) {
            let why = format!("updates may not remove a condition of type {type_:?}");
            invalid.forbidden("status.conditions", &why);
        }
    }
    let issued = |r: &CertificateSigningRequest| {
        r.status.as_ref().and_then(|s| s.certificate.clone()).unwrap_or_default()
    };
    if !issued(old).0.is_empty() && issued(new) != issued(old) {
        let why = "updates may not modify existing certificate content";
        invalid.forbidden("status.certificate", why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings};
    use serde_json::{Value, json};

    fn request(signer: &str, usages: &Value, conditions: &Value) -> Value {
        let pem = k8s_openapi::ByteString(b"-----BEGIN CERTIFICATE REQUEST-----\n".to_vec());
        json!({"spec": {"request": pem, "signerName": signer, "usages": usages}, "status": {"conditions": conditions}})
    }

    #[test]
    fn each_finding_names_its_field() {
        let (none, usages) = (json!([]), json!(["client auth"]));
        assert_eq!(findings::<CertificateSigningRequest>(request("x.io/a", &usages, &none)), [""; 0]);
        assert_eq!(
            findings::<CertificateSigningRequest>(
                json!({"spec": {"request": "AA==", "signerName": "", "expirationSeconds": 1}})
            ),
            [
                "spec.request: Invalid value: \"AA==\": PEM block type must be CERTIFICATE REQUEST",
                "spec.usages: Required value: usages must be provided",
                "spec.signerName: Required value",
                "spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 600 seconds (10 minutes)",
            ]
        );
        let both = json!([{"type": "Approved", "status": "True"}, {"type": "Denied", "status": "False"}]);
        let found = findings::<CertificateSigningRequest>(request("x/a", &json!(["a", "a"]), &both));
        let expected = [
            "spec.usages[0]: Unsupported value: \"a\": supported values: \"any\", \"cert sign\"",
            "spec.usages[1]: Unsupported value: \"a\"",
            "spec.usages[1]: Duplicate value: \"a\"",
            "spec.signerName: Invalid value: \"x\": should be a domain with at least two segments separated by dots",
            "status.conditions[1].status: Unsupported value: \"False\": supported values: \"True\"",
            "status.conditions: Invalid value: \"Approved\": Approved and Denied conditions are mutually exclusive",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        found.iter().zip(expected).for_each(|(f, e)| assert!(f.starts_with(e), "{f} is not {e}"));
    }

    #[test]
    fn what_was_decided_stands() {
        let usages = json!(["client auth"]);
        let approved = request("x.io/a", &usages, &json!([{"type": "Approved", "status": "True"}]));
        let found = changed::<CertificateSigningRequest>(approved, request("x.io/b", &usages, &json!([])));
        assert!(found[0].starts_with("spec: Invalid value: {"), "{found:?}");
        assert_eq!(
            found[1],
            "status.conditions: Forbidden: updates may not remove a condition of type \"Approved\""
        );
    }
}
