//! Certificate requests: who asks is on record, and only those who may approve or sign them.

use crate::{authz::Wish, local::Local};
use shared_api::{
    Draft, GroupKind, Invalid, Key, KindInfo, Refusal, Time, Timestamp,
    certificates::{CertificateSigningRequest, CertificateSigningRequestCondition as Condition},
};
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
    let name = request.metadata.name.as_deref().unwrap_or_default();
    let wanted = shared_pki::Wanted::read(&spec.request.0).map_err(|error| {
        let mut invalid = Invalid::default();
        invalid.value("spec.request", &spec.request, &error.to_string());
        let kind = GroupKind::of::<CertificateSigningRequest>();
        Refusal::invalid(&kind, name, &invalid).expect("one finding was recorded")
    });
    // What is no request at all is told with everything else that is wrong.
    let plain = spec.request.0.starts_with(b"-----BEGIN CERTIFICATE REQUEST-----");
    let masters = match wanted {
        Ok(wanted) => wanted.subject.groups.iter().any(|group| group == crate::authz::MASTERS),
        Err(refusal) if plain => return Err(refusal),
        Err(_) => false,
    };
    if spec.signer_name == CLIENTS && masters {
        let why = format!("use of {CLIENTS} signer with system:masters group is not allowed");
        return Err(Refusal::forbidden(&Key::of::<CertificateSigningRequest>("", name), &why));
    }
    Ok(())
}

/// Leaves to each part of a request what is its own: whoever writes the status neither approves nor denies. What
/// is new among the conditions is dated.
pub(crate) fn settle(part: &str, old: &dyn Draft, new: &mut dyn Draft, now: Timestamp) -> Result<()> {
    let old = old.as_any().downcast_ref::<CertificateSigningRequest>();
    let new = new.as_any_mut().downcast_mut::<CertificateSigningRequest>();
    let (Some(old), Some(new)) = (old, new) else { return Ok(()) };
    let had = old.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let Some(conditions) = new.status.as_mut().and_then(|s| s.conditions.as_mut()) else { return Ok(()) };
    let mut invalid = Invalid::default();
    if part == "status" {
        for type_ in ["Approved", "Denied"] {
            let theirs: Vec<_> = had.iter().filter(|c| c.type_ == type_).collect();
            let mut ours: Vec<_> = conditions.iter_mut().filter(|c| c.type_ == type_).collect();
            if ours.len() > theirs.len() {
                let why = format!("updates may not add a condition of type {type_:?}");
                invalid.forbidden("status.conditions", &why);
            } else if ours.len() == theirs.len() {
                ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| **ours = theirs.clone());
            }
        }
    }
    for condition in conditions {
        date(condition, had, now);
    }
    let name = old.metadata.name.as_deref().unwrap_or_default();
    Refusal::invalid(&GroupKind::of::<CertificateSigningRequest>(), name, &invalid).map_or(Ok(()), Err)
}

fn date(condition: &mut Condition, had: &[Condition], now: Timestamp) {
    let now = || Some(Time::from(now));
    let before = had.iter().find(|c| c.type_ == condition.type_ && c.status == condition.status);
    condition.last_update_time = condition.last_update_time.take().or_else(now);
    condition.last_transition_time = condition
        .last_transition_time
        .take()
        .or_else(|| before.and_then(|c| c.last_transition_time.clone()))
        .or_else(now);
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(conditions: &[(&str, &str)]) -> Box<dyn Draft> {
        let one = |(type_, reason): &(&str, &str)| json!({"type": type_, "status": "True", "reason": reason});
        let conditions: Value = conditions.iter().map(one).collect();
        let kind = shared_api::of(GROUP, "CertificateSigningRequest").unwrap();
        let value = json!({"apiVersion": "certificates.k8s.io/v1", "kind": kind.kind, "metadata": {"name": "a"},
            "spec": {"request": "AA==", "signerName": CLIENTS}, "status": {"conditions": conditions}});
        kind.decode(value, kind.api_version).unwrap().draft
    }

    #[test]
    fn each_part_keeps_to_its_own_and_dates_it() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let settled = |part: &str, old: &[(&str, &str)], new: &[(&str, &str)]| {
            let mut new = request(new);
            settle(part, &*request(old), &mut *new, now).map_err(|e| e.message)?;
            let value = new.object().value()["status"]["conditions"].take();
            assert!(value.as_array().unwrap().iter().all(|c| c["lastUpdateTime"] == "2026-01-01T00:00:00Z"));
            Ok::<_, String>(value[0]["reason"].as_str().unwrap_or_default().to_owned())
        };
        let (approved, other) = ([("Approved", "a")], [("Approved", "b")]);
        assert_eq!(settled("approval", &[], &approved), Ok("a".into()));
        assert_eq!(settled("status", &[], &[("Failed", "f")]), Ok("f".into()));
        assert_eq!(settled("status", &approved, &other), Ok("a".into()), "who approved has said why");
        let refused = settled("status", &[], &approved).unwrap_err();
        assert!(
            refused.contains("status.conditions: Forbidden: updates may not add a condition of type"),
            "{refused}"
        );
    }
}
