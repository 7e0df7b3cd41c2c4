//! Registries: finding an image's manifest and reading its blobs, over mirrors, with tokens.

mod auth;
mod manifest;
mod mirrors;
mod reference;

pub(crate) use manifest::{Descriptor, Index, Manifest, architecture, sound_digest};
pub use mirrors::Mirrors;
pub(crate) use reference::Name;

use crate::Credentials;
use auth::{Authorization, Challenge};
use mirrors::Endpoint;
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RANGE, WWW_AUTHENTICATE},
};
use sha2::{Digest, Sha256};
use std::{error::Error as _, time::Duration};
use tokio::sync::RwLock;

/// Manifests are small; whatever is larger is something else.
const LARGEST_MANIFEST: usize = 8 << 20;

/// Every registry, through the mirrors set.
pub(crate) struct Registries {
    patient: Client,
    hasty: Client,
    mirrors: Mirrors,
}

/// A manifest or index as it came.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) bytes: Vec<u8>,
}

/// Why one registry did not serve what was asked; each reads as the end of "… at http://…".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("not found")]
    NotFound,
    #[error("access denied ({0}): check the image's name and its pull secret")]
    Denied(String),
    #[error("cannot be reached ({0})")]
    Unreachable(String),
    #[error("{0}")]
    Other(String),
}

/// One registry that has the image, with what it takes to be let in.
pub(crate) struct Session {
    http: Client,
    base: String,
    repository: String,
    credentials: Option<Credentials>,
    authorization: RwLock<Option<Authorization>>,
}

impl Registries {
    pub(crate) fn new(mirrors: Mirrors) -> Result<Self, String> {
        // reqwest panics without a provider. The program has installed one; tests may not have.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |connect: u64| {
            Client::builder()
                .user_agent(concat!("dhow/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(connect))
                .read_timeout(Duration::from_secs(30))
                .build()
                .map_err(|error| error.to_string())
        };
        Ok(Self { patient: client(10)?, hasty: client(2)?, mirrors })
    }

    /// The first registry in line that has the image, and what its name stands for there.
    pub(crate) async fn find(
        &self,
        name: &Name,
        credentials: Option<&Credentials>,
    ) -> Result<(Session, Document), String> {
        let mut problems = Vec::new();
        for Endpoint { base, origin, hasty } in self.mirrors.endpoints(&name.registry) {
            let session = Session {
                http: if hasty { &self.hasty } else { &self.patient }.clone(),
                base,
                repository: name.repository.clone(),
                // A mirror is somebody else: it has no business with the registry's password.
                credentials: credentials.filter(|_| origin).cloned(),
                authorization: RwLock::new(None),
            };
            match session.manifest(&name.wanted()).await {
                Ok(document) => return Ok((session, document)),
                Err(problem) => problems.push((problem, session.base)),
            }
        }
        Err(tell(name, &problems))
    }
}

fn tell(name: &Name, problems: &[(Problem, String)]) -> String {
    if problems.iter().all(|(problem, _)| *problem == Problem::NotFound) {
        let places: Vec<&str> = problems.iter().map(|(_, base)| base.as_str()).collect();
        return format!("manifest for {name} not found at {}", places.join(", "));
    }
    let all: Vec<String> = problems.iter().map(|(problem, base)| format!("{base}: {problem}")).collect();
    format!("no registry has {name} for us: {}", all.join("; "))
}

impl Session {
    /// The manifest or index of that tag or digest, checked when it is a digest.
    pub(crate) async fn manifest(&self, wanted: &str) -> Result<Document, Problem> {
        let path = format!("manifests/{wanted}");
        let mut response = self.get(&path, Some(manifest::ACCEPTED), 0).await?;
        let header = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let header = header.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST_MANIFEST {
                return Err(Problem::Other(format!("its manifest is larger than {LARGEST_MANIFEST} bytes")));
            }
        }
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(&bytes)));
        if wanted.starts_with("sha256:") && wanted != digest {
            return Err(Problem::Other(format!("digest mismatch: asked for {wanted}, got {digest}")));
        }
        let media_type = manifest::media_type(&bytes).unwrap_or(header);
        Ok(Document { media_type, digest, bytes })
    }

    /// A blob from `offset` on. The second value says how many bytes of the answer to skip, which is
    /// not 0 where the registry does not do ranges.
    pub(crate) async fn blob(&self, digest: &str, offset: u64) -> Result<(Response, u64), Problem> {
        let response = self.get(&format!("blobs/{digest}"), None, offset).await?;
        let skip = if response.status() == StatusCode::PARTIAL_CONTENT { 0 } else { offset };
        Ok((response, skip))
    }

    /// The whole of a small blob, checked.
    pub(crate) async fn small_blob(&self, blob: &Descriptor) -> Result<Vec<u8>, Problem> {
        let (mut response, _) = self.blob(&blob.digest, 0).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST_MANIFEST {
                return Err(Problem::Other(format!("larger than {LARGEST_MANIFEST} bytes")));
            }
        }
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(&bytes)));
        if digest == blob.digest {
            return Ok(bytes);
        }
        Err(Problem::Other(format!("digest mismatch: asked for {}, got {digest}", blob.digest)))
    }

    async fn get(&self, path: &str, accept: Option<&str>, offset: u64) -> Result<Response, Problem> {
        let url = format!("{}/v2/{}/{path}", self.base, self.repository);
        let mut asked_again = false;
        loop {
            let mut request = self.http.get(&url);
            if let Some(accept) = accept {
                request = request.header(ACCEPT, accept);
            }
            if offset > 0 {
                request = request.header(RANGE, format!("bytes={offset}-"));
            }
            if let Some(authorization) = &*self.authorization.read().await {
                request = request.header(AUTHORIZATION, authorization.header());
            }
            let response = request.send().await.map_err(|error| unreachable(&error))?;
            match response.status() {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => return Ok(response),
                StatusCode::NOT_FOUND => return Err(Problem::NotFound),
                StatusCode::UNAUTHORIZED if !asked_again => {
                    asked_again = true;
                    let headers = response.headers().get_all(WWW_AUTHENTICATE);
                    let challenges: Vec<_> =
                        headers.iter().filter_map(|value| Challenge::parse(value.to_str().ok()?)).collect();
                    let granted = self.authorize(&challenges).await?;
                    *self.authorization.write().await = Some(granted);
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    return Err(Problem::Denied(said(response).await));
                }
                status => {
                    return Err(Problem::Other(format!("it answered {status}: {}", said(response).await)));
                }
            }
        }
    }

    async fn authorize(&self, challenges: &[Challenge]) -> Result<Authorization, Problem> {
        let secure = self.base.starts_with("https:");
        auth::authorize(&self.http, challenges, &self.repository, self.credentials.as_ref(), secure).await
    }
}

/// The innermost cause says it best: "connection refused", not "error sending request".
fn unreachable(error: &reqwest::Error) -> Problem {
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    Problem::Unreachable(text)
}

/// The first words of an error's body, or its status.
async fn said(mut response: Response) -> String {
    let status = response.status().to_string();
    let Ok(Some(body)) = response.chunk().await else { return status };
    let body = String::from_utf8_lossy(&body[..body.len().min(300)]).trim().to_owned();
    if body.is_empty() { status } else { body }
}
