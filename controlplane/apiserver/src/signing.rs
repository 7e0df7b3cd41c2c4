//! Certificate requests: who asks is on record, and only those who may approve or sign them.

use crate::{authz::Wish, local::Local};
use shared_api::{Draft, Key, KindInfo, Refusal, certificates::CertificateSigningRequest};
use shared_client::Result;

const GROUP: &str = "certificates.k8s.io";
const CLIENTS: &str = "kubernetes.io/kube-apiserver-client";

/// Writes down who asks for a certificate, whatever they say, and refuses to ask for an administrator's.
pub(crate) fn asked(caller: &Local, draft: &mut dyn Draft) -> Result<()> {
    let Some(request) = draft.as_any_mut().downcast_mut::<CertificateSigningRequest>() else { return Ok(()) };
    let user = &caller.user;
    let spec = &mut request.spec;
    spec.username = Some(user.name.clone());
    spec.uid = Some(user.uid.clone()).filter(|uid| !uid.is_empty());
    spec.groups = Some(user.groups.clone());
    spec.extra = Some(user.extra.clone()).filter(|extra| !extra.is_empty());
    let masters = || {
        let wanted = shared_pki::Wanted::read(&spec.request.0).ok();
        wanted.is_some_and(|wanted| wanted.subject.groups.iter().any(|group| group == crate::authz::MASTERS))
    };
    if spec.signer_name == CLIENTS && masters() {
        let name = request.metadata.name.as_deref().unwrap_or_default();
        let why = format!("use of {CLIENTS} signer with system:masters group is not allowed");
        return Err(Refusal::forbidden(&Key::of::<CertificateSigningRequest>("", name), &why));
    }
    Ok(())
}

/// Refuses who may not approve for the signer of a request, or not sign in its name.
pub(crate) fn check(
    caller: &Local,
    kind: &KindInfo,
    part: &str,
    old: &dyn Draft,
    new: &dyn Draft,
) -> Result<()> {
    if kind.group != GROUP {
        return Ok(());
    }
    let of = |draft: &dyn Draft| draft.as_any().downcast_ref::<CertificateSigningRequest>().cloned();
    let (Some(old), Some(new)) = (of(old), of(new)) else { return Ok(()) };
    let issued = |request: &CertificateSigningRequest| {
        request.status.as_ref().and_then(|s| s.certificate.clone()).unwrap_or_default()
    };
    let (verb, action) = match part {
        "approval" => ("approve", "approve requests"),
        "status" if issued(&old) != issued(&new) => ("sign", "sign requests"),
        _ => return Ok(()),
    };
    let signer = old.spec.signer_name.as_str();
    let all = signer.split_once('/').map(|(domain, _)| format!("{domain}/*")).unwrap_or_default();
    for name in [signer, &all] {
        let (resource, part, namespace) = ("signers", "", "");
        let wish = Wish::Resource { verb, group: GROUP, resource, part, namespace, name };
        if caller.server.decide(&caller.user, &wish)?.allowed {
            return Ok(());
        }
    }
    let name = old.metadata.name.as_deref().unwrap_or_default();
    let why = format!("user not permitted to {action} with signerName {signer:?}");
    Err(Refusal::forbidden(&Key::of::<CertificateSigningRequest>("", name), &why))
}
