//! Names of images, read as Docker reads them: `busybox` is `docker.io/library/busybox:latest`.

use std::fmt;

/// The longest name of registry and repository, as registries have it.
const LONGEST: usize = 255;

/// A name in full.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// `docker.io`, `registry.example:5000`.
    pub(crate) registry: String,
    /// `library/busybox`.
    pub(crate) repository: String,
    /// `latest`, when no digest says it better.
    tag: Option<String>,
    digest: Option<String>,
}

impl Name {
    /// Reads a name; the error says what is wrong with it.
    ///
    /// By hand: the regular expression for the same takes seven megabytes once compiled.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).map_err(|why| format!("{text:?} is no image name: {why}"))
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        let (name, digest) = text.split_once('@').map_or((text, None), |(n, d)| (n, Some(d)));
        if digest.is_some_and(|digest| !super::sound_digest(digest)) {
            return Err("its digest is not sha256 with 64 hexadecimal digits");
        }
        // A colon before the last slash belongs to the registry's port.
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name[last..].split_once(':') {
            Some((word, tag)) => (&name[..last + word.len()], Some(tag)),
            None => (name, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err("its tag is not up to 128 letters, digits, '_', '.' and '-'");
        }
        let is_registry = |word: &str| {
            word == "localhost" || word.contains(['.', ':']) || word.chars().any(char::is_uppercase)
        };
        let (registry, path) = match name.split_once('/') {
            Some((first, rest)) if is_registry(first) => (first, rest),
            _ => ("docker.io", name),
        };
        if !is_host(registry) {
            return Err("its registry is not a host name with or without a port");
        }
        if path.is_empty() || path.len() + registry.len() > LONGEST || !path.split('/').all(is_component) {
            return Err(
                "a repository is words of lower-case letters and digits, joined by '.', '_', '-' and '/', of 255 \
                 characters at most",
            );
        }
        let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
        let repository = if registry == "docker.io" && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.into()
        };
        let tag = tag.or((digest.is_none()).then_some("latest")).map(str::to_owned);
        Ok(Self { registry: registry.into(), repository, tag, digest: digest.map(str::to_owned) })
    }

    /// What is asked of the registry: the digest, or else the tag.
    pub(crate) fn wanted(&self) -> String {
        self.digest.clone().or_else(|| self.tag.clone()).unwrap_or_default()
    }

    /// The same repository by digest: `docker.io/library/busybox@sha256:…`.
    pub(crate) fn at(&self, digest: &str) -> String {
        format!("{}/{}@{digest}", self.registry, self.repository)
    }
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

/// `registry.example:5000`, `10.0.0.1`, `[fd00::1]:5000`.
fn is_host(registry: &str) -> bool {
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (registry, None),
    };
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    port.is_none_or(digits)
        && address.map_or_else(|| host.split('.').all(label), |a| a.parse::<std::net::Ipv6Addr>().is_ok())
}

/// Lower-case letters and digits in runs, joined by one '.', one or two '_', or any number of '-'.
fn is_component(word: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut joints = word.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    word.bytes().next().is_some_and(letter)
        && word.bytes().last().is_some_and(letter)
        && joints.all(|j| matches!(j, "" | "." | "_" | "__") || j.bytes().all(|b| b == b'-'))
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { registry, repository, tag, digest } = self;
        match (digest, tag) {
            // The digest says which image it is; a tag beside it is only a comment.
            (Some(digest), _) => write!(f, "{registry}/{repository}@{digest}"),
            (None, tag) => write!(f, "{registry}/{repository}:{}", tag.as_deref().unwrap_or("latest")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_are_completed_as_docker_does() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, full) in [
            ("busybox", "docker.io/library/busybox:latest"),
            ("service_test:latest", "docker.io/library/service_test:latest"),
            ("bitnami/nginx:1.2", "docker.io/bitnami/nginx:1.2"),
            ("localhost/x", "localhost/x:latest"),
            ("index.docker.io/x", "docker.io/library/x:latest"),
            ("[fd00::1]:5000/a__b/c--d.e_f", "[fd00::1]:5000/a__b/c--d.e_f:latest"),
            ("registry:5000/x", "registry:5000/x:latest"),
            ("10.0.0.1:5000/a/b/c:v1", "10.0.0.1:5000/a/b/c:v1"),
            ("docker.io/busybox", "docker.io/library/busybox:latest"),
            (&format!("busybox@{digest}"), &format!("docker.io/library/busybox@{digest}")),
            (&format!("busybox:1.36@{digest}"), &format!("docker.io/library/busybox@{digest}")),
        ] {
            assert_eq!(Name::parse(text).unwrap().to_string(), full);
        }
        let long = format!("x:{}", "t".repeat(129));
        for text in [
            "",
            "Busy",
            "a b",
            "busybox:",
            "../etc",
            "x@sha256:12",
            ":latest",
            "a//b",
            "a/",
            "a..b",
            "a___b",
            "-a",
            "host.example/",
            "host:port/a",
            "-h.example/a",
            "x:-t",
            &long,
        ] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }
}
