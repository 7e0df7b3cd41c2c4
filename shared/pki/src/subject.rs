//! Who a certificate says somebody is.

use crate::{Error, Result};
use sha2::{Digest, Sha256};

/// The subject of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Common name: the user's name.
    pub name: String,
    /// Organisations: the user's groups.
    pub groups: Vec<String>,
}

/// Who a certificate (DER) says somebody is. It does not verify; the connection did.
pub fn subject(der: &[u8]) -> Result<Subject> {
    let parsed = parse(der)?;
    let text = |a: &x509_parser::x509::AttributeTypeAndValue<'_>| a.as_str().unwrap_or_default().to_owned();
    let name = parsed.subject().iter_common_name().next().map(text).unwrap_or_default();
    Ok(Subject { name, groups: parsed.subject().iter_organization().map(text).collect() })
}

/// When a certificate (DER) ends, in seconds since 1970.
pub fn expires_at(der: &[u8]) -> Result<i64> {
    Ok(parse(der)?.validity().not_after.timestamp())
}

/// When a certificate (DER) begins and ends to hold, in seconds since 1970.
pub(crate) fn validity(der: &[u8]) -> Result<(i64, i64)> {
    let parsed = parse(der)?;
    Ok((parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp()))
}

/// SHA-256 of a certificate (DER), in hexadecimal.
pub fn fingerprint(der: &[u8]) -> String {
    hex::encode(Sha256::digest(der))
}

fn parse(der: &[u8]) -> Result<x509_parser::certificate::X509Certificate<'_>> {
    let parsed = x509_parser::parse_x509_certificate(der);
    parsed.map(|(_, c)| c).map_err(|e| Error::Malformed { what: "certificate", why: e.to_string() })
}
