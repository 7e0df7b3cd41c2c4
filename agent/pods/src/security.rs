//! Who a container runs as and what it may do.

use agent_runtime::{Image, Security};
use shared_api::core::{Container, PodSpec};

/// What pod and container ask for together; the refusal in kubelet's words.
pub fn security(spec: &PodSpec, container: &Container, image: &Image) -> Result<Security, String> {
    let pod = spec.security_context.clone().unwrap_or_default();
    let own = container.security_context.clone().unwrap_or_default();
    let user = own.run_as_user.or(pod.run_as_user);
    let non_root = own.run_as_non_root.or(pod.run_as_non_root).unwrap_or(false);
    if non_root {
        match (user, image.user, &image.user_name) {
            (Some(0), _, _) => return Err("container's runAsUser breaks non-root policy".into()),
            (None, None, Some(name)) => {
                return Err(format!(
                    "container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root"
                ));
            }
            (None, None | Some(0), _) => {
                return Err("container has runAsNonRoot and image will run as root".into());
            }
            (Some(_), _, _) | (None, Some(_), _) => {}
        }
    }
    let capabilities = own.capabilities.clone().unwrap_or_default();
    let privileged = own.privileged.unwrap_or(false);
    let bare = |names: Option<Vec<String>>| {
        names
            .into_iter()
            .flatten()
            .map(|n| n.strip_prefix("CAP_").map_or(n.clone(), str::to_owned))
            .collect::<Vec<_>>()
    };
    let add = bare(capabilities.add);
    if own.allow_privilege_escalation == Some(false) && (privileged || add.iter().any(|c| c == "SYS_ADMIN")) {
        return Err("allowPrivilegeEscalation: false contradicts privileged or CAP_SYS_ADMIN".into());
    }
    let mut groups = pod.supplemental_groups.unwrap_or_default();
    groups.extend(pod.fs_group.filter(|g| !groups.contains(g)));
    Ok(Security {
        user,
        group: own.run_as_group.or(pod.run_as_group),
        groups,
        privileged,
        read_only_root: own.read_only_root_filesystem.unwrap_or(false),
        add,
        drop: bare(capabilities.drop),
        no_new_privileges: own.allow_privilege_escalation == Some(false),
        run_as_non_root: non_root,
    })
}

/// What of a pod this node cannot give it; said rather than left out.
pub fn unsupported(spec: &PodSpec) -> Option<&'static str> {
    (spec.share_process_namespace == Some(true))
        .then_some("spec.shareProcessNamespace is not supported by this node yet; leave it out")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(
        pod: &serde_json::Value,
        own: &serde_json::Value,
        user: Option<i64>,
        name: Option<&str>,
    ) -> Result<Security, String> {
        let spec = json!({"securityContext": pod, "containers": [{"name": "a", "securityContext": own}]});
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        let image = Image {
            id: String::new(),
            digest: String::new(),
            size: 0,
            names: Vec::new(),
            user,
            user_name: name.map(Into::into),
        };
        security(&spec, &spec.containers[0], &image)
    }

    #[test]
    fn the_container_wins_over_the_pod() {
        let made = check(
            &json!({"runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4]}),
            &json!({"runAsUser": 9, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false,
                "capabilities": {"add": ["CAP_NET_ADMIN"], "drop": ["ALL"]}}),
            None,
            None,
        );
        let expected = Security {
            user: Some(9),
            group: Some(2),
            groups: vec![4, 3],
            read_only_root: true,
            add: vec!["NET_ADMIN".into()],
            drop: vec!["ALL".into()],
            no_new_privileges: true,
            ..Security::default()
        };
        assert_eq!(made, Ok(expected));
    }

    #[test]
    fn root_is_refused_when_nobody_wants_it() {
        let strict = json!({"runAsNonRoot": true});
        for (own, user, name, fine) in [
            (json!({}), None, None, false),
            (json!({}), Some(0), None, false),
            (json!({}), Some(5), None, true),
            (json!({}), None, Some("nobody"), false),
            (json!({"runAsUser": 0}), Some(5), None, false),
            (json!({"runAsUser": 7}), None, Some("nobody"), true),
            (json!({"runAsNonRoot": false}), None, None, true),
        ] {
            assert_eq!(check(&strict, &own, user, name).is_ok(), fine, "{own} {user:?} {name:?}");
        }
    }
}
