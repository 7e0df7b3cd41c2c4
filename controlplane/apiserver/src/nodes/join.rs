//! A stranger with an invitation becomes a node.

use crate::server::Server;
use shared_api::{
    Reason, Refusal, Timestamp,
    core::{Node, Secret},
};
use shared_client::Result;

/// A certificate and the authority that signed it, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) certificate: String,
    pub(crate) authority: String,
}

const GROUP: &str = "system:nodes";

impl Server {
    /// Signs for a node that brings a token of this cluster.
    pub(crate) fn join(&self, token: &str, node: &str, csr: &[u8]) -> Result<Joined> {
        let (id, secret) = parts(token).ok_or_else(|| wrong("it is not a join token"))?;
        let kind = crate::keys::known(&shared_api::GroupKind::of::<Secret>())?;
        let stored = self.read(kind, "kube-system", &format!("bootstrap-token-{id}"))?;
        let stored = stored.and_then(|object| object.to_kind::<Secret>().ok());
        let stored = stored.ok_or_else(|| wrong(&format!("the cluster knows no token {id:?}")))?;
        check(&stored, &id, &secret, (self.options.clock)())?;
        self.not_taken(node)?;
        self.sign(node, csr)
    }

    /// Refuses the name of a node that is there and ready: whoever joins is another machine.
    fn not_taken(&self, node: &str) -> Result<()> {
        let kind = crate::keys::known(&shared_api::GroupKind::of::<Node>())?;
        let there = self.read(kind, "", node)?.and_then(|object| object.to_kind::<Node>().ok());
        let conditions = there.as_ref().and_then(|n| n.status.as_ref()?.conditions.as_ref());
        if conditions.into_iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True") {
            let key = shared_api::Key::of::<Node>("", node);
            return Err(Refusal::conflict(
                &key,
                "a node of this name is in the cluster and ready; choose another with --node, or delete that one first",
            ));
        }
        Ok(())
    }

    /// Signs a new certificate for a node.
    pub(crate) fn sign(&self, node: &str, csr: &[u8]) -> Result<Joined> {
        if let Some(why) = shared_api::name::subdomain(node) {
            return Err(Refusal::bad_request(format!("{node:?} is no name for a node: {why}")));
        }
        let Some(signer) = &self.options.signer else {
            return Err(Refusal::unavailable("this control plane signs no certificates"));
        };
        let certificate =
            signer.sign(csr, &format!("system:node:{node}"), &[GROUP.into()]).map_err(|why| {
                Refusal::bad_request(format!("the certificate request of {node} is refused: {why}"))
            })?;
        Ok(Joined { certificate, authority: signer.ca() })
    }
}

/// Id and secret of a token, whole (`dhow1.…`) or as Kubernetes writes it (`id.secret`).
fn parts(token: &str) -> Option<(String, String)> {
    if let Ok(token) = token.parse::<shared_pki::Token>() {
        return Some((token.id, token.secret));
    }
    let (id, secret) = token.trim().split_once('.')?;
    let word =
        |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (word(id, 6) && word(secret, 16)).then(|| (id.into(), secret.into()))
}

fn check(stored: &Secret, id: &str, secret: &str, now: Timestamp) -> Result<()> {
    let field =
        |name: &str| stored.data.as_ref().and_then(|d| d.get(name)).map_or(&[][..], |b| b.0.as_slice());
    if stored.type_.as_deref() != Some("bootstrap.kubernetes.io/token") || field("token-id") != id.as_bytes()
    {
        return Err(wrong(&format!("the cluster knows no token {id:?}")));
    }
    if !same(field("token-secret"), secret.as_bytes()) {
        return Err(wrong("its secret is wrong"));
    }
    if field("usage-bootstrap-authentication") != b"true" {
        return Err(wrong("it may not be used to join"));
    }
    let expires = field("expiration");
    if !expires.is_empty() {
        let when = std::str::from_utf8(expires).ok().and_then(|t| t.parse::<Timestamp>().ok());
        if when.is_none_or(|when| when <= now) {
            return Err(wrong("it has expired"));
        }
    }
    Ok(())
}

/// Compares without telling by its duration how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
}

fn wrong(why: &str) -> Refusal {
    let message = format!(
        "the token is refused: {why}; `dhow controlplane token`, run at the control plane, prints one that works"
    );
    Refusal::new(Reason::Unauthorized, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored(edit: impl FnOnce(&mut serde_json::Value)) -> Secret {
        let mut value = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {},
            "type": "bootstrap.kubernetes.io/token",
            "data": {"token-id": "YWJjZGVm", "token-secret": "MDEyMzQ1Njc4OWFiY2RlZg==",
                "usage-bootstrap-authentication": "dHJ1ZQ=="}});
        edit(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_token_opens_only_its_own_door() {
        let try_with = |stored: &Secret, secret: &str| check(stored, "abcdef", secret, Timestamp::UNIX_EPOCH);
        let good = "0123456789abcdef";
        assert!(try_with(&stored(|_| {}), good).is_ok());
        // 2031-01-01T00:00:00Z
        assert!(
            try_with(&stored(|v| v["data"]["expiration"] = json!("MjAzMS0wMS0wMVQwMDowMDowMFo=")), good)
                .is_ok()
        );
        let refused: [(Secret, &str, &str); 5] = [
            (stored(|_| {}), "0123456789abcdeg", "its secret is wrong"),
            (stored(|v| v["type"] = json!("Opaque")), good, "knows no token"),
            (stored(|v| v["data"]["token-id"] = json!("eA==")), good, "knows no token"),
            (
                stored(|v| v["data"]["usage-bootstrap-authentication"] = json!("eA==")),
                good,
                "may not be used",
            ),
            (stored(|v| v["data"]["expiration"] = json!("eA==")), good, "has expired"),
        ];
        for (stored, secret, why) in refused {
            let refusal = try_with(&stored, secret).unwrap_err();
            assert!(
                refusal.message.contains(why) && refusal.message.contains("dhow controlplane token"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn tokens_are_read_whole_or_short() {
        let token = shared_pki::Token::create(&"ab".repeat(32));
        assert_eq!(parts(&token.to_string()), Some((token.id.clone(), token.secret.clone())));
        assert_eq!(parts(&format!("{}.{}", token.id, token.secret)), Some((token.id, token.secret)));
        assert_eq!(parts("nonsense"), None);
    }
}
