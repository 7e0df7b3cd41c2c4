//! Whether the control plane may take pods away: only one whose history this node's pods belong to.
//!
//! What is remembered is kept in a file, so that a restarted agent that meets an emptied or an older
//! control plane keeps its pods and says so.

use serde_json::json;
use shared_api::Revision;
use shared_client::Standing;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// The history that this node's pods belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The cluster's id.
    pub cluster: String,
    /// The newest revision seen.
    pub revision: Revision,
}

/// Why the absence of a pod means nothing now; `Ok` when it means that the pod is gone.
pub fn trust(standing: &Standing, revision: Revision, known: &History, file: &Path) -> Result<(), String> {
    if let Some(trouble) = &standing.trouble {
        return Err(trouble.clone());
    }
    if !standing.synced || !standing.connected {
        return Err("the control plane has not been heard yet".into());
    }
    let way_out =
        format!("pods are kept; to follow it all the same, remove {} and restart the agent", file.display());
    if !known.cluster.is_empty() && *known.cluster != *standing.cluster {
        let (now, then) = (&standing.cluster, &known.cluster);
        return Err(format!("the control plane belongs to cluster {now}, not {then}; {way_out}"));
    }
    if revision < known.revision {
        let then = known.revision;
        return Err(format!(
            "the control plane's history went back from revision {then} to {revision}; {way_out}"
        ));
    }
    Ok(())
}

/// The file in which the history is remembered.
#[derive(Debug)]
pub(crate) struct Memory {
    file: PathBuf,
    known: History,
    written: Revision,
}

/// Revisions that may pass before the file is written anew.
const STRIDE: Revision = 100;

impl Memory {
    pub(crate) fn open(file: PathBuf) -> Self {
        let known = std::fs::read(&file).ok().and_then(|text| {
            let value: serde_json::Value = serde_json::from_slice(&text).ok()?;
            Some(History {
                cluster: value["cluster"].as_str()?.into(),
                revision: value["revision"].as_u64()?,
            })
        });
        let known = known.unwrap_or_default();
        Self { file, written: known.revision, known }
    }

    /// Judges what is seen and, when it can be believed, remembers it.
    pub(crate) fn judge(&mut self, standing: &Standing, revision: Revision) -> Result<(), String> {
        trust(standing, revision, &self.known, &self.file)?;
        let new = self.known.cluster != *standing.cluster;
        self.known = History { cluster: standing.cluster.to_string(), revision };
        if new || revision >= self.written + STRIDE {
            self.remember();
        }
        Ok(())
    }

    /// Writes down what was believed last. A pod that begins is reason enough: a control plane whose
    /// history goes back to before it must be known as such.
    pub(crate) fn remember(&mut self) {
        if self.known.revision > self.written || self.known.revision == 0 {
            match self.write() {
                Ok(()) => self.written = self.known.revision,
                Err(error) => {
                    tracing::warn!(file = %self.file.display(), %error, "the cluster's history cannot be remembered");
                }
            }
        }
    }

    fn write(&self) -> std::io::Result<()> {
        let next = self.file.with_extension("next");
        if let Some(parent) = self.file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut file = std::fs::File::create(&next)?;
        file.write_all(
            json!({"cluster": self.known.cluster, "revision": self.known.revision}).to_string().as_bytes(),
        )?;
        file.sync_data()?;
        std::fs::rename(next, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_history_going_forward_is_believed() {
        let fine = Standing { synced: true, connected: true, trouble: None, cluster: "a".into() };
        let known = History { cluster: "a".into(), revision: 10 };
        let check = |standing: &Standing, revision, known: &History| {
            trust(standing, revision, known, Path::new("f")).is_ok()
        };
        assert!(check(&fine, 10, &known));
        assert!(check(&fine, 1, &History::default()), "a new node believes the first it hears");
        assert!(!check(&fine, 9, &known), "older");
        assert!(!check(&Standing { cluster: "b".into(), ..fine.clone() }, 11, &known), "another one");
        assert!(!check(&Standing { synced: false, ..fine.clone() }, 11, &known));
        assert!(!check(&Standing { connected: false, ..fine.clone() }, 11, &known));
        assert!(!check(&Standing { trouble: Some("x".into()), ..fine }, 11, &known));
    }
}
