//! Mirrors: which addresses are asked for a registry's images, in order.

use std::collections::BTreeMap;

/// Base addresses by registry host; `*` stands for every host that has none of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirrors(BTreeMap<String, Vec<String>>);

/// One address to ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) base: String,
    /// It is the registry itself.
    pub(super) origin: bool,
    /// It is asked only in case: behind a mirror for everything it may well be out of reach.
    pub(super) hasty: bool,
}

impl Mirrors {
    /// Adds a mirror: `http://10.0.0.1:5000` for `docker.io`, or for `*`. Plain HTTP is used where
    /// the address says so.
    ///
    /// # Errors
    /// The address is not `http://…` or `https://…`.
    pub fn add(&mut self, host: &str, base: &str) -> Result<(), String> {
        let base = base.trim().trim_end_matches('/');
        if host.is_empty() || !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(format!(
                "registry mirror {host}={base}: write HOST=http://ADDRESS or *=https://ADDRESS"
            ));
        }
        self.0.entry(host.to_owned()).or_default().push(base.to_owned());
        Ok(())
    }

    /// Reads settings of the form `docker.io=http://10.0.0.1:5000`.
    ///
    /// # Errors
    /// One of them is not of that form.
    pub fn parse<'a>(settings: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut mirrors = Self::default();
        for setting in settings {
            let (host, base) = setting.split_once('=').unwrap_or((setting, ""));
            mirrors.add(host.trim(), base)?;
        }
        Ok(mirrors)
    }

    pub(super) fn endpoints(&self, host: &str) -> Vec<Endpoint> {
        let own = self.0.get(host);
        let bases = own.or_else(|| self.0.get("*"));
        let mirror = |base: &String| Endpoint { base: base.clone(), origin: false, hasty: false };
        let mut all: Vec<Endpoint> = bases.into_iter().flatten().map(mirror).collect();
        let hasty = own.is_none() && !all.is_empty();
        all.push(Endpoint { base: origin(host), origin: true, hasty });
        all
    }
}

/// Docker Hub's registry lives under another name; registries on this machine speak plain HTTP.
fn origin(host: &str) -> String {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    match name {
        "docker.io" => "https://registry-1.docker.io".into(),
        "localhost" | "127.0.0.1" | "[::1]" => format!("http://{host}"),
        _ => format!("https://{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: &[&str], host: &str, expected: &[(&str, bool, bool)]) {
        let mirrors = Mirrors::parse(settings.iter().copied()).unwrap();
        let found = mirrors.endpoints(host);
        let found: Vec<_> = found.iter().map(|it| (it.base.as_str(), it.origin, it.hasty)).collect();
        assert_eq!(found, expected, "{settings:?} {host}");
    }

    #[test]
    fn mirrors_come_first_and_the_registry_last() {
        check(&[], "docker.io", &[("https://registry-1.docker.io", true, false)]);
        check(&[], "127.0.0.1:5000", &[("http://127.0.0.1:5000", true, false)]);
        let all = ["*=http://m:5000/", "quay.io=https://a", "quay.io=https://b"];
        check(&all, "ghcr.io", &[("http://m:5000", false, false), ("https://ghcr.io", true, true)]);
        check(
            &all,
            "quay.io",
            &[("https://a", false, false), ("https://b", false, false), ("https://quay.io", true, false)],
        );
        assert!(Mirrors::parse(["docker.io"]).is_err());
        assert!(Mirrors::parse(["docker.io=ftp://x"]).is_err());
    }
}
