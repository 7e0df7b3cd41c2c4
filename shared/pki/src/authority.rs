//! The cluster's authority and what it signs.

use crate::{Error, Result};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::time::Duration;

/// How long a certificate holds, from a moment given in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From when.
    pub from: i64,
    /// For how many days.
    pub days: u32,
}

const HOUR: i64 = 3600;

impl Validity {
    fn apply(self, params: &mut CertificateParams) {
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        // A clock that runs a little late must not refuse a fresh certificate.
        let from = u64::try_from(self.from - HOUR).unwrap_or(0);
        params.not_before = epoch + Duration::from_secs(from);
        params.not_after = epoch + Duration::from_secs(from + u64::from(self.days) * 86_400 + 2 * 3600);
    }
}

/// A certificate with its key, both PEM. The certificate's chain ends with the authority's own.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Certificate chain.
    pub certificate: String,
    /// Private key, PKCS#8.
    pub key: String,
}

/// The cluster's certificate authority.
pub struct Authority {
    certificate: String,
    key: KeyPair,
}

/// A key with a request to sign it.
pub struct Request {
    /// DER of the PKCS#10 request.
    pub csr: Vec<u8>,
    /// Private key, PEM.
    pub key: String,
}

impl Request {
    /// A new key that asks to be `name` in `group`.
    pub fn new(name: &str, group: &str) -> Result<Self> {
        let key = KeyPair::generate().map_err(make("a key"))?;
        let params = named(name, &[group]);
        let csr = params.serialize_request(&key).map_err(make("a certificate request"))?;
        Ok(Self { csr: csr.der().to_vec(), key: key.serialize_pem() })
    }
}

impl Authority {
    /// A new authority.
    pub fn create(name: &str, validity: Validity) -> Result<Self> {
        let key = KeyPair::generate().map_err(make("the authority's key"))?;
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        validity.apply(&mut params);
        let certificate = params.self_signed(&key).map_err(make("the authority's certificate"))?;
        Ok(Self { certificate: certificate.pem(), key })
    }

    /// The authority that was kept as PEM.
    pub fn load(certificate: &str, key: &str) -> Result<Self> {
        let key = KeyPair::from_pem(key).map_err(make("the authority from its key"))?;
        Issuer::from_ca_cert_pem(certificate, &key).map_err(make("the authority from its certificate"))?;
        Ok(Self { certificate: certificate.into(), key })
    }

    /// Its certificate, PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Its key, PEM. To be kept secret.
    pub fn key(&self) -> String {
        self.key.serialize_pem()
    }

    /// An identity for a server that is reached by these names and addresses.
    pub fn server(&self, name: &str, reached_by: &[String], validity: Validity) -> Result<Identity> {
        let mut params = CertificateParams::new(reached_by.to_vec()).map_err(make("a server certificate"))?;
        params.distinguished_name = distinguished(name, &[]);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        self.identity(params, validity)
    }

    /// An identity for the user `name` in `groups`.
    pub fn client(&self, name: &str, groups: &[&str], validity: Validity) -> Result<Identity> {
        let mut params = named(name, groups);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.identity(params, validity)
    }

    fn identity(&self, mut params: CertificateParams, validity: Validity) -> Result<Identity> {
        let key = KeyPair::generate().map_err(make("a key"))?;
        validity.apply(&mut params);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let signed = params.signed_by(&key, &self.issuer()?).map_err(make("a certificate"))?;
        Ok(Identity { certificate: self.chain(&signed), key: key.serialize_pem() })
    }

    /// A certificate for the key of a request; name and group are ours to say, not the request's.
    pub fn sign(&self, csr: &[u8], name: &str, group: &str, validity: Validity) -> Result<String> {
        let mut request = CertificateSigningRequestParams::from_der(&csr.into())
            .map_err(|e| Error::Malformed { what: "certificate request", why: e.to_string() })?;
        let mut params = named(name, &[group]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        validity.apply(&mut params);
        request.params = params;
        let signed = request.signed_by(&self.issuer()?).map_err(make("a certificate"))?;
        Ok(self.chain(&signed))
    }

    pub(crate) fn key_pair(&self) -> &KeyPair {
        &self.key
    }

    pub(crate) fn issuer(&self) -> Result<Issuer<'_, &KeyPair>> {
        Issuer::from_ca_cert_pem(&self.certificate, &self.key).map_err(make("the issuer"))
    }

    fn chain(&self, certificate: &Certificate) -> String {
        format!("{}{}", certificate.pem(), self.certificate)
    }
}

pub(crate) fn make(what: &'static str) -> impl Fn(rcgen::Error) -> Error {
    move |source| Error::Make { what, source }
}

fn named(name: &str, groups: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished(name, groups);
    params
}

fn distinguished(name: &str, groups: &[&str]) -> DistinguishedName {
    let mut found = DistinguishedName::new();
    found.push(DnType::CommonName, name);
    // The library keeps one value a type, which is all that our own identities need.
    if let Some(group) = groups.first() {
        found.push(DnType::OrganizationName, *group);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject;

    const YEAR: Validity = Validity { from: 1_700_000_000, days: 365 };

    #[test]
    fn a_signed_request_gets_the_name_we_say() {
        let ca = Authority::create("dhow", YEAR).unwrap();
        let ca = Authority::load(ca.certificate(), &ca.key()).unwrap();
        let request = Request::new("system:masters", "system:masters").unwrap();
        let pem = ca.sign(&request.csr, "system:node:n1", "system:nodes", YEAR).unwrap();
        let der = crate::tls::certificates(&pem).unwrap();
        let who = subject(&der[0]).unwrap();
        assert_eq!(
            (who.name.as_str(), who.groups.as_slice()),
            ("system:node:n1", &["system:nodes".to_owned()][..])
        );
        assert_eq!(der.len(), 2, "the chain carries the authority");
    }

    #[test]
    fn nonsense_is_refused() {
        let ca = Authority::create("dhow", YEAR).unwrap();
        assert!(ca.sign(b"nonsense", "a", "b", YEAR).is_err());
        assert!(Authority::load("nonsense", &ca.key()).is_err());
    }
}
