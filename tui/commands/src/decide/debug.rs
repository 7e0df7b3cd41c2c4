//! `debug`: a guest in a pod that runs, or a pod that sees its node from inside.

use super::make;
use crate::{Debug, Error};
use serde_json::{Value, json};

/// What is run when nothing is said: something with a shell.
pub(crate) const IMAGE: &str = "busybox";

fn container(name: &str, asked: &Debug) -> Value {
    let image = asked.image.as_deref().unwrap_or(IMAGE);
    let mut container = json!({
        "name": name, "image": image, "stdin": asked.speech.stdin, "tty": asked.speech.tty,
        "terminationMessagePolicy": "File",
    });
    if !asked.command.is_empty() {
        container["command"] = json!(asked.command);
    }
    container
}

/// A name that no container of the pod has.
fn free(pod: &Value) -> String {
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let all: Vec<&str> = lists
        .iter()
        .filter_map(|list| pod["spec"][*list].as_array())
        .flatten()
        .filter_map(|c| c["name"].as_str())
        .collect();
    let mut names = (1..).map(|n| format!("debugger-{n}"));
    names.find(|name| !all.contains(&name.as_str())).unwrap_or_default()
}

/// The pod with one guest more, and the guest's name.
pub(crate) fn guest(pod: &Value, asked: &Debug) -> Result<(Value, String), Error> {
    let name = asked.container.clone().unwrap_or_else(|| free(pod));
    let mut guest = container(&name, asked);
    if let Some(target) = &asked.target {
        let containers = pod["spec"]["containers"].as_array();
        if !containers.into_iter().flatten().any(|c| c["name"] == **target) {
            let pod = pod["metadata"]["name"].as_str().unwrap_or_default();
            return Err(Error::Usage(format!("debug --target: pod {pod} has no container {target:?}")));
        }
        guest["targetContainerName"] = json!(target);
    }
    let mut after = pod.clone();
    match after["spec"]["ephemeralContainers"].as_array_mut() {
        Some(guests) => guests.push(guest),
        None => after["spec"]["ephemeralContainers"] = json!([guest]),
    }
    Ok((after, name))
}

/// A pod on a node that shares its processes, network and files: these are below /host.
pub(crate) fn on_node(node: &str, asked: &Debug) -> Value {
    let mut pod = make::plain("v1", "Pod", "");
    pod["metadata"] = json!({
        "generateName": format!("node-debugger-{node}-"),
        "labels": {"app.kubernetes.io/managed-by": "dhow-debug"},
    });
    let mut container = container("debugger", asked);
    container["securityContext"] = json!({"privileged": true});
    container["volumeMounts"] = json!([{"name": "host-root", "mountPath": "/host"}]);
    pod["spec"] = json!({
        "nodeName": node, "hostPID": true, "hostNetwork": true, "hostIPC": true, "restartPolicy": "Never",
        "containers": [container], "tolerations": [{"operator": "Exists"}],
        "volumes": [{"name": "host-root", "hostPath": {"path": "/"}}],
    });
    pod
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Speech;

    #[test]
    fn a_guest_has_a_name_of_its_own() {
        let pod = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "app"}],
            "ephemeralContainers": [{"name": "debugger-1"}]}});
        let asked = Debug {
            target: Some("app".into()),
            speech: Speech { stdin: true, tty: false },
            ..Debug::default()
        };
        let (after, name) = guest(&pod, &asked).unwrap();
        assert_eq!(name, "debugger-2");
        let made = &after["spec"]["ephemeralContainers"][1];
        assert_eq!((&made["targetContainerName"], &made["image"]), (&json!("app"), &json!(IMAGE)));
        let wrong = Debug { target: Some("none".into()), ..Debug::default() };
        assert!(guest(&pod, &wrong).unwrap_err().to_string().contains("no container \"none\""));
    }

    #[test]
    fn a_pod_on_a_node_sees_all_of_it() {
        let pod = on_node("n1", &Debug { image: Some("x".into()), ..Debug::default() });
        assert_eq!((&pod["spec"]["nodeName"], &pod["spec"]["hostPID"]), (&json!("n1"), &json!(true)));
        assert_eq!(pod["spec"]["containers"][0]["image"], "x");
    }
}
