//! Who is asking: the subject of the verified client certificate, or nobody.

use crate::{
    door::{Credentials, User},
    options::Subject,
};
use shared_api::{Reason, Refusal};

/// Group of everybody who proved who they are.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";

/// Who sends a request.
pub(crate) fn user(credentials: &Credentials, subject: Subject) -> Result<User, Refusal> {
    if let Some(der) = &credentials.certificate {
        let (name, mut groups) = subject(der).map_err(|why| {
            Refusal::new(Reason::Unauthorized, format!("the client certificate names nobody: {why}"))
        })?;
        if name.is_empty() {
            return Err(Refusal::new(Reason::Unauthorized, "the client certificate has no common name"));
        }
        groups.push(AUTHENTICATED.into());
        return Ok(User { name, groups, uid: String::new() });
    }
    if credentials.token.is_some() {
        let why = "Unauthorized: tokens are not taken here; use the client certificate of the kubeconfig";
        return Err(Refusal::new(Reason::Unauthorized, why));
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

    fn subject(der: &[u8]) -> Result<(String, Vec<String>), String> {
        let text = std::str::from_utf8(der).map_err(|e| e.to_string())?;
        Ok((text.into(), vec!["g".into()]))
    }

    #[test]
    fn certificates_name_users_and_strangers_are_anonymous() {
        let of = |certificate: Option<&str>, token: Option<&str>| {
            let certificate = certificate.map(|c| c.as_bytes().to_vec());
            user(&Credentials { certificate, token: token.map(Into::into) }, subject)
        };
        let alice = of(Some("alice"), None).unwrap();
        assert_eq!((alice.name.as_str(), alice.groups.len()), ("alice", 2));
        assert_eq!(of(None, None).unwrap().name, "system:anonymous");
        assert_eq!(of(None, Some("x")).unwrap_err().reason, Reason::Unauthorized);
        assert_eq!(of(Some(""), None).unwrap_err().reason, Reason::Unauthorized);
    }
}
