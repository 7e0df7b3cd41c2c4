use crate::Kind;
pub use k8s_openapi::api::coordination::v1::Lease;

impl Kind for Lease {
    const SHORT_NAMES: &'static [&'static str] = &[];
}
