//! Who is asking: the subject of the verified client certificate, the bearer of a token, or nobody.

mod impersonate;

use crate::{
    door::{ActAs, Credentials, User},
    server::Server,
    tokens,
};
use shared_api::{Reason, Refusal};

/// Group of everybody who proved who they are.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";

/// Everybody else, and their group.
const ANONYMOUS: &str = "system:anonymous";
const UNAUTHENTICATED: &str = "system:unauthenticated";

/// Whom a request counts as: whoever sends it, or whom they may act as.
pub(crate) fn user(server: &Server, credentials: &Credentials) -> Result<User, Refusal> {
    let sender = sender(server, credentials)?;
    if credentials.act_as == ActAs::default() {
        return Ok(sender);
    }
    impersonate::impersonate(server, &sender, &credentials.act_as)
}

fn sender(server: &Server, credentials: &Credentials) -> Result<User, Refusal> {
    let unauthorized = |why: String| Refusal::new(Reason::Unauthorized, format!("Unauthorized: {why}"));
    if let Some(found) = &credentials.certificate.0 {
        return (**found).clone().map_err(unauthorized);
    }
    if let Some(token) = &credentials.token {
        return bearer(server, token, &[]).map(|found| found.user).map_err(unauthorized);
    }
    Ok(User { name: ANONYMOUS.into(), groups: vec![UNAUTHENTICATED.into()], ..User::default() })
}

/// Whom a certificate (DER) names.
pub(crate) fn certified(der: &[u8]) -> Result<User, String> {
    let subject = shared_pki::subject(der).map_err(|e| format!("of the client, the {e}"))?;
    if subject.name.is_empty() {
        return Err("the client certificate has no common name".into());
    }
    let mut groups = subject.groups;
    groups.push(AUTHENTICATED.into());
    Ok(User { name: subject.name, groups, ..User::default() })
}

/// Who shows a token that is meant for one of `audiences`; none named means us.
pub(crate) fn bearer(server: &Server, token: &str, audiences: &[String]) -> Result<tokens::Accepted, String> {
    let ourselves = [server.options.tokens.url.clone()];
    let audiences = if audiences.is_empty() { &ourselves[..] } else { audiences };
    if let Some(user) = server.options.known_tokens.get(token) {
        let audiences = audiences.iter().filter(|a| ourselves.contains(a)).cloned().collect();
        return Ok(tokens::Accepted { user: user.clone(), audiences });
    }
    tokens::accept(server, token, audiences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::PeerCertificate;

    #[test]
    fn strangers_are_anonymous_and_wrong_credentials_are_refused() {
        let server = Server::new(
            controlplane_store::Memory::new(),
            crate::Options::new(|| shared_api::Timestamp::UNIX_EPOCH),
        );
        let of = |certificate: Option<&[u8]>, token: Option<&str>| {
            let certificate = PeerCertificate::of(certificate);
            user(
                &server,
                &Credentials { certificate, token: token.map(Into::into), ..Credentials::default() },
            )
        };
        assert_eq!(of(None, None).unwrap().name, "system:anonymous");
        assert_eq!(of(None, Some("x")).unwrap_err().reason, Reason::Unauthorized);
        assert_eq!(of(Some(b"no certificate"), None).unwrap_err().reason, Reason::Unauthorized);
    }
}
