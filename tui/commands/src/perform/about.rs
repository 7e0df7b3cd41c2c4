//! What the API has, who one is, what one may: `api-resources`, `api-versions`, `version`, `auth`,
//! `cluster-info`, `completion`, `options`.

use super::{Doors, Here, Out, say};
use crate::{
    Error, Exit,
    action::{ApiResources, Auth, Shell, Version},
    grammar, neutral,
    print::align,
};
use serde_json::{Value, json};
use shared_api::{Object, Refusal, WriteHow, kinds, served};
use std::collections::BTreeSet;

pub(super) fn resources(asked: &ApiResources, out: Out<'_>) -> Result<Exit, Error> {
    let (wide, names) = (asked.output.as_deref() == Some("wide"), asked.output.as_deref() == Some("name"));
    let mut lines = Vec::new();
    if !names && !asked.no_headers {
        let mut head = vec!["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
        if wide {
            head.extend(["VERBS", "CATEGORIES"]);
        }
        lines.push(head.into_iter().map(String::from).collect());
    }
    let meant = kinds().filter(|k| {
        asked.api_group.as_ref().is_none_or(|group| group == k.group)
            && asked.namespaced.is_none_or(|wanted| wanted == k.namespaced)
            && asked.verbs.iter().all(|verb| k.verbs.contains(&verb.as_str()))
    });
    for kind in meant {
        if names {
            lines.push(vec![kind.group_kind().resource()]);
            continue;
        }
        let mut line = vec![
            kind.plural.to_owned(),
            kind.short_names.join(","),
            kind.api_version.to_owned(),
            kind.namespaced.to_string(),
            kind.kind.to_owned(),
        ];
        if wide {
            line.extend([kind.verbs.join(","), kind.categories.join(",")]);
        }
        lines.push(line);
    }
    say(out, &align(&lines)).map(|()| Exit::Done)
}

pub(super) fn versions(out: Out<'_>) -> Result<Exit, Error> {
    let all: BTreeSet<_> = served().map(|s| s.api_version()).collect();
    say(out, &(all.into_iter().collect::<Vec<_>>().join("\n") + "\n")).map(|()| Exit::Done)
}

pub(super) async fn version(asked: &Version, here: &Here, out: Out<'_>) -> Result<Exit, Error> {
    say(out, &format!("Client Version: v{}\n", env!("CARGO_PKG_VERSION")))?;
    if let (false, Some(plain)) = (asked.client, &here.plain) {
        let answer: Value =
            serde_json::from_slice(&plain.get("/version").await?).map_err(Refusal::internal)?;
        let server = answer["gitVersion"].as_str().unwrap_or("unknown");
        say(out, &format!("Server Version: {}\n", neutral(server)))?;
    }
    Ok(Exit::Done)
}

pub(super) fn cluster_info(here: &Here, out: Out<'_>) -> Result<Exit, Error> {
    say(out, &format!("Kubernetes control plane is running at {}\n", neutral(&here.server)))?;
    Ok(Exit::Done)
}

pub(super) async fn auth(asked: &Auth, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    match asked {
        Auth::Whoami => {
            let answer = ask("authentication.k8s.io/v1", "SelfSubjectReview", json!({}), doors).await?;
            let who = &answer["status"]["userInfo"];
            let text = |value: &Value| neutral(value.as_str().unwrap_or_default()).into_owned();
            let groups = who["groups"].as_array().into_iter().flatten().map(text);
            let mut lines = vec![
                vec!["ATTRIBUTE".to_owned(), "VALUE".into()],
                vec!["Username".into(), text(&who["username"])],
                vec!["Groups".into(), format!("[{}]", groups.collect::<Vec<_>>().join(" "))],
            ];
            if who["uid"].is_string() {
                lines.push(vec!["UID".into(), text(&who["uid"])]);
            }
            say(out, &align(&lines)).map(|()| Exit::Done)
        }
        Auth::CanI { list: true, scope, .. } => {
            let namespace = scope.namespace.as_deref().unwrap_or(&doors.namespace);
            let spec = json!({"namespace": namespace});
            let answer = ask("authorization.k8s.io/v1", "SelfSubjectRulesReview", spec, doors).await?;
            say(out, &align(&rules(&answer["status"]))).map(|()| Exit::Done)
        }
        Auth::CanI { verb, what, subresource, scope, quiet, .. } => {
            let (verb, what) = (verb.as_deref().unwrap_or_default(), what.as_deref().unwrap_or_default());
            let namespace = if scope.all_namespaces {
                ""
            } else {
                scope.namespace.as_deref().unwrap_or(&doors.namespace)
            };
            let spec = question(verb, what, subresource.as_deref(), namespace);
            let answer = ask("authorization.k8s.io/v1", "SelfSubjectAccessReview", spec, doors).await?;
            let may = answer["status"]["allowed"] == true;
            if !quiet {
                say(out, if may { "yes\n" } else { "no\n" })?;
            }
            Ok(if may { Exit::Done } else { Exit::Failed })
        }
    }
}

/// Asks the cluster something that is answered and forgotten.
async fn ask(version: &str, kind: &str, spec: Value, doors: &Doors) -> Result<Value, Error> {
    let question = json!({"apiVersion": version, "kind": kind, "metadata": {}, "spec": spec});
    let object = Object::from_value(&question).map_err(Refusal::internal)?;
    Ok(doors.cluster.create(object, &WriteHow::default()).await?.value())
}

/// The spec of a question whether one may.
fn question(verb: &str, what: &str, part: Option<&str>, namespace: &str) -> Value {
    if what.starts_with('/') {
        return json!({"nonResourceAttributes": {"verb": verb, "path": what}});
    }
    let (word, name) = what.split_once('/').map_or((what, ""), |(word, name)| (word, name));
    let (group, plural, namespaced) = match shared_api::find(word) {
        Some(kind) => (kind.group, kind.plural.to_owned(), kind.namespaced),
        None => ("", word.to_owned(), true),
    };
    let mut wanted = json!({"verb": verb, "group": group, "resource": plural});
    let more = [("name", name), ("subresource", part.unwrap_or_default())];
    for (field, value) in
        more.into_iter().chain([("namespace", namespace)].into_iter().filter(|_| namespaced))
    {
        if !value.is_empty() {
            wanted[field] = value.into();
        }
    }
    json!({"resourceAttributes": wanted})
}

/// What one may, as lines.
fn rules(status: &Value) -> Vec<Vec<String>> {
    let words = |value: &Value| {
        let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        format!("[{}]", words.map(neutral).collect::<Vec<_>>().join(" "))
    };
    let mut lines =
        vec![["Resources", "Non-Resource URLs", "Resource Names", "Verbs"].map(String::from).to_vec()];
    for rule in status["resourceRules"].as_array().into_iter().flatten() {
        let resources = rule["resources"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let group = rule["apiGroups"][0].as_str().unwrap_or_default();
        let whole = |r: &str| if group.is_empty() { r.to_owned() } else { format!("{r}.{group}") };
        let names = resources.map(|r| neutral(&whole(r)).into_owned()).collect::<Vec<_>>().join(",");
        lines.push(vec![names, "[]".into(), words(&rule["resourceNames"]), words(&rule["verbs"])]);
    }
    for rule in status["nonResourceRules"].as_array().into_iter().flatten() {
        lines.push(vec![String::new(), words(&rule["nonResourceURLs"]), "[]".into(), words(&rule["verbs"])]);
    }
    lines
}

pub(super) fn completion(shell: Shell, out: Out<'_>) -> Result<Exit, Error> {
    let script = grammar::completion(match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    });
    out.out(&script).map_err(Error::Write)?;
    Ok(Exit::Done)
}

pub(super) fn options(out: Out<'_>) -> Result<Exit, Error> {
    say(
        out,
        "These stand before --batch, and go with every command:\n\n\
         \x20   --kubeconfig=FILE    kubeconfig file; else KUBECONFIG, else ~/.kube/config\n\
         \x20   --context=NAME       context of the kubeconfig; its current one when absent\n\
         \x20   -n, --namespace=NAME namespace meant when none is named\n\n\
         `COMMAND --help` lists a command's own.\n",
    )
    .map(|()| Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_what_is_meant() {
        assert_eq!(
            question("get", "deploy/web", Some("scale"), "n"),
            json!({"resourceAttributes": {
                "verb": "get", "group": "apps", "resource": "deployments", "name": "web", "subresource": "scale",
                "namespace": "n",
            }})
        );
        assert_eq!(question("get", "nodes", None, "n")["resourceAttributes"].get("namespace"), None);
        assert_eq!(question("get", "/healthz", None, "n")["nonResourceAttributes"]["path"], "/healthz");
    }
}
