//! Trust in those whom a bundle of certificates names, as administrators write it: an authority, or the very
//! certificate that a server shows, signed by itself.

use crate::{Error, Result};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use std::sync::Arc;

/// TLS for a client that believes whom `bundle` (PEM) names, and whom those signed. An empty one names nobody.
pub fn believing(bundle: &[u8]) -> Result<ClientConfig> {
    let named: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bundle).collect();
    let named = named.map_err(|e| Error::Malformed { what: "bundle of certificates", why: e.to_string() })?;
    let mut roots = RootCertStore::empty();
    for certificate in &named {
        roots.add(certificate.clone())?;
    }
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    if named.is_empty() {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let by_authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let by_authority =
        by_authority.map_err(|e| Error::Malformed { what: "bundle of certificates", why: e.to_string() })?;
    let bundle = Bundle { named, by_authority };
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(bundle)).with_no_client_auth())
}

#[derive(Debug)]
struct Bundle {
    named: Vec<CertificateDer<'static>>,
    by_authority: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Bundle {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if !self.named.iter().any(|named| named == end_entity) {
            return self.by_authority.verify_server_cert(end_entity, intermediates, server_name, ocsp, now);
        }
        // Named itself, it needs nobody's signature, and may call itself an authority.
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        in_time(end_entity, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_authority.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_authority.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authority.supported_verify_schemes()
    }
}

/// Whether a certificate holds at a moment.
fn in_time(der: &CertificateDer<'_>, now: UnixTime) -> Result<(), rustls::Error> {
    let other = |e| rustls::Error::from(CertificateError::Other(OtherError(Arc::new(e))));
    let (begins, ends) = crate::subject::validity(der).map_err(other)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < begins {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > ends { Err(CertificateError::Expired.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use rustls::{ClientConnection, ServerConfig, ServerConnection, pki_types::PrivateKeyDer};

    /// A certificate for `a.example` that is its own authority, until the year given; and its key.
    fn own(until: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let pem = certificate.pem();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap(), pem)
    }

    /// What a client that believes `bundle` says to a server that shows the certificate.
    fn shaken(
        bundle: &str,
        name: &str,
        (der, key, _): (CertificateDer<'static>, PrivateKeyDer<'static>, String),
    ) -> String {
        let provider = Arc::new(ring::default_provider());
        let server =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let server = server.with_no_client_auth().with_single_cert(vec![der], key).unwrap();
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        let client = Arc::new(believing(bundle.as_bytes()).unwrap());
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = ClientConnection::new(client, name).unwrap();
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets().map_or_else(|e| e.to_string(), |_| "fine".into())
    }

    #[test]
    fn who_is_named_is_believed_for_as_long_as_it_holds_and_under_its_name() {
        let certificate = own(2100);
        let pem = certificate.2.clone();
        assert_eq!(
            shaken(&pem, "a.example", (certificate.0.clone(), certificate.1.clone_key(), String::new())),
            "fine"
        );
        let elsewhere = shaken(&pem, "b.example", certificate);
        assert!(elsewhere.contains("not valid for name"), "{elsewhere}");
        let over = own(2001);
        let pem = over.2.clone();
        assert!(shaken(&pem, "a.example", over).to_lowercase().contains("expired"));
        let stranger = shaken(&pem, "a.example", own(2100));
        assert!(stranger.starts_with("invalid peer certificate"), "{stranger}");
        assert!(shaken("", "a.example", own(2100)).starts_with("invalid peer certificate"));
    }
}
