//! Certificate signing requests: keys somebody wants signed.

use crate::Kind;
pub use k8s_openapi::api::certificates::v1::CertificateSigningRequest;

impl Kind for CertificateSigningRequest {
    const SHORT_NAMES: &'static [&'static str] = &["csr"];
    const SUBRESOURCES: &'static [&'static str] = &["status", "approval"];
}
