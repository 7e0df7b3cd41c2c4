//! A certificate for another name: for names that the library cannot write.

use crate::{Authority, Error, Result, authority::make};
use base64::{Engine, prelude::BASE64_STANDARD};
use rcgen::SigningKey;
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const LINE: usize = 64;

impl Authority {
    /// The certificate (DER) with another subject (DER), signed again; PEM.
    pub(crate) fn renamed(&self, certificate: &[u8], subject: &[u8]) -> Result<String> {
        let malformed = |why: String| Error::Malformed { what: "a certificate of our own", why };
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|e| malformed(e.to_string()))?;
        let told = parsed.tbs_certificate.as_ref();
        let old = parsed.tbs_certificate.subject.as_raw();
        // Both stand in the same bytes.
        let at = old.as_ptr().addr() - told.as_ptr().addr();
        let content = [&told[head(told)..at], subject, &told[at + old.len()..]].concat();
        let told_anew = wrapped(SEQUENCE, &content);
        // How it is signed is said after what is signed.
        let rest = &certificate[head(certificate) + told.len()..];
        let algorithm = &rest[..whole(rest)];
        let mut signature = vec![0];
        signature.extend(self.key_pair().sign(&told_anew).map_err(make("a signature"))?);
        let parts = [&told_anew[..], algorithm, &wrapped(BIT_STRING, &signature)].concat();
        Ok(pem(&wrapped(SEQUENCE, &parts)))
    }
}

/// How long the head of a value is: what it is, and its length.
fn head(der: &[u8]) -> usize {
    if der[1] < 0x80 { 2 } else { 2 + usize::from(der[1] & 0x7f) }
}

/// How long a value is, with its head.
fn whole(der: &[u8]) -> usize {
    let length = match der[1] {
        short @ 0..0x80 => usize::from(short),
        _ => der[2..head(der)].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
    };
    head(der) + length
}

fn wrapped(what: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![what];
    if let Ok(short @ 0..0x80) = u8::try_from(content.len()) {
        der.push(short);
    } else {
        let bytes = content.len().to_be_bytes();
        let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        der.push(0x80 | u8::try_from(bytes.len()).unwrap_or(8));
        der.extend(bytes);
    }
    der.extend(content);
    der
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(LINE).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_they_are_written() {
        for length in [0, 5, 127, 128, 255, 256, 70_000] {
            let der = wrapped(SEQUENCE, &vec![7; length]);
            assert_eq!((whole(&der), der.len() - head(&der)), (der.len(), length));
        }
    }
}
