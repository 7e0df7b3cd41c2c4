//! The signers of Kubernetes that this control plane is: what each signs, and what it refuses.

use crate::authority::Keeper;
use controlplane_controllers::Sign;
use shared_api::certificates::CertificateSigningRequest;
use shared_pki::Wanted;
use std::sync::Arc;

const YEAR: i64 = 365 * 24 * 3600;
const NODES: &str = "system:nodes";
const NODE: &str = "system:node:";

/// Signs with the cluster's authority.
pub(crate) struct Signers {
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) clock: fn() -> i64,
}

impl Sign for Signers {
    fn sign(&self, request: &CertificateSigningRequest) -> Option<Result<String, String>> {
        let spec = &request.spec;
        let rule = rule(&spec.signer_name)?;
        let usages = spec.usages.as_deref().unwrap_or_default();
        let seconds = spec.expiration_seconds.map_or(YEAR, i64::from).min(YEAR);
        Some(Wanted::read(&spec.request.0).map_err(|e| e.to_string()).and_then(|wanted| {
            rule(&wanted, usages, spec.username.as_deref().unwrap_or_default())?;
            self.keeper.answer(&wanted, usages, (self.clock)(), seconds).map_err(|e| e.to_string())
        }))
    }
}

/// What a signer asks of a request, its usages, and the name of who sent it.
type Rule = fn(&Wanted, &[String], &str) -> Result<(), String>;

fn rule(signer: &str) -> Option<Rule> {
    match signer {
        "kubernetes.io/kube-apiserver-client" => Some(|_, usages, _| used_for(usages, "client auth")),
        "kubernetes.io/kube-apiserver-client-kubelet" => Some(|wanted, usages, _| {
            node(wanted)?;
            if wanted.hosts > 0 || wanted.others {
                return Err("subjectAltNames are not allowed".into());
            }
            used_for(usages, "client auth")
        }),
        "kubernetes.io/kubelet-serving" => Some(|wanted, usages, asker| {
            node(wanted)?;
            if wanted.hosts == 0 {
                return Err("DNS or IP subjectAltName is required".into());
            }
            if wanted.others {
                return Err("email and URI subjectAltNames are not allowed".into());
            }
            if wanted.subject.name != asker {
                return Err("the subject common name is not the name of who asks".into());
            }
            used_for(usages, "server auth")
        }),
        _ => None,
    }
}

fn node(wanted: &Wanted) -> Result<(), String> {
    if wanted.subject.groups != [NODES] {
        return Err(format!("subject organization is not {NODES}"));
    }
    if wanted.subject.name.strip_prefix(NODE).is_none_or(str::is_empty) {
        return Err(format!("subject common name does not begin with {NODE}"));
    }
    Ok(())
}

fn used_for(usages: &[String], purpose: &str) -> Result<(), String> {
    let known = |usage: &String| {
        usage == purpose || matches!(usage.as_str(), "digital signature" | "key encipherment")
    };
    if !usages.iter().any(|usage| usage == purpose) {
        return Err(format!("usages must include {purpose:?}"));
    }
    match usages.iter().find(|usage| !known(usage)) {
        Some(other) => Err(format!("the usage {other:?} is not allowed")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_pki::Subject;

    fn words(list: &str) -> Vec<String> {
        list.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn each_signer_has_its_rules() {
        let (client, serving) = ("client auth,digital signature", "server auth");
        let n1 = "system:node:n1";
        for (signer, name, groups, hosts, usages, verdict) in [
            ("kube-apiserver-client", "jane", "devs", 0, client, Ok(())),
            ("kube-apiserver-client", "jane", "devs", 0, serving, Err("must include \"client auth\"")),
            ("kube-apiserver-client", "jane", "devs", 0, "client auth,cert sign", Err("not allowed")),
            ("kube-apiserver-client-kubelet", n1, NODES, 0, client, Ok(())),
            ("kube-apiserver-client-kubelet", n1, "devs", 0, client, Err("organization")),
            ("kube-apiserver-client-kubelet", "jane", NODES, 0, client, Err("common name")),
            ("kube-apiserver-client-kubelet", n1, NODES, 1, client, Err("subjectAltNames")),
            ("kubelet-serving", n1, NODES, 1, serving, Ok(())),
            ("kubelet-serving", n1, NODES, 0, serving, Err("is required")),
            ("kubelet-serving", "system:node:n2", NODES, 1, serving, Err("who asks")),
        ] {
            let subject = Subject { name: name.into(), groups: words(groups) };
            let wanted = Wanted::of(subject, hosts);
            let found = rule(&format!("kubernetes.io/{signer}")).unwrap()(&wanted, &words(usages), n1);
            match (&found, verdict) {
                (Err(why), Err(word)) => assert!(why.contains(word), "{why}"),
                _ => assert_eq!(found.is_ok(), verdict.is_ok(), "{signer} {name} {found:?}"),
            }
        }
        assert!(rule("example.com/other").is_none());
    }
}
