//! The node's certificate: kept on disk, got with a token at first, renewed in time.

use crate::Options;
use anyhow::{Context, Result, bail};
use shared_client::grpc::{Admission, Grpc, Options as Connection};
use shared_daemon::file;
use shared_pki::{Identity, Request, Token, Trust, der, expires_at};
use std::{
    fs,
    path::{Path, PathBuf},
};

const DAY: i64 = 86_400;
/// Certificate and key in one file: a renewal that is interrupted leaves the old pair or the new one.
const IDENTITY: &str = "node.pem";

/// What the node is known by, on disk.
pub(crate) struct Kept {
    dir: PathBuf,
    pub(crate) identity: Identity,
    pub(crate) authority: String,
}

impl Kept {
    /// The identity from an earlier start, or a new one for the token's sake.
    pub(crate) async fn obtain(options: &Options, node: &str) -> Result<Self> {
        let dir = options.data_dir.join("agent");
        if let Some(kept) = Self::read(&dir, node)? {
            return Ok(kept);
        }
        let Some(token) = &options.token else {
            bail!("this node has not joined yet: give --token, as `dhow controlplane token` prints it");
        };
        let parsed: Token = token.parse()?;
        let stranger = Grpc::new(&Connection {
            server: options.server.clone(),
            trust: Trust::Fingerprint(parsed.authority),
            identity: None,
            token: None,
        })?;
        let request = Request::new(&format!("system:node:{node}"), "system:nodes")?;
        let admission = stranger.join(token, node, &request.csr).await;
        let admission = admission.with_context(|| format!("joining {} as {node}", options.server))?;
        let kept = Self::write(&dir, node, &request.key, &admission)?;
        tracing::info!(node, server = options.server, "joined");
        Ok(kept)
    }

    fn read(dir: &Path, node: &str) -> Result<Option<Self>> {
        if !dir.join(IDENTITY).exists() {
            return Ok(None);
        }
        let read = |file: &str| {
            let path = dir.join(file);
            fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
        };
        let both = read(IDENTITY)?;
        let identity = Identity { certificate: both.clone(), key: both };
        let subject = shared_pki::subject(&der(&identity.certificate)?)?;
        let joined = subject.name.trim_start_matches("system:node:");
        if joined != node {
            bail!(
                "this machine joined as {joined}, not as {node}: start it with --node {joined}, or leave the cluster \
                 with `dhow agent --cleanup` first"
            );
        }
        Ok(Some(Self { dir: dir.into(), identity, authority: read("ca.crt")? }))
    }

    fn write(dir: &Path, node: &str, key: &str, admission: &Admission) -> Result<Self> {
        file::private_dir(dir).with_context(|| format!("making {}", dir.display()))?;
        let put = |name: &str, text: &str, mode| {
            let path = dir.join(name);
            file::write(&path, text, mode).with_context(|| format!("writing {}", path.display()))
        };
        put("ca.crt", &admission.authority, 0o644)?;
        // The identity comes last: its presence says that all is there.
        put(IDENTITY, &format!("{}\n{key}", admission.certificate.trim_end()), 0o600)?;
        let kept = Self::read(dir, node)?;
        kept.context("the identity that was just written is gone")
    }

    /// Renews the certificate when little of it is left. True when a new one lies on disk, to be used
    /// from the next start on.
    pub(crate) async fn renewed(&self, grpc: &Grpc, node: &str, now: i64) -> Result<bool> {
        let left = expires_at(&der(&self.identity.certificate)?)? - now;
        if left > 90 * DAY {
            return Ok(false);
        }
        let request = Request::new(&format!("system:node:{node}"), "system:nodes")?;
        let admission = grpc.renew(&request.csr).await.context("renewing the node's certificate")?;
        Self::write(&self.dir, node, &request.key, &admission)?;
        tracing::info!(node, "renewed the node's certificate");
        Ok(true)
    }
}
