//! Manifests and indexes, OCI's and Docker's, which differ only in their media types.

use serde::Deserialize;
use std::collections::HashMap;

/// What we can read, best first.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A blob or manifest by digest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

/// One image for several kinds of machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Index {
    pub(crate) manifests: Vec<Descriptor>,
}

impl Manifest {
    /// Reads a manifest and checks that its digests are digests: they become paths and names.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("its manifest: {error}"))?;
        let unsound = |it: &&Descriptor| !sound_digest(&it.digest);
        if let Some(wrong) = manifest.layers.iter().chain([&manifest.config]).find(unsound) {
            return Err(format!("its manifest has the digest {:?}, which is not sha256", wrong.digest));
        }
        Ok(manifest)
    }

    /// Bytes of the image as it is transferred.
    pub(crate) fn size(&self) -> u64 {
        self.layers.iter().fold(self.config.size, |sum, layer| sum.saturating_add(layer.size))
    }
}

impl Index {
    /// `None` when it is not an index.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The manifest for this machine.
    pub(crate) fn choose(&self, architecture: &str) -> Result<&Descriptor, String> {
        let fits = |it: &&Descriptor| {
            it.platform.as_ref().is_some_and(|it| it.os == "linux" && it.architecture == architecture)
        };
        let sound = |it: &&Descriptor| sound_digest(&it.digest);
        self.manifests.iter().filter(sound).find(fits).ok_or_else(|| {
            let platforms = self.manifests.iter().filter_map(|it| it.platform.as_ref());
            let mut all: Vec<String> = platforms.map(|it| format!("{}/{}", it.os, it.architecture)).collect();
            all.dedup();
            format!("no image for linux/{architecture}, only for {}", all.join(", "))
        })
    }
}

/// The media type a document gives itself, or the one its content has.
pub(super) fn media_type(bytes: &[u8]) -> Option<String> {
    let fields: HashMap<String, serde_json::Value> = serde_json::from_slice(bytes).ok()?;
    if let Some(own) = fields.get("mediaType").and_then(|value| value.as_str()) {
        return Some(own.to_owned());
    }
    let kind = if fields.contains_key("manifests") { "index" } else { "manifest" };
    Some(format!("application/vnd.oci.image.{kind}.v1+json"))
}

/// It is `sha256:` with 64 hexadecimal digits.
pub(crate) fn sound_digest(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// The name images give to this machine's processor.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_the_machines_image() {
        let digest = |c: &str| format!("sha256:{}", c.repeat(64));
        let text = format!(
            r#"{{"manifests":[{{"digest":"{}","size":1,"platform":{{"os":"linux","architecture":"arm64"}}}},
            {{"digest":"{}","size":1,"platform":{{"os":"linux","architecture":"amd64"}}}}]}}"#,
            digest("a"),
            digest("b")
        );
        let index = Index::parse(text.as_bytes()).unwrap();
        assert_eq!(index.choose("amd64").unwrap().digest, digest("b"));
        assert_eq!(
            index.choose("s390x").unwrap_err(),
            "no image for linux/s390x, only for linux/arm64, linux/amd64"
        );
        assert!(media_type(text.as_bytes()).unwrap().contains("index"));
    }

    #[test]
    fn refuses_digests_that_are_paths() {
        let text = br#"{"config":{"digest":"sha256:../../x","size":1},"layers":[]}"#;
        assert!(Manifest::parse(text).unwrap_err().contains("not sha256"));
    }
}
