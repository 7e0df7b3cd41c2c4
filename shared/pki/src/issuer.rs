//! Signs tokens and knows its own again: compact JSON web tokens with ES256 (RFC 7515, 7518).
//!
//! What a token says is its owner's business: here it is bytes. One key signs; former keys are still
//! believed, so that keys can be changed without throwing anybody out.

use crate::{Error, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use rcgen::{KeyPair, PublicKeyData};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey},
};
use sha2::{Digest, Sha256};
use std::fmt;

/// Signs tokens and knows its own again.
pub struct Issuer {
    pair: EcdsaKeyPair,
    /// The signing key first, then the former ones.
    known: Vec<Known>,
    random: SystemRandom,
}

/// A key that is believed.
struct Known {
    id: String,
    /// The first segment of every token it signed.
    head: String,
    /// The point, uncompressed: a byte, then both coordinates.
    point: Vec<u8>,
}

impl Issuer {
    /// A new signing key, PEM. To be kept secret.
    pub fn new_key() -> Result<String> {
        let made = KeyPair::generate().map_err(|source| Error::Make { what: "a key for tokens", source })?;
        Ok(made.serialize_pem())
    }

    /// An issuer that signs with `key` and still believes what `former` ones signed (each PEM).
    pub fn load(key: &str, former: &[String]) -> Result<Self> {
        let random = SystemRandom::new();
        let signing = read(key)?;
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, signing.serialized_der(), &random)
                .map_err(malformed)?;
        let mut known = vec![Known::of(&signing)];
        for key in former {
            known.push(Known::of(&read(key)?));
        }
        Ok(Self { pair, known, random })
    }

    /// An issuer whose key nobody keeps.
    pub fn fresh() -> Result<Self> {
        Self::load(&Self::new_key()?, &[])
    }

    /// A token that says `claims`, which are JSON.
    pub fn sign(&self, claims: &[u8]) -> Result<String> {
        let said = format!("{}.{}", self.known[0].head, BASE64.encode(claims));
        let signature = self.pair.sign(&self.random, said.as_bytes()).map_err(malformed)?;
        Ok(format!("{said}.{}", BASE64.encode(signature)))
    }

    /// What a token says, when one of our keys signed it.
    pub fn open(&self, token: &str) -> Option<Vec<u8>> {
        let (said, signature) = token.rsplit_once('.')?;
        let (head, claims) = said.split_once('.')?;
        let key = self.known.iter().find(|k| k.head == head)?;
        let signature = BASE64.decode(signature).ok()?;
        let point = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.point);
        point.verify(said.as_bytes(), &signature).ok()?;
        BASE64.decode(claims).ok()
    }

    /// The public keys, as a JSON web key set (RFC 7517).
    pub fn key_set(&self) -> String {
        let key = |known: &Known| {
            let (x, y) = known.point[1..].split_at(known.point.len() / 2);
            format!(
                r#"{{"use":"sig","kty":"EC","kid":"{}","crv":"P-256","alg":"ES256","x":"{}","y":"{}"}}"#,
                known.id,
                BASE64.encode(x),
                BASE64.encode(y)
            )
        };
        format!(r#"{{"keys":[{}]}}"#, self.known.iter().map(key).collect::<Vec<_>>().join(","))
    }
}

impl Known {
    fn of(key: &KeyPair) -> Self {
        let id = BASE64.encode(Sha256::digest(key.subject_public_key_info()));
        let head = BASE64.encode(format!(r#"{{"alg":"ES256","kid":"{id}"}}"#));
        Self { id, head, point: key.public_key_raw().to_vec() }
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known.iter().map(|k| &k.id)).finish()
    }
}

fn read(pem: &str) -> Result<KeyPair> {
    KeyPair::from_pkcs8_pem_and_sign_algo(pem, &rcgen::PKCS_ECDSA_P256_SHA256).map_err(malformed)
}

fn malformed(why: impl fmt::Display) -> Error {
    Error::Malformed { what: "the key for tokens", why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_here_is_believed() {
        let (old, new) = (Issuer::new_key().unwrap(), Issuer::new_key().unwrap());
        let before = Issuer::load(&old, &[]).unwrap().sign(b"{}").unwrap();
        let issuer = Issuer::load(&new, std::slice::from_ref(&old)).unwrap();
        let token = issuer.sign(br#"{"sub":"a"}"#).unwrap();
        assert_eq!(issuer.open(&token).unwrap(), br#"{"sub":"a"}"#);
        assert_eq!(issuer.open(&before).unwrap(), b"{}", "a former key is believed");
        assert!(Issuer::load(&new, &[]).unwrap().open(&before).is_none());
        let (head, rest) = token.split_once('.').unwrap();
        let (claims, signature) = rest.split_once('.').unwrap();
        let none = BASE64.encode(r#"{"alg":"none"}"#);
        for forged in [
            format!("{head}.{}.{signature}", BASE64.encode(r#"{"sub":"b"}"#)),
            format!("{none}.{claims}."),
            format!("{head}.{claims}."),
            head.to_owned(),
            String::new(),
        ] {
            assert!(issuer.open(&forged).is_none(), "{forged}");
        }
    }

    #[test]
    fn the_key_set_names_every_key() {
        let issuer = Issuer::load(&Issuer::new_key().unwrap(), &[Issuer::new_key().unwrap()]).unwrap();
        let set = issuer.key_set();
        assert_eq!(set.matches(r#""kty":"EC""#).count(), 2, "{set}");
        // 32 bytes are 43 letters of base64.
        let x = set.split(r#""x":""#).nth(1).and_then(|s| s.split('"').next()).unwrap();
        assert_eq!(x.len(), 43);
    }

    #[test]
    fn nonsense_is_no_key() {
        assert!(Issuer::load("nonsense", &[]).is_err());
    }
}
