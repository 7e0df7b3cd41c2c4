//! Who is asking: the subject of the verified client certificate, or nobody.

use crate::door::{Credentials, User};
use shared_api::{Reason, Refusal};

/// Group of everybody who proved who they are.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";

/// Who sends a request.
pub(crate) fn user(credentials: &Credentials) -> Result<User, Refusal> {
    let unauthorized = |why: String| Refusal::new(Reason::Unauthorized, format!("Unauthorized: {why}"));
    if let Some(der) = &credentials.certificate {
        let subject =
            shared_pki::subject(der).map_err(|e| unauthorized(format!("of the client, the {e}")))?;
        if subject.name.is_empty() {
            return Err(unauthorized("the client certificate has no common name".into()));
        }
        let mut groups = subject.groups;
        groups.push(AUTHENTICATED.into());
        return Ok(User { name: subject.name, groups, uid: String::new() });
    }
    if credentials.token.is_some() {
        let why = "tokens are not taken here; use the client certificate of the kubeconfig";
        return Err(unauthorized(why.into()));
    }
    Ok(User {
        name: "system:anonymous".into(),
        groups: vec!["system:unauthenticated".into()],
        uid: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_anonymous_and_wrong_credentials_are_refused() {
        let of = |certificate: Option<&[u8]>, token: Option<&str>| {
            let certificate = certificate.map(<[u8]>::to_vec);
            user(&Credentials { certificate, token: token.map(Into::into) })
        };
        assert_eq!(of(None, None).unwrap().name, "system:anonymous");
        assert_eq!(of(None, Some("x")).unwrap_err().reason, Reason::Unauthorized);
        assert_eq!(of(Some(b"no certificate"), None).unwrap_err().reason, Reason::Unauthorized);
    }
}
