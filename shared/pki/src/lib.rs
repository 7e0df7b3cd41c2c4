//! Keys, certificates and join tokens. It signs and verifies; it opens no connection and reads no file.
//!
//! A cluster has one [`Authority`]. Servers, users, nodes and peers each hold an [`Identity`] that it
//! signed: the common name is the user's name and the organisation the user's group, as in Kubernetes.
//! An [`Issuer`] signs the tokens that programs in pods show.
//! A [`Token`] lets a stranger join: it carries the authority's hash, so that the stranger knows whom
//! it talks to, and a secret, so that the control plane knows the stranger was invited.

mod authority;
mod bundle;
mod issuer;
mod renamed;
mod subject;
mod tls;
mod token;
mod wanted;

pub use authority::{Authority, Identity, Request, Validity};
pub use bundle::believing;
pub use issuer::Issuer;
pub use rustls;
pub use subject::{Subject, expires_at, fingerprint, subject};
pub use tls::{Trust, client_config, der, install_provider, server_config};
pub use token::Token;
pub use wanted::Wanted;

/// What can go wrong with a key, a certificate or a token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A key or certificate could not be made.
    #[error("making {what}")]
    Make {
        /// The attempt.
        what: &'static str,
        /// Why not.
        #[source]
        source: rcgen::Error,
    },
    /// A key, certificate or request could not be read.
    #[error("{what} cannot be read: {why}")]
    Malformed {
        /// Which one.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// TLS will not take it.
    #[error("setting up TLS")]
    Tls(#[from] rustls::Error),
    /// Not a join token.
    #[error(
        "{0:?} is not a join token; expected dhow1.<hash>.<id>.<secret>, as `dhow controlplane token` prints it"
    )]
    Token(String),
}

/// Result of anything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
