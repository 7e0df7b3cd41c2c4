//! Objects from words: what `create KIND NAME` makes.

use super::{entries::Entries, rights};
use crate::{
    Error,
    action::{Generator, SecretKind, ServiceKind},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// What the words need besides themselves: what was read of files, and of the cluster.
#[derive(Debug, Default)]
pub(crate) struct Material {
    /// Entries of a config map or a secret.
    pub(crate) entries: Entries,
    /// The cron job that a job is made from.
    pub(crate) cron_job: Option<Value>,
}

/// The object that was asked for.
pub(crate) fn object(what: &Generator, material: &Material) -> Result<Value, Error> {
    Ok(match what {
        Generator::Namespace { name } => plain("v1", "Namespace", name),
        Generator::ServiceAccount { name } => plain("v1", "ServiceAccount", name),
        Generator::Deployment { name, images, replicas, port, command } => {
            deployment(name, images, *replicas, *port, command)?
        }
        Generator::ConfigMap { name, .. } => config_map(name, &material.entries),
        Generator::Secret(kind) => secret(kind, &material.entries),
        Generator::Job { name, image, command, .. } => job(name, image.as_deref(), command, material)?,
        Generator::CronJob { name, image, schedule, restart, command } => {
            let mut container = json!({"name": name, "image": image});
            if !command.is_empty() {
                container["command"] = json!(command);
            }
            cron_job(name, schedule, &json!({"containers": [container], "restartPolicy": restart}))
        }
        Generator::Service(kind) => service(kind)?,
        Generator::Role(words) => rights::role("Role", words)?,
        Generator::ClusterRole(words) => rights::role("ClusterRole", words)?,
        Generator::RoleBinding(words) => rights::binding("RoleBinding", words)?,
        Generator::ClusterRoleBinding(words) => rights::binding("ClusterRoleBinding", words)?,
        Generator::Quota { name, hard } => {
            let mut quota = plain("v1", "ResourceQuota", name);
            quota["spec"] = json!({"hard": pairs("--hard", hard)?});
            quota
        }
        Generator::PriorityClass { name, value, global_default, description } => {
            let mut class = plain("scheduling.k8s.io/v1", "PriorityClass", name);
            class["value"] = json!(value);
            class["globalDefault"] = json!(global_default);
            class["description"] = json!(description);
            class
        }
        Generator::Budget { name, selector, min_available, max_unavailable } => {
            let mut budget = plain("policy/v1", "PodDisruptionBudget", name);
            let labels: Vec<String> = selector.split(',').map(Into::into).collect();
            budget["spec"] = json!({"selector": {"matchLabels": pairs("--selector", &labels)?}});
            for (field, amount) in [("minAvailable", min_available), ("maxUnavailable", max_unavailable)] {
                if let Some(amount) = amount {
                    budget["spec"][field] = number_or_text(amount);
                }
            }
            budget
        }
    })
}

/// An object with a name and nothing else.
pub(crate) fn plain(version: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}})
}

/// `8080` is a number, `http` and `50%` are text.
pub(crate) fn number_or_text(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Into::into)
}

/// `KEY=VALUE` words as an object of texts.
pub(crate) fn pairs(flag: &str, words: &[String]) -> Result<Map<String, Value>, Error> {
    let pair = |word: &String| match word.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), Value::from(value))),
        _ => Err(Error::Usage(format!("{flag} {word:?}: expected KEY=VALUE"))),
    };
    words.iter().map(pair).collect()
}

fn deployment(
    name: &str,
    images: &[String],
    replicas: i32,
    port: Option<i32>,
    command: &[String],
) -> Result<Value, Error> {
    if images.len() > 1 && !command.is_empty() {
        return Err(Error::Usage("cannot specify multiple --image options and command".into()));
    }
    let container = |image: &String| {
        // Several containers are told apart by their images' names.
        let short = image.rsplit('/').next().unwrap_or_default();
        let short = short.split(['@', ':']).next().unwrap_or_default().replace('_', "-");
        let mut made =
            json!({"name": if short.is_empty() { name.to_owned() } else { short }, "image": image});
        if !command.is_empty() {
            made["command"] = json!(command);
        }
        made
    };
    let mut containers: Vec<_> = images.iter().map(container).collect();
    if let (Some(port), Some(first)) = (port, containers.first_mut()) {
        first["ports"] = json!([{"containerPort": port}]);
    }
    Ok(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}},
        },
    }))
}

fn config_map(name: &str, entries: &Entries) -> Value {
    let mut map = plain("v1", "ConfigMap", name);
    for (key, bytes) in entries {
        match std::str::from_utf8(bytes) {
            Ok(text) => map["data"][key] = text.into(),
            Err(_) => map["binaryData"][key] = STANDARD.encode(bytes).into(),
        }
    }
    map
}

fn secret(kind: &SecretKind, entries: &Entries) -> Value {
    let encoded = |entries: &Entries| -> Map<String, Value> {
        entries.iter().map(|(key, bytes)| (key.clone(), STANDARD.encode(bytes).into())).collect()
    };
    let (name, type_, data) = match kind {
        SecretKind::Generic { name, kind, .. } => {
            (name, kind.as_deref().unwrap_or("Opaque"), encoded(entries))
        }
        SecretKind::Tls { name, .. } => (name, "kubernetes.io/tls", encoded(entries)),
        SecretKind::DockerRegistry { name, server, username, password, email } => {
            let mut login = json!({
                "username": username, "password": password,
                "auth": STANDARD.encode(format!("{username}:{password}")),
            });
            if !email.is_empty() {
                login["email"] = json!(email);
            }
            let config = json!({"auths": {server: login}}).to_string();
            let data = json!({".dockerconfigjson": STANDARD.encode(config)});
            (name, "kubernetes.io/dockerconfigjson", data.as_object().cloned().unwrap_or_default())
        }
    };
    let mut secret = plain("v1", "Secret", name);
    secret["type"] = json!(type_);
    if !data.is_empty() {
        secret["data"] = Value::Object(data);
    }
    secret
}

fn job(name: &str, image: Option<&str>, command: &[String], material: &Material) -> Result<Value, Error> {
    let mut job = plain("batch/v1", "Job", name);
    let Some(cron_job) = &material.cron_job else {
        let mut container = json!({"name": name, "image": image});
        if !command.is_empty() {
            container["command"] = json!(command);
        }
        job["spec"] = json!({"template": {"spec": {"containers": [container], "restartPolicy": "Never"}}});
        return Ok(job);
    };
    if !command.is_empty() {
        return Err(Error::Usage("create job: --from takes the command of the cron job, give none".into()));
    }
    Ok(triggered(name, cron_job))
}

/// The job that a cron job would make now, by hand.
pub(crate) fn triggered(name: &str, cron_job: &Value) -> Value {
    let template = &cron_job["spec"]["jobTemplate"];
    let mut job = plain("batch/v1", "Job", name);
    let mut notes = template["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    notes.insert("cronjob.kubernetes.io/instantiate".into(), "manual".into());
    job["metadata"]["annotations"] = Value::Object(notes);
    if let Some(labels) = template["metadata"].get("labels") {
        job["metadata"]["labels"] = labels.clone();
    }
    job["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "batch/v1", "kind": "CronJob", "name": cron_job["metadata"]["name"],
        "uid": cron_job["metadata"]["uid"], "controller": true,
    }]);
    job["spec"] = template["spec"].clone();
    job
}

/// A cron job whose pods have this spec.
pub(crate) fn cron_job(name: &str, schedule: &str, pods: &Value) -> Value {
    let mut made = plain("batch/v1", "CronJob", name);
    made["spec"] = json!({
        "schedule": schedule,
        "jobTemplate": {"metadata": {"name": name}, "spec": {"template": {"spec": pods}}},
    });
    made
}

fn service(kind: &ServiceKind) -> Result<Value, Error> {
    let (name, type_, ports) = match kind {
        ServiceKind::ClusterIp { name, ports, .. } => (name, "ClusterIP", ports),
        ServiceKind::NodePort { name, ports, .. } => (name, "NodePort", ports),
        ServiceKind::LoadBalancer { name, ports } => (name, "LoadBalancer", ports),
        ServiceKind::ExternalName { name, ports, .. } => (name, "ExternalName", ports),
    };
    let bad = |word: &str| Error::Usage(format!("--tcp {word:?}: expected PORT or PORT:TARGET"));
    let mut list = Vec::new();
    for word in ports {
        let (port, target) = word.split_once(':').unwrap_or((word, word));
        let number: u16 = port.parse().map_err(|_| bad(word))?;
        list.push(json!({
            "name": word.replace(':', "-"), "port": number, "protocol": "TCP",
            "targetPort": number_or_text(target),
        }));
    }
    let mut made = plain("v1", "Service", name);
    made["metadata"]["labels"] = json!({"app": name});
    made["spec"] = json!({"type": type_, "selector": {"app": name}, "ports": list});
    match kind {
        ServiceKind::ClusterIp { clusterip: Some(address), .. } => made["spec"]["clusterIP"] = json!(address),
        ServiceKind::NodePort { node_port: Some(port), .. } => {
            made["spec"]["ports"][0]["nodePort"] = json!(port);
        }
        ServiceKind::ExternalName { external_name, .. } => {
            made["spec"]["externalName"] = json!(external_name);
        }
        ServiceKind::ClusterIp { clusterip: None, ports, .. } if ports.is_empty() => {
            return Err(Error::Usage("create service clusterip: --tcp or --clusterip=None is needed".into()));
        }
        _ => {}
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, grammar};

    fn made(line: &str) -> Value {
        let Action::Create(create) = grammar::parse_line(&format!("create {line}")).unwrap() else {
            panic!("{line} creates")
        };
        let mut material = Material::default();
        material.entries.insert("k".into(), b"v".to_vec());
        material.entries.insert("raw".into(), vec![0xff]);
        material.cron_job = Some(json!({
            "metadata": {"name": "hello", "uid": "u"},
            "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}},
        }))
        .filter(|_| line.contains("--from=cronjob"));
        object(&create.what.unwrap(), &material).unwrap()
    }

    #[test]
    fn words_make_objects() {
        let web = made("deployment web --image=r.example/a/nginx:1 --replicas=2 --port=80 -- sleep 1");
        assert_eq!(
            web["spec"]["template"]["spec"]["containers"],
            json!([{
                "name": "nginx", "image": "r.example/a/nginx:1", "ports": [{"containerPort": 80}],
                "command": ["sleep", "1"],
            }])
        );
        let map = made("configmap special --from-literal=k=v");
        assert_eq!((&map["data"]["k"], &map["binaryData"]["raw"]), (&json!("v"), &json!("/w==")));
        let login = made(
            "secret docker-registry reg --docker-server=r.example --docker-username=me --docker-password=word",
        );
        let text = STANDARD.decode(login["data"][".dockerconfigjson"].as_str().unwrap()).unwrap();
        let text: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(text["auths"]["r.example"]["auth"], STANDARD.encode("me:word"));
        assert_eq!(made("secret generic s --type=x")["type"], "x");
        assert_eq!(made("sa jenkins")["kind"], "ServiceAccount");
        let job = made("job now --from=cronjob/hello");
        assert_eq!(job["metadata"]["ownerReferences"][0]["uid"], "u");
        let cron = made("cronjob hello --image=busybox --schedule='*/1 * * * *' -- date");
        assert_eq!(cron["spec"]["schedule"], "*/1 * * * *");
        let service = made("service nodeport web --tcp=80:8080 --node-port=30001");
        assert_eq!(
            service["spec"]["ports"][0],
            json!({
                "name": "80-8080", "port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30001,
            })
        );
        assert_eq!(made("quota q --hard=cpu=1,pods=2")["spec"]["hard"]["pods"], "2");
        assert_eq!(made("pdb p --selector=app=web --min-available=50%")["spec"]["minAvailable"], "50%");
        assert_eq!(made("pc high --value=-1")["value"], -1);
    }
}
