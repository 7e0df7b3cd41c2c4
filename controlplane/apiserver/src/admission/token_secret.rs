//! Secrets of type `kubernetes.io/service-account-token` hold a token of the account they name.

use super::{Action, Request};
use crate::tokens::{Claims, Ref};
use shared_api::{
    ByteString, GroupKind, Refusal,
    core::{Secret, ServiceAccount},
};

const TYPE: &str = "kubernetes.io/service-account-token";
const NAME: &str = "kubernetes.io/service-account.name";
const UID: &str = "kubernetes.io/service-account.uid";

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let (action, there, options) = (request.action, request.there, request.options);
    let Some(secret) = request.draft.as_any_mut().downcast_mut::<Secret>() else { return Ok(()) };
    if action == Action::Remove || secret.type_.as_deref() != Some(TYPE) {
        return Ok(());
    }
    let annotation = |name: &str| secret.metadata.annotations.as_ref().and_then(|all| all.get(name)).cloned();
    let Some(name) = annotation(NAME).filter(|name| !name.is_empty()) else { return Ok(()) };
    let namespace = secret.metadata.namespace.clone().unwrap_or_default();
    let kind = crate::keys::known(&GroupKind::of::<ServiceAccount>())?;
    // A Secret without its account is taken away by a controller.
    let Some(account) = there.object(kind, &namespace, &name)? else { return Ok(()) };
    if annotation(UID).is_some_and(|uid| !uid.is_empty() && uid != account.uid()) {
        return Ok(());
    }
    let claims = Claims {
        namespace: namespace.clone(),
        account: Ref { name, uid: account.uid().into() },
        secret: Some(Ref { name: secret.metadata.name.clone().unwrap_or_default(), uid: String::new() }),
        ..Claims::default()
    };
    secret.metadata.annotations.get_or_insert_default().insert(UID.into(), account.uid().into());
    let data = secret.data.get_or_insert_default();
    let mut fill = |name: &str, text: String| {
        let place = data.entry(name.into()).or_insert_with(|| ByteString(Vec::new()));
        if place.0.is_empty() {
            place.0 = text.into_bytes();
        }
    };
    if let Some(signer) = &options.signer {
        fill("ca.crt", signer.ca());
    }
    fill("namespace", namespace);
    fill("token", options.tokens.sign(&claims).map_err(Refusal::internal)?);
    Ok(())
}
