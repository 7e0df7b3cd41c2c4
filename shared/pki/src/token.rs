//! Join tokens: `dhow1.<hash of the authority>.<id>.<secret>`.

use crate::{Error, Result};
use rand::Rng;
use std::{fmt, str::FromStr};

const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// An invitation to join a cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the authority's certificate (DER), in hexadecimal.
    pub authority: String,
    /// Names the token; not secret.
    pub id: String,
    /// Proves the invitation.
    pub secret: String,
}

impl Token {
    /// A new token for the authority with this fingerprint.
    pub fn create(authority: &str) -> Self {
        Self { authority: authority.into(), id: random(6), secret: random(16) }
    }
}

fn random(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<_> = text.trim().split('.').collect();
        let word = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| ALPHABET.contains(&b));
        match parts[..] {
            ["dhow1", authority, id, secret]
                if authority.len() == 64
                    && authority.bytes().all(|b| b.is_ascii_hexdigit())
                    && word(id, 6)
                    && word(secret, 16) =>
            {
                Ok(Self { authority: authority.to_ascii_lowercase(), id: id.into(), secret: secret.into() })
            }
            // The secret part of a mistyped token does not belong into a message.
            _ => Err(Error::Token(text.chars().take(12).collect::<String>() + "…")),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dhow1.{}.{}.{}", self.authority, self.id, self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back() {
        let token = Token::create(&"ab".repeat(32));
        assert!(token.to_string().parse::<Token>().unwrap() == token);
    }

    #[test]
    fn nonsense_is_refused_without_repeating_it() {
        for bad in ["", "dhow1.x.y.z", "dhow2.a.b.c", "dhow1.abcdef.abcdef.abcdefghijklmnop"] {
            let Err(error) = bad.parse::<Token>() else { panic!("{bad} is no token") };
            assert!(!error.to_string().contains("abcdefghijklmnop"), "{error}");
        }
    }
}
