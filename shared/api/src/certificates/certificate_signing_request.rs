//! Certificate signing requests: keys somebody wants signed.

mod beta;
mod validate;

use crate::{Column, Field, Invalid, Kind, Timestamp, Version, ago, cells};
pub use k8s_openapi::api::certificates::v1::CertificateSigningRequest;

impl Kind for CertificateSigningRequest {
    const VERSIONS: &'static [Version] = beta::VERSIONS;
    const SHORT_NAMES: &'static [&'static str] = &["csr"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "approval"];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::age(),
        Column::text("SignerName", |r, _| cells::or_none(Some(&r.spec.signer_name))),
        Column::text("Requestor", |r, _| r.spec.username.clone().unwrap_or_default()),
        Column::text("RequestedDuration", |r, _| {
            let wanted = r.spec.expiration_seconds.and_then(|s| Timestamp::from_second(s.into()).ok());
            wanted.map_or_else(|| cells::or_none(None), |until| ago(Timestamp::UNIX_EPOCH, until))
        }),
        Column::text("Condition", |r, _| condition(r)),
    ];
    const FIELDS: &'static [Field<Self>] =
        &[Field { path: "spec.signerName", get: |r| r.spec.signer_name.clone() }];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        validate::valid(self, invalid);
        if let Some(old) = old {
            invalid.kept("spec", &self.spec, &old.spec);
            validate::decided(self, old, invalid);
        }
    }
}

/// `Approved,Issued`.
fn condition(request: &CertificateSigningRequest) -> String {
    let Some(status) = &request.status else { return "Pending".into() };
    let has = |type_: &str| status.conditions.iter().flatten().any(|c| c.type_ == type_);
    let mut text = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    }
    .to_owned();
    if has("Failed") {
        text += ",Failed";
    }
    if status.certificate.as_ref().is_some_and(|c| !c.0.is_empty()) {
        text += ",Issued";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::row;
    use serde_json::json;

    #[test]
    fn a_request_is_shown_by_what_became_of_it() {
        let mut request = json!({"spec": {"request": "AA==", "signerName": "x.io/a", "username": "u", "expirationSeconds": 3600}});
        assert_eq!(
            row::<CertificateSigningRequest>(request.clone()),
            ["<unknown>", "x.io/a", "u", "60m", "Pending"]
        );
        request["status"] =
            json!({"conditions": [{"type": "Approved", "status": "True"}], "certificate": "AA=="});
        assert_eq!(row::<CertificateSigningRequest>(request)[4], "Approved,Issued");
    }
}
