//! What is wrong with who a pod and its containers run as, and what they may do.

use super::one_of;
use crate::Invalid;
use k8s_openapi::api::core::v1::{
    Container, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl,
};
use std::collections::BTreeSet;

const PROFILES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];

pub(super) fn valid_pod(spec: &PodSpec, path: &str, invalid: &mut Invalid) {
    let Some(context) = &spec.security_context else { return };
    let path = format!("{path}.securityContext");
    let PodSecurityContext { run_as_user, run_as_group, fs_group, .. } = context;
    for (field, id) in [("fsGroup", fs_group), ("runAsUser", run_as_user), ("runAsGroup", run_as_group)] {
        valid_id(*id, &format!("{path}.{field}"), invalid);
    }
    for (at, id) in context.supplemental_groups.iter().flatten().enumerate() {
        valid_id(Some(*id), &format!("{path}.supplementalGroups[{at}]"), invalid);
    }
    let changes = ["Always", "OnRootMismatch"];
    let field = format!("{path}.fsGroupChangePolicy");
    one_of(context.fs_group_change_policy.as_deref(), &changes, field, invalid);
    let field = format!("{path}.supplementalGroupsPolicy");
    one_of(context.supplemental_groups_policy.as_deref(), &["Merge", "Strict"], field, invalid);
    valid_sysctls(context.sysctls.as_deref().unwrap_or_default(), &format!("{path}.sysctls"), invalid);
    valid_profile(context.seccomp_profile.as_ref(), &path, invalid);
}

pub(super) fn valid_container(one: &Container, path: &str, invalid: &mut Invalid) {
    let Some(context) = &one.security_context else { return };
    let path = format!("{path}.securityContext");
    let SecurityContext { run_as_user, run_as_group, .. } = context;
    for (field, id) in [("runAsUser", run_as_user), ("runAsGroup", run_as_group)] {
        valid_id(*id, &format!("{path}.{field}"), invalid);
    }
    one_of(context.proc_mount.as_deref(), &["Default", "Unmasked"], format!("{path}.procMount"), invalid);
    if context.allow_privilege_escalation == Some(false) {
        if context.privileged == Some(true) {
            let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            invalid.value(&path, context, why);
        }
        let added = context.capabilities.iter().flat_map(|c| c.add.iter().flatten());
        if added.into_iter().any(|c| c == "CAP_SYS_ADMIN") {
            let why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            invalid.value(&path, context, why);
        }
    }
    valid_profile(context.seccomp_profile.as_ref(), &path, invalid);
}

fn valid_id(id: Option<i64>, field: &str, invalid: &mut Invalid) {
    if let Some(id) = id.filter(|id| !(0..=i64::from(i32::MAX)).contains(id)) {
        invalid.value(field, id, "must be between 0 and 2147483647, inclusive");
    }
}

fn valid_sysctls(sysctls: &[Sysctl], path: &str, invalid: &mut Invalid) {
    let mut seen = BTreeSet::new();
    for (at, one) in sysctls.iter().enumerate() {
        let field = format!("{path}[{at}].name");
        if one.name.is_empty() {
            invalid.required(field, "");
            continue;
        }
        let part = |p: &str| {
            let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
            let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            p.chars().all(inner) && p.starts_with(edge) && p.ends_with(edge)
        };
        if !one.name.replace('/', ".").split('.').all(part) {
            let shape = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
            let why = format!("must have at most 253 characters and match regex ^({shape}[\\./])*{shape}$");
            invalid.value(&field, &one.name, &why);
        }
        if !seen.insert(one.name.replace('/', ".")) {
            invalid.duplicate(field, &one.name);
        }
    }
}

fn valid_profile(profile: Option<&SeccompProfile>, path: &str, invalid: &mut Invalid) {
    let Some(profile) = profile else { return };
    let path = format!("{path}.seccompProfile");
    if profile.type_.is_empty() {
        return invalid.required(format!("{path}.type"), "type is required when seccompProfile is set");
    }
    one_of(Some(profile.type_.as_str()), PROFILES, format!("{path}.type"), invalid);
    let field = format!("{path}.localhostProfile");
    match (profile.type_.as_str(), profile.localhost_profile.as_deref()) {
        ("Localhost", None) => {
            invalid.required(field, "must be set when seccomp type is Localhost");
        }
        ("Localhost", Some(file)) => {
            if file.starts_with('/') {
                invalid.value(field, file, "must be a relative path");
            } else if file.split('/').any(|part| part == "..") {
                invalid.value(field, file, "must not contain '..'");
            }
        }
        (_, Some(file)) => invalid.value(field, file, "can only be set when seccomp type is Localhost"),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::core::{Pod, testing::findings};
    use serde_json::{Value, json};

    fn check(pod: &Value, container: &Value, expected: &[&str]) {
        let one = json!({"name": "a", "image": "b", "securityContext": container});
        let found = findings::<Pod>(json!({"spec": {"containers": [one], "securityContext": pod}}));
        assert_eq!(found, expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(&json!({"runAsUser": 0, "fsGroup": 2000}), &json!({"runAsUser": 1000}), &[]);
        check(
            &json!({"runAsUser": -1, "supplementalGroups": [1, -2]}),
            &json!({"runAsGroup": -3}),
            &[
                "spec.containers[0].securityContext.runAsGroup: Invalid value: -3: must be between 0 and 2147483647, inclusive",
                "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
                "spec.securityContext.supplementalGroups[1]: Invalid value: -2: must be between 0 and 2147483647, inclusive",
            ],
        );
        check(
            &json!({"seccompProfile": {"type": "Localhost"}}),
            &json!({"privileged": true, "allowPrivilegeEscalation": false}),
            &[
                "spec.containers[0].securityContext: Invalid value: {\"allowPrivilegeEscalation\":false,\"privileged\":true}: \
                 cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
                "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is \
                 Localhost",
            ],
        );
        check(
            &json!({"sysctls": [{"name": "net.core.x", "value": "1"}, {"name": "net/core/x", "value": "1"}]}),
            &json!({}),
            &["spec.securityContext.sysctls[1].name: Duplicate value: \"net/core/x\""],
        );
    }
}
