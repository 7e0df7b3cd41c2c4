//! `config`: the kubeconfig file, looked at and changed. What it says besides stays as it is.

use super::{Here, Out, say};
use crate::{Error, Exit, action::Config, neutral, print::align};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared_api::yaml;
use std::path::Path;

pub(super) fn config(asked: &Config, here: &Here, out: Out<'_>) -> Result<Exit, Error> {
    let path = here.kubeconfig.as_deref();
    let path = path.ok_or_else(|| Error::Usage("no kubeconfig file: name one with --kubeconfig".into()))?;
    let mut file = read(path)?;
    let said = match asked {
        Config::View { minify, raw } => {
            let mut shown = if *minify { minified(&file) } else { file };
            if !raw {
                redact(&mut shown);
            }
            return say(out, &neutral(&yaml::to_string(&shown)?)).map(|()| Exit::Done);
        }
        Config::CurrentContext => {
            let current = file["current-context"].as_str().filter(|c| !c.is_empty());
            let current = current.ok_or_else(|| Error::Usage("current-context is not set".into()))?;
            return say(out, &format!("{}\n", neutral(current))).map(|()| Exit::Done);
        }
        Config::GetContexts => {
            return say(out, &align(&contexts(&file))).map(|()| Exit::Done);
        }
        other => change(&mut file, other, &embedded)?,
    };
    write(path, &file)?;
    say(out, &format!("{said}\n"))?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<Value, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Ok(yaml::from_str(&text)?),
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::File { file: path.display().to_string(), source })
        }
        _ => Ok(json!({
            "apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": [],
            "current-context": "", "preferences": {},
        })),
    }
}

/// Writes the whole file or nothing: beside it first, readable for its owner only.
fn write(path: &Path, file: &Value) -> Result<(), Error> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt};
    let failed = |source| Error::File { file: path.display().to_string(), source };
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    // Through a link, to what it leads to.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let text = yaml::to_string(file)?;
    let mut options = std::fs::OpenOptions::new();
    let beside = options.write(true).create_new(true).mode(0o600).open(&name);
    let written = beside.and_then(|mut beside| {
        beside.write_all(text.as_bytes())?;
        beside.sync_all()?;
        std::fs::rename(&name, &path)
    });
    written.map_err(failed)
}

fn embedded(path: &str) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::File { file: path.into(), source })?;
    Ok(STANDARD.encode(bytes))
}

/// Changes the file as asked; what is said of it. `embed` reads a file as base64.
fn change(
    file: &mut Value,
    asked: &Config,
    embed: &dyn Fn(&str) -> Result<String, Error>,
) -> Result<String, Error> {
    let put = |entry: &mut Value, name: &str, path: &Option<String>, embeds: bool| -> Result<(), Error> {
        let Some(path) = path else { return Ok(()) };
        let data = format!("{name}-data");
        let (set, gone, value) =
            if embeds { (&*data, name, embed(path)?) } else { (name, &*data, path.clone()) };
        entry[set] = value.into();
        entry.as_object_mut().map(|fields| fields.remove(gone));
        Ok(())
    };
    let set = |entry: &mut Value, name: &str, value: &Option<String>| {
        if let Some(value) = value {
            entry[name] = value.as_str().into();
        }
    };
    Ok(match asked {
        Config::UseContext { name } => {
            if find(file, "contexts", name).is_none() {
                return Err(Error::Usage(format!("no context exists with the name: {name:?}")));
            }
            file["current-context"] = name.as_str().into();
            format!("Switched to context {name:?}.")
        }
        Config::SetCluster { name, server, certificate_authority, embed_certs } => {
            let entry = &mut entry(file, "clusters", name).0["cluster"];
            set(entry, "server", server);
            put(entry, "certificate-authority", certificate_authority, *embed_certs)?;
            format!("Cluster {name:?} set.")
        }
        Config::SetCredentials {
            name,
            username,
            password,
            token,
            client_certificate,
            client_key,
            embed_certs,
        } => {
            let entry = &mut entry(file, "users", name).0["user"];
            set(entry, "username", username);
            set(entry, "password", password);
            set(entry, "token", token);
            put(entry, "client-certificate", client_certificate, *embed_certs)?;
            put(entry, "client-key", client_key, *embed_certs)?;
            format!("User {name:?} set.")
        }
        Config::SetContext { name, cluster, user, namespace, .. } => {
            let current = file["current-context"].as_str().unwrap_or_default().to_owned();
            let name = name.clone().unwrap_or(current);
            if name.is_empty() {
                return Err(Error::Usage("no current context is set".into()));
            }
            let (entry, new) = entry(file, "contexts", &name);
            let entry = &mut entry["context"];
            set(entry, "cluster", cluster);
            set(entry, "user", user);
            set(entry, "namespace", namespace);
            format!("Context {name:?} {}.", if new { "created" } else { "modified" })
        }
        Config::DeleteContext { name } => remove(file, "contexts", "context", name)?,
        Config::DeleteCluster { name } => remove(file, "clusters", "cluster", name)?,
        Config::DeleteUser { name } => remove(file, "users", "user", name)?,
        Config::View { .. } | Config::CurrentContext | Config::GetContexts => String::new(),
    })
}

fn find(file: &Value, list: &str, name: &str) -> Option<usize> {
    file[list].as_array()?.iter().position(|entry| entry["name"] == *name)
}

/// The entry of that name, made when it is not there; whether it was made.
fn entry<'a>(file: &'a mut Value, list: &str, name: &str) -> (&'a mut Value, bool) {
    if !file[list].is_array() {
        file[list] = json!([]);
    }
    let found = find(file, list, name);
    let length = file[list].as_array().map_or(0, Vec::len);
    if let (None, Some(entries)) = (found, file[list].as_array_mut()) {
        let inner = list.trim_end_matches('s');
        entries.push(json!({"name": name, inner: {}}));
    }
    (&mut file[list][found.unwrap_or(length)], found.is_none())
}

fn remove(file: &mut Value, list: &str, what: &str, name: &str) -> Result<String, Error> {
    let at = find(file, list, name);
    let at = at.ok_or_else(|| Error::Usage(format!("cannot delete {what} {name}, not in the kubeconfig")))?;
    file[list].as_array_mut().map(|entries| entries.remove(at));
    Ok(format!("deleted {what} {name}"))
}

/// Only what the current context uses.
fn minified(file: &Value) -> Value {
    let mut shown = file.clone();
    let context = find(file, "contexts", file["current-context"].as_str().unwrap_or_default());
    let context = context.map(|at| file["contexts"][at].clone()).unwrap_or_default();
    for (list, name) in [
        ("contexts", &context["name"]),
        ("clusters", &context["context"]["cluster"]),
        ("users", &context["context"]["user"]),
    ] {
        if let Some(entries) = shown[list].as_array_mut() {
            entries.retain(|entry| entry["name"] == *name);
        }
    }
    shown
}

/// Leaves out what nobody should read over a shoulder, as kubectl does.
fn redact(file: &mut Value) {
    const DATA: &[&str] = &["certificate-authority-data", "client-certificate-data", "client-key-data"];
    let entries = ["clusters", "users"].into_iter().zip(["cluster", "user"]);
    for (list, inner) in entries {
        for entry in file[list].as_array_mut().into_iter().flatten() {
            let Some(fields) = entry[inner].as_object_mut() else { continue };
            for (name, value) in fields.iter_mut() {
                if DATA.contains(&name.as_str()) {
                    *value = "DATA+OMITTED".into();
                } else if matches!(name.as_str(), "password" | "token") {
                    *value = "REDACTED".into();
                }
            }
        }
    }
}

fn contexts(file: &Value) -> Vec<Vec<String>> {
    let mut lines = vec![["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(String::from).to_vec()];
    for entry in file["contexts"].as_array().into_iter().flatten() {
        let text = |value: &Value| neutral(value.as_str().unwrap_or_default()).into_owned();
        let context = &entry["context"];
        let mark = if entry["name"] == file["current-context"] { "*" } else { "" };
        lines.push(vec![
            mark.into(),
            text(&entry["name"]),
            text(&context["cluster"]),
            text(&context["user"]),
            text(&context["namespace"]),
        ]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, grammar};

    fn check(file: &mut Value, line: &str) -> Result<String, Error> {
        let Action::Config(config) = grammar::parse_line(&format!("config {line}"))? else {
            panic!("{line}")
        };
        change(file, &config, &|path| Ok(format!("<{path}>")))
    }

    #[test]
    fn a_kubeconfig_is_made_of_lines() {
        let mut file = json!({"kind": "Config", "extra": 1});
        for (line, said) in [
            ("set-credentials myself --username=admin --password=secret", "User \"myself\" set."),
            ("set-cluster local-server --server=http://localhost:8080", "Cluster \"local-server\" set."),
            (
                "set-context default-context --cluster=local-server --user=myself --namespace=default",
                "Context \"default-context\" created.",
            ),
            ("set-context default-context --namespace=x", "Context \"default-context\" modified."),
            ("use-context default-context", "Switched to context \"default-context\"."),
        ] {
            assert_eq!(check(&mut file, line).unwrap(), said);
        }
        assert_eq!(
            file["contexts"][0]["context"],
            json!({
                "cluster": "local-server", "user": "myself", "namespace": "x",
            })
        );
        assert_eq!((&file["extra"], &file["current-context"]), (&json!(1), &json!("default-context")));
        check(&mut file, "set-credentials myself --client-key=k.pem --embed-certs").unwrap();
        assert_eq!(file["users"][0]["user"]["client-key-data"], "<k.pem>");
        let mut shown = minified(&file);
        redact(&mut shown);
        assert_eq!(
            shown["users"][0]["user"],
            json!({
                "username": "admin", "password": "REDACTED", "client-key-data": "DATA+OMITTED",
            })
        );
        assert_eq!(contexts(&file)[1][0], "*");
        assert!(check(&mut file, "use-context none").is_err());
        assert_eq!(check(&mut file, "delete-user myself").unwrap(), "deleted user myself");
        assert!(check(&mut file, "delete-user myself").is_err());
    }
}
