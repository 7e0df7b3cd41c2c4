//! Signing requests as they were written before `certificates.k8s.io/v1`, when a signer and usages could be
//! left out.

use crate::Version;
use serde_json::{Value, json};

pub(super) const VERSIONS: &[Version] = &[Version {
    group: "certificates.k8s.io",
    version: "v1beta1",
    api_version: "certificates.k8s.io/v1beta1",
    upgrade,
    downgrade: |_| {},
    warning: Some(
        "certificates.k8s.io/v1beta1 CertificateSigningRequest is deprecated in v1.19+, unavailable in v1.22+; use \
         certificates.k8s.io/v1 CertificateSigningRequest",
    ),
}];

fn upgrade(request: &mut Value) {
    if let Some(spec) = request.get_mut("spec").and_then(Value::as_object_mut) {
        let signer = spec.entry("signerName").or_insert(Value::Null);
        if signer.is_null() || signer == "" {
            *signer = json!("kubernetes.io/legacy-unknown");
        }
        let usages = spec.entry("usages").or_insert(Value::Null);
        if usages.is_null() {
            *usages = json!(["digital signature", "key encipherment"]);
        }
    }
    let conditions = request.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten().filter_map(Value::as_object_mut) {
        condition.entry("status").or_insert_with(|| json!("True"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_left_out_is_filled_in() {
        let mut value =
            json!({"spec": {"request": "AA=="}, "status": {"conditions": [{"type": "Approved"}]}});
        upgrade(&mut value);
        assert_eq!(
            value,
            json!({
                "spec": {"request": "AA==", "signerName": "kubernetes.io/legacy-unknown",
                    "usages": ["digital signature", "key encipherment"]},
                "status": {"conditions": [{"type": "Approved", "status": "True"}]}
            })
        );
    }
}
