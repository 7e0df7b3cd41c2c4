//! Names of images, read as Docker reads them: `busybox` is `docker.io/library/busybox:latest`.

use oci_spec::distribution::Reference;
use std::fmt;

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
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let read =
            Reference::try_from(text).map_err(|error| format!("{text:?} is no image name: {error}"))?;
        if read.digest().is_some_and(|digest| !super::sound_digest(digest)) {
            return Err(format!(
                "{text:?} is no image name: its digest is not sha256 with 64 hexadecimal digits"
            ));
        }
        let tag = read.tag().map(str::to_owned);
        let tag = if tag.is_none() && read.digest().is_none() { Some("latest".into()) } else { tag };
        Ok(Self {
            registry: read.registry().into(),
            repository: read.repository().into(),
            tag,
            digest: read.digest().map(str::to_owned),
        })
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
            ("10.0.0.1:5000/a/b/c:v1", "10.0.0.1:5000/a/b/c:v1"),
            ("docker.io/busybox", "docker.io/library/busybox:latest"),
            (&format!("busybox@{digest}"), &format!("docker.io/library/busybox@{digest}")),
            (&format!("busybox:1.36@{digest}"), &format!("docker.io/library/busybox@{digest}")),
        ] {
            assert_eq!(Name::parse(text).unwrap().to_string(), full);
        }
        for text in ["", "Busy", "a b", "busybox:", "../etc", "x@sha256:12", ":latest"] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }
}
