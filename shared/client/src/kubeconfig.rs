//! Kubeconfig files: where a cluster is and who one is there. kubectl reads the same ones.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared_pki::Identity;
use std::path::{Path, PathBuf};

/// A kubeconfig file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Kubeconfig {
    /// `v1`.
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// `Config`.
    pub kind: String,
    /// Clusters by name.
    pub clusters: Vec<NamedCluster>,
    /// Users by name.
    pub users: Vec<NamedUser>,
    /// Pairs of a cluster and a user, by name.
    pub contexts: Vec<NamedContext>,
    /// The context that counts when none is asked for.
    pub current_context: String,
}

/// Where a cluster is, with its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NamedCluster {
    /// Name.
    pub name: String,
    /// The entry.
    pub cluster: Cluster,
}

/// Who one is, with its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NamedUser {
    /// Name.
    pub name: String,
    /// The entry.
    pub user: User,
}

/// A pair, with its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NamedContext {
    /// Name.
    pub name: String,
    /// The entry.
    pub context: Context,
}

/// Where a cluster is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Cluster {
    /// `https://host:6443`.
    pub server: String,
    /// Authority, PEM in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_authority_data: Option<String>,
    /// Authority, file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_authority: Option<PathBuf>,
}

/// Who one is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct User {
    /// Certificate, PEM in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_data: Option<String>,
    /// Certificate, file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<PathBuf>,
    /// Key, PEM in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_data: Option<String>,
    /// Key, file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    /// Bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A pair of a cluster and a user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the user.
    pub user: String,
    /// The namespace meant when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// What a kubeconfig says about one context, its files read.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// Name of the context.
    pub context: String,
    /// `https://host:6443`.
    pub server: String,
    /// Authority, PEM; the system's when `None`.
    pub authority: Option<String>,
    /// Certificate and key.
    pub identity: Option<Identity>,
    /// Bearer token.
    pub token: Option<String>,
    /// The namespace meant when none is named.
    pub namespace: String,
}

/// What can be wrong with a kubeconfig.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("reading {path} (name another with --kubeconfig or KUBECONFIG)")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It says something impossible.
    #[error("{path}: {why}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What.
        why: String,
    },
}

impl Kubeconfig {
    /// A file with one cluster and one user.
    pub fn of(name: &str, server: &str, authority: &str, identity: &Identity) -> Self {
        let encode = |text: &str| Some(STANDARD.encode(text));
        Self {
            api_version: "v1".into(),
            kind: "Config".into(),
            clusters: vec![NamedCluster {
                name: name.into(),
                cluster: Cluster {
                    server: server.into(),
                    certificate_authority_data: encode(authority),
                    certificate_authority: None,
                },
            }],
            users: vec![NamedUser {
                name: "admin".into(),
                user: User {
                    client_certificate_data: encode(&identity.certificate),
                    client_key_data: encode(&identity.key),
                    ..User::default()
                },
            }],
            contexts: vec![NamedContext {
                name: name.into(),
                context: Context { cluster: name.into(), user: "admin".into(), namespace: None },
            }],
            current_context: name.into(),
        }
    }

    /// As YAML.
    pub fn to_yaml(&self) -> String {
        shared_api::yaml::to_string(self).expect("a kubeconfig can be encoded")
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.into(), source })?;
        let value: Value = shared_api::yaml::from_str(&text).map_err(|e| wrong(path, e))?;
        serde_json::from_value(value).map_err(|e| wrong(path, e))
    }

    /// What it says about `context` (the current one when `None`); `path` is where it was read from.
    pub fn access(&self, context: Option<&str>, path: &Path) -> Result<Access, Error> {
        let wanted = context.unwrap_or(&self.current_context);
        let named = |kind: &str, name: &str, names: Vec<&String>| {
            let names = names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            wrong(path, format!("no {kind} is called {name:?}; there is: {names}"))
        };
        let context = self.contexts.iter().find(|c| c.name == wanted);
        let context = context
            .ok_or_else(|| named("context", wanted, self.contexts.iter().map(|c| &c.name).collect()))?;
        let (cluster_name, user_name) = (&context.context.cluster, &context.context.user);
        let cluster = self.clusters.iter().find(|c| c.name == *cluster_name);
        let cluster = cluster
            .ok_or_else(|| named("cluster", cluster_name, self.clusters.iter().map(|c| &c.name).collect()))?;
        let user = self.users.iter().find(|u| u.name == *user_name);
        let user =
            user.ok_or_else(|| named("user", user_name, self.users.iter().map(|u| &u.name).collect()))?;
        let (cluster, user) = (&cluster.cluster, &user.user);
        let get =
            |data: &Option<String>, file: &Option<PathBuf>| material(data.as_deref(), file.as_deref(), path);
        let certificate = get(&user.client_certificate_data, &user.client_certificate)?;
        let key = get(&user.client_key_data, &user.client_key)?;
        Ok(Access {
            context: wanted.into(),
            server: cluster.server.clone(),
            authority: get(&cluster.certificate_authority_data, &cluster.certificate_authority)?,
            identity: certificate.zip(key).map(|(certificate, key)| Identity { certificate, key }),
            token: user.token.clone(),
            namespace: context.context.namespace.clone().unwrap_or_else(|| "default".into()),
        })
    }
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::Wrong { path: path.into(), why: why.to_string() }
}

/// Inline data, or a file relative to the kubeconfig.
fn material(data: Option<&str>, file: Option<&Path>, at: &Path) -> Result<Option<String>, Error> {
    if let Some(data) = data.filter(|d| !d.is_empty()) {
        let bytes = STANDARD.decode(data.trim()).map_err(|e| wrong(at, format!("not base64: {e}")))?;
        return String::from_utf8(bytes).map(Some).map_err(|e| wrong(at, format!("not PEM: {e}")));
    }
    let Some(file) = file else { return Ok(None) };
    let path = at.parent().unwrap_or(Path::new("")).join(file);
    std::fs::read_to_string(&path).map(Some).map_err(|source| Error::Read { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_reads_back() {
        let identity = Identity { certificate: "cert".into(), key: "key".into() };
        let config = Kubeconfig::of("demo", "https://h:1", "ca", &identity);
        let value: Value = shared_api::yaml::from_str(&config.to_yaml()).unwrap();
        let back: Kubeconfig = serde_json::from_value(value).unwrap();
        assert_eq!(back, config);
        let access = back.access(None, Path::new("x")).unwrap();
        assert_eq!((access.server.as_str(), access.namespace.as_str()), ("https://h:1", "default"));
        assert!(access.identity == Some(identity));
    }

    #[test]
    fn a_missing_context_is_named() {
        let error = Kubeconfig::default().access(Some("prod"), Path::new("/k")).err().unwrap();
        assert!(error.to_string().starts_with("/k: no context is called \"prod\""), "{error}");
    }
}
