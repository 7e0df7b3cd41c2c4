//! Every approved `CertificateSigningRequest` that is for one of the cluster's signers gets its certificate.

use shared_api::{
    ByteString, Time,
    certificates::{CertificateSigningRequest, CertificateSigningRequestCondition as Condition},
};
use shared_reconcile::{Plan, Reconciler, World};
use std::sync::Arc;

/// Signs requests.
pub trait Sign: Send + Sync {
    /// The certificate (PEM), or why there is none; `None` when the request is for another signer.
    fn sign(&self, request: &CertificateSigningRequest) -> Option<Result<String, String>>;
}

/// See the module documentation.
pub struct CertificateSigning {
    signers: Option<Arc<dyn Sign>>,
}

impl CertificateSigning {
    /// Lets `signers` sign.
    pub fn new(signers: Option<Arc<dyn Sign>>) -> Self {
        Self { signers }
    }
}

impl Reconciler for CertificateSigning {
    type Kind = CertificateSigningRequest;
    const NAME: &'static str = "csrsigning";

    fn reconcile(&self, request: &CertificateSigningRequest, world: &World) -> Plan {
        let status = request.status.as_ref();
        let has = |type_: &str| {
            let conditions = status.and_then(|s| s.conditions.as_deref()).unwrap_or_default();
            conditions.iter().any(|c| c.type_ == type_ && c.status == "True")
        };
        let issued = status.and_then(|s| s.certificate.as_ref()).is_some_and(|c| !c.0.is_empty());
        if issued || !has("Approved") || has("Denied") || has("Failed") {
            return Plan::nothing();
        }
        let Some(answer) = self.signers.as_ref().and_then(|signers| signers.sign(request)) else {
            return Plan::nothing();
        };
        let mut request = request.clone();
        let status = request.status.get_or_insert_default();
        match answer {
            Ok(certificate) => status.certificate = Some(ByteString(certificate.into_bytes())),
            Err(why) => status.conditions.get_or_insert_default().push(Condition {
                type_: "Failed".into(),
                status: "True".into(),
                reason: Some("SignerValidationFailure".into()),
                message: Some(why),
                last_update_time: Some(Time(world.now())),
                last_transition_time: Some(Time(world.now())),
            }),
        }
        Plan::nothing().update_status(&request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared_reconcile::Change;

    struct Signer;

    impl Sign for Signer {
        fn sign(&self, request: &CertificateSigningRequest) -> Option<Result<String, String>> {
            match request.spec.signer_name.as_str() {
                "ours" => Some(Ok("PEM".into())),
                "strict" => Some(Err("no such usage".into())),
                _ => None,
            }
        }
    }

    fn given(signer: &str, conditions: &[&str]) -> Value {
        let conditions: Vec<_> = conditions.iter().map(|c| json!({"type": c, "status": "True"})).collect();
        let request = serde_json::from_value(json!({
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "r"},
            "spec": {"request": "", "signerName": signer}, "status": {"conditions": conditions},
        }));
        let plan =
            CertificateSigning::new(Some(Arc::new(Signer))).reconcile(&request.unwrap(), &World::default());
        match &plan.changes[..] {
            [Change::UpdateStatus(request)] => request.value()["status"].take(),
            _ => Value::Null,
        }
    }

    #[test]
    fn only_what_was_approved_is_signed() {
        assert_eq!(given("ours", &["Approved"])["certificate"], "UEVN");
        assert_eq!(given("strict", &["Approved"])["conditions"][1]["message"], "no such usage");
        for (signer, conditions) in [
            ("ours", &[][..]),
            ("ours", &["Denied"]),
            ("strict", &["Approved", "Failed"]),
            ("other", &["Approved"]),
        ] {
            assert_eq!(given(signer, conditions), Value::Null, "{signer} {conditions:?}");
        }
    }
}
