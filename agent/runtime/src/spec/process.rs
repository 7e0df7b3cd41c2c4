//! The process of a container: what runs, with which environment, as whom, with which rights.

use super::{Host, capabilities::capabilities, oom_score_adj, user::User};
use crate::{ContainerSpec, Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// The part of an image's configuration that says how to run it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct ImageConfig {
    /// `name`, `name:group`, `uid` or `uid:gid`.
    pub(crate) user: Option<String>,
    /// `NAME=value`.
    pub(crate) env: Option<Vec<String>>,
    /// What runs.
    pub(crate) entrypoint: Option<Vec<String>>,
    /// Its arguments, or what runs when there is no entry point.
    pub(crate) cmd: Option<Vec<String>>,
    /// Where it runs.
    pub(crate) working_dir: Option<String>,
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub(super) fn process(spec: &ContainerSpec, image: &ImageConfig, user: &User, host: &Host) -> Result<Value> {
    let unknown = |name| Error::Invalid(format!("capability {name:?} is unknown"));
    let capabilities = capabilities(&spec.security, host.capabilities).map_err(unknown)?;
    let mut process = json!({
        "terminal": spec.tty,
        "user": {"uid": user.uid, "gid": user.gid, "additionalGids": user.groups},
        "args": args(spec, image)?,
        "env": env(spec, image),
        "cwd": cwd(spec, image),
        "capabilities": {
            "bounding": capabilities, "effective": capabilities, "permitted": capabilities,
        },
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": host.open_files, "soft": host.open_files}],
        "noNewPrivileges": spec.security.no_new_privileges,
    });
    if let Some(score) = oom_score_adj(spec.resources.oom_score_adj, host) {
        process["oomScoreAdj"] = json!(score);
    }
    Ok(process)
}

/// Kubernetes' rules: `command` replaces the entry point *and* the image's arguments, `args` the
/// latter alone.
fn args(spec: &ContainerSpec, image: &ImageConfig) -> Result<Vec<String>> {
    let part = |of: &Option<Vec<String>>| of.clone().unwrap_or_default();
    let mut all = if spec.command.is_empty() { part(&image.entrypoint) } else { spec.command.clone() };
    if !spec.args.is_empty() {
        all.extend(spec.args.iter().cloned());
    } else if spec.command.is_empty() {
        all.extend(part(&image.cmd));
    }
    if all.first().is_none_or(String::is_empty) {
        let image = &spec.image;
        return Err(Error::Invalid(format!(
            "image {image} says nothing to run: set the container's command"
        )));
    }
    Ok(all)
}

/// The image's environment with ours over it; a later value of a name wins, at the first one's place.
fn env(spec: &ContainerSpec, image: &ImageConfig) -> Vec<String> {
    let mut all: Vec<(String, String)> = vec![("PATH".into(), PATH.into())];
    if !spec.hostname.is_empty() {
        all.push(("HOSTNAME".into(), spec.hostname.clone()));
    }
    if spec.tty {
        all.push(("TERM".into(), "xterm".into()));
    }
    let own = image.env.iter().flatten().map(|line| line.split_once('=').unwrap_or((line.as_str(), "")));
    let asked = spec.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in own.chain(asked) {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => all.push((name.into(), value.into())),
        }
    }
    all.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn cwd(spec: &ContainerSpec, image: &ImageConfig) -> String {
    let asked = spec.working_dir.as_deref().or(image.working_dir.as_deref()).unwrap_or_default();
    if asked.starts_with('/') { asked.to_owned() } else { format!("/{asked}") }
}
