//! Sessions with pods: whether one may be had, which container and which node it is with.

use crate::{
    authz::Ask,
    door::User,
    extension::{self, Operation},
    keys,
    local::Local,
    server::Server,
};
use async_trait::async_trait;
use serde_json::{Value, json};
use shared_api::{
    Key, Refusal,
    core::{Pod, PodSpec},
    meta::Status,
};
use shared_client::{Duplex, Frame, Result, Session, Sessions};
use std::sync::Arc;

/// The annotation that names the container meant when none is named.
const DEFAULT: &str = "kubectl.kubernetes.io/default-container";

/// Sessions with pods, as one user may have them.
pub(crate) struct PodSessions {
    pub(crate) server: Arc<Server>,
    pub(crate) user: User,
}

impl PodSessions {
    /// Sessions of the server's own.
    pub(crate) fn own(server: Arc<Server>) -> Self {
        Self { server, user: User::default() }
    }
}

#[async_trait]
impl Sessions for PodSessions {
    async fn open(&self, pod: &Key, mut session: Session) -> Result<Duplex> {
        let (verb, part) = match &session {
            Session::Proxy { verb, port } => return self.proxied(pod, verb, port).await,
            Session::Node { .. } | Session::Rules { .. } => {
                return Err(Refusal::bad_request("a node is reached through its proxy"));
            }
            Session::Logs(_) => ("get", "log"),
            Session::Exec { .. } => ("create", "exec"),
            Session::Attach { .. } => ("create", "attach"),
            Session::PortForward { .. } => ("create", "portforward"),
        };
        let kind = keys::kind_of(pod)?;
        if !kind.subresources.contains(&part) {
            return Err(Refusal::bad_request(format!("{} have no {part}; pods do", kind.plural)));
        }
        let caller = Local::new(Arc::clone(&self.server), self.user.clone(), false);
        caller.may(&Ask { verb, kind, part, namespace: &pod.namespace, name: &pod.name })?;
        let object = self.server.read(kind, &pod.namespace, &pod.name)?;
        let object = object.ok_or_else(|| Refusal::not_found(pod))?;
        let typed = object.to_kind::<Pod>().map_err(Refusal::internal)?;
        if let Some(name) = session.container_mut() {
            *name = container(&typed, name)?;
        }
        if let Some((form, options)) = options(&session) {
            let body = (("v1", form), options);
            extension::does(&caller, Operation::Connect, pod, (kind, part), body, false).await?;
        }
        let node = typed.spec.as_ref().and_then(|s| s.node_name.clone()).filter(|n| !n.is_empty());
        match node {
            Some(node) => self.server.nodes.call(&node, pod, session).await,
            None if part == "log" => Ok(nothing().await),
            None => Err(Refusal::bad_request(format!("pod {} does not have a host assigned", pod.name))),
        }
    }
}

/// A session as those see it who are asked about it; reading logs is no connection.
fn options(session: &Session) -> Option<(&'static str, Value)> {
    Some(match session {
        Session::Exec { container, command, stdin, tty } => (
            "PodExecOptions",
            json!({"container": container, "command": command, "stdin": stdin, "stdout": true, "stderr": !tty, "tty": tty}),
        ),
        Session::Attach { container, stdin, tty } => (
            "PodAttachOptions",
            json!({"container": container, "stdin": stdin, "stdout": true, "stderr": !tty, "tty": tty}),
        ),
        Session::PortForward { port } => ("PodPortForwardOptions", json!({"ports": [port]})),
        Session::Logs(_) | Session::Rules { .. } | Session::Node { .. } | Session::Proxy { .. } => {
            return None;
        }
    })
}

/// A session in which nothing is said: the log of a pod that is nowhere yet.
async fn nothing() -> Duplex {
    let (near, far) = Duplex::pair(1);
    let _ = far.send.send(Frame::outcome(&well())).await;
    near
}

/// All went well.
pub(super) fn well() -> Status {
    Status { status: Some("Success".into()), ..Status::default() }
}

/// The container meant: the one named, or the only one, or the pod's own default.
fn container(pod: &Pod, named: &str) -> Result<String> {
    let empty = PodSpec::default();
    let (spec, name) =
        (pod.spec.as_ref().unwrap_or(&empty), pod.metadata.name.as_deref().unwrap_or_default());
    let names = names(spec);
    if !named.is_empty() {
        let known = names.contains(&named).then(|| named.to_owned());
        return known
            .ok_or_else(|| Refusal::bad_request(format!("container {named} is not valid for pod {name}")));
    }
    let default = pod.metadata.annotations.as_ref().and_then(|a| a.get(DEFAULT));
    match (&spec.containers[..], default.filter(|d| names.contains(&d.as_str()))) {
        ([only], _) => Ok(only.name.clone()),
        (_, Some(default)) => Ok(default.clone()),
        ([], None) => Err(Refusal::bad_request(format!("a container name must be specified for pod {name}"))),
        (_, None) => {
            let all = names.join(" ");
            let why = format!("a container name must be specified for pod {name}, choose one of: [{all}]");
            Err(Refusal::bad_request(why))
        }
    }
}

/// Every container, in the order in which they begin.
fn names(spec: &PodSpec) -> Vec<&str> {
    let init = spec.init_containers.iter().flatten().map(|c| c.name.as_str());
    let guests = spec.ephemeral_containers.iter().flatten().map(|c| c.name.as_str());
    init.chain(spec.containers.iter().map(|c| c.name.as_str())).chain(guests).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_container_meant_is_found_or_asked_for() {
        let pod = |names: &[&str], default: Option<&str>| -> Pod {
            let containers: Vec<_> = names.iter().map(|n| json!({"name": n})).collect();
            let annotations = default.map(|d| json!({DEFAULT: d}));
            let value = json!({"metadata": {"name": "x", "annotations": annotations}, "spec": {
                "containers": containers, "initContainers": [{"name": "i"}],
                "ephemeralContainers": [{"name": "e"}]}});
            serde_json::from_value(value).unwrap()
        };
        let said = |pod: &Pod, named: &str| container(pod, named).unwrap_or_else(|r| r.message);
        for (pod, named, expected) in [
            (pod(&["a"], None), "", "a"),
            (pod(&["a", "b"], None), "b", "b"),
            (pod(&["a", "b"], None), "e", "e"),
            (pod(&["a", "b"], Some("b")), "", "b"),
            (pod(&["a"], None), "c", "container c is not valid for pod x"),
            (
                pod(&["a", "b"], Some("gone")),
                "",
                "a container name must be specified for pod x, choose one of: [i a b e]",
            ),
        ] {
            assert_eq!(said(&pod, named), expected);
        }
    }
}
