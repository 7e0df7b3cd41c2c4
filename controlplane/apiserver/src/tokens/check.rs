//! Whether a token is still good: signed here, in time, meant for those who ask, and everything it is
//! bound to still there.

use super::{Claims, Ref};
use crate::{door::User, server::Server};
use shared_api::{
    Kind,
    core::{Node, Pod, Secret, ServiceAccount},
};

/// How long after its deletion an object still holds a token, in seconds.
const GRACE: i64 = 60;

/// A token that is good.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) user: User,
    /// Those asked for whom it is meant for.
    pub(crate) audiences: Vec<String>,
}

/// Looks at a token that is to be meant for one of `audiences`; says why it is not taken.
pub(crate) fn accept(server: &Server, token: &str, audiences: &[String]) -> Result<Accepted, String> {
    let tokens = &server.options.tokens;
    let signed = tokens.issuer.open(token).ok_or("the token was not signed here")?;
    let claims = serde_json::from_slice(&signed).ok();
    let claims = claims.and_then(|json| Claims::from_json(&json, &tokens.url));
    let claims = claims.ok_or("the token is no service account's")?;
    claims.timely(server.now().as_second())?;
    let meant: Vec<_> = audiences.iter().filter(|a| claims.audiences.contains(a)).cloned().collect();
    if meant.is_empty() {
        return Err(format!(
            "token audiences {:?} is invalid for the target audiences {audiences:?}",
            claims.audiences
        ));
    }
    holds::<ServiceAccount>(server, &claims.namespace, &claims.account)?;
    if let Some(pod) = &claims.pod {
        holds::<Pod>(server, &claims.namespace, pod)?;
    }
    if let Some(secret) = &claims.secret {
        holds::<Secret>(server, &claims.namespace, secret)?;
        if claims.expires.is_none() {
            still_kept(server, &claims.namespace, &secret.name, token)?;
        }
    }
    // A pod's token names its node only for information.
    if let (Some(node), None) = (&claims.node, &claims.pod) {
        holds::<Node>(server, "", node)?;
    }
    Ok(Accepted { user: claims.user(), audiences: meant })
}

/// Refuses when the object is gone, is another one, or has been going for long.
fn holds<K: Kind>(server: &Server, namespace: &str, object: &Ref) -> Result<(), String> {
    let Ref { name, uid } = object;
    let what = format!("{} {name:?}", K::KIND.to_lowercase());
    let found = server.find::<K>(namespace, name).map_err(|refusal| refusal.message)?;
    let found = found.ok_or_else(|| format!("the {what} that the token is bound to has been deleted"))?;
    if !uid.is_empty() && found.uid() != uid {
        return Err(format!("the token is bound to an earlier {what}"));
    }
    let gone = found.metadata().deletion_timestamp.as_ref();
    if gone.is_some_and(|since| since.0.as_second() + GRACE < server.now().as_second()) {
        return Err(format!("the {what} that the token is bound to has been deleted"));
    }
    Ok(())
}

/// A token kept in a Secret is good while the Secret holds it.
fn still_kept(server: &Server, namespace: &str, secret: &str, token: &str) -> Result<(), String> {
    let found = server.find::<Secret>(namespace, secret).map_err(|refusal| refusal.message)?;
    let found = found.and_then(|object| object.to_kind::<Secret>().ok());
    let kept = found.as_ref().and_then(|secret| secret.data.as_ref()?.get("token"));
    if kept.is_some_and(|kept| kept.0 == token.as_bytes()) {
        return Ok(());
    }
    Err(format!("the secret {secret:?} holds another token"))
}
