//! What somebody's certificate request asks for, and the certificate that answers it.

use crate::{Authority, Error, Result, Subject, authority::make};
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateSigningRequestDer, pem::PemObject};
use std::time::Duration;
use x509_parser::{
    certification_request::X509CertificationRequest,
    extensions::{GeneralName, ParsedExtension},
    prelude::FromDer,
};

/// What a certificate request asks for. That its sender holds the key is seen when it is answered.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whom the certificate is to name.
    pub subject: Subject,
    /// How many host names and addresses it is to be good for.
    pub hosts: usize,
    /// It is to be good for something else too: mail addresses, URIs.
    pub others: bool,
    der: Vec<u8>,
}

impl Wanted {
    /// A request for `subject` and so many hosts, to try rules on; it cannot be answered.
    pub fn of(subject: Subject, hosts: usize) -> Self {
        Self { subject, hosts, others: false, der: Vec::new() }
    }

    /// Reads a request, PEM.
    pub fn read(pem: &[u8]) -> Result<Self> {
        let der = CertificateSigningRequestDer::from_pem_slice(pem).map_err(|e| malformed(e.to_string()))?;
        let (_, request) = X509CertificationRequest::from_der(&der).map_err(|e| malformed(e.to_string()))?;
        let name = &request.certification_request_info.subject;
        let text =
            |a: &x509_parser::x509::AttributeTypeAndValue<'_>| a.as_str().unwrap_or_default().to_owned();
        let subject = Subject {
            name: name.iter_common_name().next().map(text).unwrap_or_default(),
            groups: name.iter_organization().map(text).collect(),
        };
        let (mut hosts, mut others) = (0, false);
        for extension in request.requested_extensions().into_iter().flatten() {
            let ParsedExtension::SubjectAlternativeName(names) = extension else { continue };
            for name in &names.general_names {
                if matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_)) {
                    hosts += 1;
                } else {
                    others = true;
                }
            }
        }
        Ok(Self { subject, hosts, others, der: der.to_vec() })
    }
}

impl Authority {
    /// The certificate (PEM) that a request asks for, good for `usages` in Kubernetes' words, from a moment
    /// given in seconds since 1970 on.
    pub fn answer(&self, wanted: &Wanted, usages: &[String], from: i64, seconds: i64) -> Result<String> {
        let der = wanted.der.as_slice().into();
        let mut request =
            CertificateSigningRequestParams::from_der(&der).map_err(|e| malformed(e.to_string()))?;
        // Only whom and where it is for is theirs to say.
        let theirs = std::mem::take(&mut request.params);
        let mut params = CertificateParams::default();
        params.distinguished_name = theirs.distinguished_name;
        params.subject_alt_names = theirs.subject_alt_names;
        params.is_ca = IsCa::ExplicitNoCa;
        for usage in usages {
            match usage.as_str() {
                "client auth" => params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth),
                "server auth" => params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth),
                "digital signature" => params.key_usages.push(KeyUsagePurpose::DigitalSignature),
                "key encipherment" => params.key_usages.push(KeyUsagePurpose::KeyEncipherment),
                other => {
                    let why = format!("the usage {other:?} cannot be signed for");
                    return Err(malformed(why));
                }
            }
        }
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let span = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        // A clock that runs a little late must not refuse a fresh certificate.
        params.not_before = epoch + span(from - LATE);
        params.not_after = epoch + span(from + seconds);
        request.params = params;
        let signed = request.signed_by(&self.issuer()?).map_err(make("a certificate"))?;
        if wanted.subject.groups.len() < 2 {
            return Ok(signed.pem());
        }
        // The library keeps one value a type.
        let (_, request) =
            X509CertificationRequest::from_der(&wanted.der).map_err(|e| malformed(e.to_string()))?;
        self.renamed(signed.der(), request.certification_request_info.subject.as_raw())
    }
}

fn malformed(why: String) -> Error {
    Error::Malformed { what: "certificate request", why }
}

/// How late a clock may run, in seconds.
const LATE: i64 = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, Validity, der, subject};

    fn pem(request: &Request) -> String {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let body = BASE64_STANDARD.encode(&request.csr);
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n")
    }

    #[test]
    fn everybody_a_request_names_is_in_its_answer() {
        use rcgen::{DnType, KeyPair};
        let authority = Authority::create("test", Validity { from: 1_700_000_000, days: 1 }).unwrap();
        let mut params = CertificateParams::default();
        // The second group goes by its number, for the library has one of each name.
        for (type_, value) in [
            (DnType::OrganizationName, "devs"),
            (DnType::CustomDnType(vec![2, 5, 4, 10]), "ops"),
            (DnType::CommonName, "jane"),
        ] {
            params.distinguished_name.push(type_, value);
        }
        let key = KeyPair::generate().unwrap();
        let asked = params.serialize_request(&key).unwrap().pem().unwrap();
        let wanted = Wanted::read(asked.as_bytes()).unwrap();
        assert_eq!(wanted.subject.groups, ["devs", "ops"]);
        let signed = authority.answer(&wanted, &["client auth".to_owned()], 1_700_000_000, 600).unwrap();
        let signed = der(&signed).unwrap();
        assert_eq!(subject(&signed).unwrap(), wanted.subject);
        let trust = der(authority.certificate()).unwrap();
        let (_, signed) = x509_parser::parse_x509_certificate(&signed).unwrap();
        let (_, trust) = x509_parser::parse_x509_certificate(&trust).unwrap();
        assert_eq!(signed.issuer(), trust.subject());
        let theirs = &trust.public_key().subject_public_key.data;
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, theirs);
        key.verify(signed.tbs_certificate.as_ref(), &signed.signature_value.data).unwrap();
    }

    #[test]
    fn a_request_is_answered_as_it_asks_and_no_further() {
        let authority = Authority::create("test", Validity { from: 1_700_000_000, days: 1 }).unwrap();
        let asked = pem(&Request::new("jane", "devs").unwrap());
        let wanted = Wanted::read(asked.as_bytes()).unwrap();
        assert_eq!((wanted.subject.name.as_str(), wanted.hosts, wanted.others), ("jane", 0, false));
        let usages = ["client auth".to_owned(), "digital signature".to_owned()];
        let signed = authority.answer(&wanted, &usages, 1_700_000_000, 600).unwrap();
        let signed = der(&signed).unwrap();
        assert_eq!(subject(&signed).unwrap().groups, ["devs"]);
        assert_eq!(crate::expires_at(&signed).unwrap(), 1_700_000_600);
        assert!(authority.answer(&wanted, &["cert sign".to_owned()], 0, 600).is_err());
        assert!(Wanted::read(b"nonsense").is_err());
    }
}
