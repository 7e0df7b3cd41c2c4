//! Tokens of service accounts: what they say, who gets one, and whether one is still good.

mod check;
mod claims;
mod request;

pub(crate) use check::{Accepted, accept};
pub(crate) use claims::{Claims, Ref, account, subject};
pub(crate) use request::request;

use serde_json::json;
use shared_pki::Issuer;
use std::sync::Arc;

/// Who signs the tokens of service accounts.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The keys.
    pub issuer: Arc<Issuer>,
    /// What tokens call it, and whom they are meant for unless somebody else is named.
    pub url: String,
}

impl Tokens {
    /// The name that Kubernetes' own installers give.
    pub const URL: &'static str = "https://kubernetes.default.svc.cluster.local";

    /// Signs with these keys.
    pub fn new(issuer: Arc<Issuer>) -> Self {
        Self { issuer, url: Self::URL.into() }
    }

    /// The text of a signed token.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, shared_pki::Error> {
        self.issuer.sign(&serde_json::to_vec(&claims.to_json(&self.url)).expect("JSON can be written"))
    }

    /// What others need to check tokens by themselves: media type and text of a well-known path.
    pub(crate) fn document(&self, path: &str, address: &str) -> Option<(&'static str, String)> {
        match path {
            "/openid/v1/jwks" => Some(("application/jwk-set+json", self.issuer.key_set())),
            "/.well-known/openid-configuration" => {
                let found = json!({
                    "issuer": self.url,
                    "jwks_uri": format!("https://{address}/openid/v1/jwks"),
                    "response_types_supported": ["id_token"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                });
                Some(("application/json", found.to_string()))
            }
            _ => None,
        }
    }
}
