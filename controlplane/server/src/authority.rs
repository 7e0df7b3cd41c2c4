//! The cluster's authority on disk, and what is made from it at every start.

use anyhow::{Context, Result};
use controlplane_apiserver::Signer;
use shared_daemon::file;
use shared_pki::{Authority, Identity, Issuer, Token, Validity, Wanted};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

const TEN_YEARS: u32 = 3650;
const ONE_YEAR: u32 = 365;

/// The authority of the cluster, kept in the data directory.
pub(crate) struct Keeper {
    authority: Authority,
    dir: PathBuf,
    now: i64,
}

impl Keeper {
    /// Reads the authority, or makes one on the first start.
    pub(crate) fn open(data_dir: &Path, now: i64) -> Result<Self> {
        let dir = data_dir.join("pki");
        file::private_dir(&dir).with_context(|| format!("making {}", dir.display()))?;
        let (certificate, key) = (dir.join("ca.crt"), dir.join("ca.key"));
        let authority = if key.exists() {
            let read =
                |path: &Path| fs::read_to_string(path).with_context(|| format!("reading {}", path.display()));
            let loaded = Authority::load(&read(&certificate)?, &read(&key)?);
            loaded.with_context(|| format!("the cluster's authority in {}", dir.display()))?
        } else {
            let made = Authority::create("dhow", Validity { from: now, days: TEN_YEARS })?;
            // The key comes last: its presence says that both are whole.
            write(&certificate, made.certificate(), 0o644)?;
            write(&key, &made.key(), 0o600)?;
            made
        };
        Ok(Self { authority, dir: data_dir.into(), now })
    }

    /// The authority's certificate, PEM.
    pub(crate) fn certificate(&self) -> &str {
        self.authority.certificate()
    }

    /// This server's identity; made anew at every start, so it is never old and always fits the names.
    pub(crate) fn server(&self, names: &[String]) -> Result<Identity> {
        Ok(self.authority.server("dhow-controlplane", names, self.year())?)
    }

    /// The administrator's identity.
    pub(crate) fn admin(&self) -> Result<Identity> {
        Ok(self.authority.client("admin", &["system:masters"], self.year())?)
    }

    /// The invitation for nodes; kept, so that it stays the same.
    pub(crate) fn token(&self) -> Result<Token> {
        let path = self.dir.join("join-token");
        if let Ok(text) = fs::read_to_string(&path) {
            return text.parse().with_context(|| format!("reading {}", path.display()));
        }
        let der = shared_pki::der(self.certificate())?;
        let token = Token::create(&shared_pki::fingerprint(&der));
        write(&path, &token.to_string(), 0o600)?;
        Ok(token)
    }

    /// The keys that tokens of service accounts are signed with. `pki/sa.key` signs; what `pki/sa-*.key`
    /// signed is still believed: to change the key, rename it so and start again.
    pub(crate) fn tokens(&self) -> Result<Issuer> {
        let dir = self.dir.join("pki");
        let path = dir.join("sa.key");
        if !path.exists() {
            write(&path, &Issuer::new_key()?, 0o600)?;
        }
        let read =
            |path: &Path| fs::read_to_string(path).with_context(|| format!("reading {}", path.display()));
        let mut former = Vec::new();
        for entry in fs::read_dir(&dir).with_context(|| format!("reading {}", dir.display()))? {
            let entry = entry.with_context(|| format!("reading {}", dir.display()))?;
            let found = entry.path();
            let stem = found.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if stem.starts_with("sa-") && found.extension().is_some_and(|e| e == "key") {
                former.push(read(&found)?);
            }
        }
        Issuer::load(&read(&path)?, &former)
            .with_context(|| format!("the keys for tokens in {}", dir.display()))
    }

    /// The certificate (PEM) that a request asks for.
    pub(crate) fn answer(
        &self,
        wanted: &Wanted,
        usages: &[String],
        from: i64,
        seconds: i64,
    ) -> shared_pki::Result<String> {
        self.authority.answer(wanted, usages, from, seconds)
    }

    fn year(&self) -> Validity {
        Validity { from: self.now, days: ONE_YEAR }
    }
}

/// Writes a file as a whole or not at all, readable as `mode` says.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    file::write(path, text, mode).with_context(|| format!("writing {}", path.display()))
}

/// Signs for nodes that join.
pub(crate) struct NodeSigner {
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) clock: fn() -> i64,
}

impl Signer for NodeSigner {
    fn sign(&self, csr_der: &[u8], name: &str, groups: &[String]) -> Result<String, String> {
        let group = groups.first().map(String::as_str).unwrap_or_default();
        let validity = Validity { from: (self.clock)(), days: ONE_YEAR };
        self.keeper.authority.sign(csr_der, name, group, validity).map_err(|e| e.to_string())
    }

    fn ca(&self) -> String {
        self.keeper.certificate().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_outlive_a_restart_and_a_change_of_the_key() {
        let dir = std::env::temp_dir().join(format!("dhow-keeper-{}", std::process::id()));
        let keeper = Keeper::open(&dir, 1_700_000_000).unwrap();
        let token = keeper.tokens().unwrap().sign(b"{}").unwrap();
        assert!(keeper.tokens().unwrap().open(&token).is_some());
        fs::rename(dir.join("pki/sa.key"), dir.join("pki/sa-1.key")).unwrap();
        let changed = keeper.tokens().unwrap();
        assert!(changed.open(&token).is_some());
        fs::remove_file(dir.join("pki/sa-1.key")).unwrap();
        assert!(keeper.tokens().unwrap().open(&token).is_none());
        fs::remove_dir_all(&dir).unwrap();
    }
}
