//! Being let in by a registry: tokens and passwords, as its challenge asks.

use super::{Problem, said, unreachable};
use crate::Credentials;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, Url};
use serde::Deserialize;
use std::collections::HashMap;

/// What is sent with every request.
pub(super) struct Authorization(String);

impl Authorization {
    pub(super) fn header(&self) -> &str {
        &self.0
    }

    fn basic(credentials: &Credentials) -> Self {
        let pair = format!("{}:{}", credentials.username, credentials.password);
        Self(format!("Basic {}", STANDARD.encode(pair)))
    }
}

/// What a registry asks for: `Bearer realm="…",service="…",scope="…"`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    scheme: String,
    parameters: HashMap<String, String>,
}

impl Challenge {
    pub(super) fn parse(header: &str) -> Option<Self> {
        let (scheme, mut rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        let mut parameters = HashMap::new();
        while let Some((name, after)) = rest.split_once('=') {
            let (value, next) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_once(',').unwrap_or((after, "")),
            };
            let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
            parameters.insert(name, value.trim().to_owned());
            rest = next;
        }
        Some(Self { scheme: scheme.to_ascii_lowercase(), parameters })
    }
}

/// Answers a registry's challenges.
pub(super) async fn authorize(
    http: &Client,
    challenges: &[Challenge],
    repository: &str,
    credentials: Option<&Credentials>,
    secure: bool,
) -> Result<Authorization, Problem> {
    let of = |scheme| challenges.iter().find(|challenge| challenge.scheme == scheme);
    if let Some(challenge) = of("bearer") {
        return token(http, challenge, repository, credentials, secure).await;
    }
    match (of("basic"), credentials) {
        (Some(_), Some(credentials)) => Ok(Authorization::basic(credentials)),
        (Some(_), None) => Err(Problem::Denied("it wants a name and password, and there are none".into())),
        (None, _) => Err(Problem::Denied("401 without a challenge we know".into())),
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

async fn token(
    http: &Client,
    challenge: &Challenge,
    repository: &str,
    credentials: Option<&Credentials>,
    secure: bool,
) -> Result<Authorization, Problem> {
    let realm = challenge.parameters.get("realm").map(String::as_str).unwrap_or_default();
    let mut url = Url::parse(realm).map_err(|_| Problem::Other(format!("its token address is {realm:?}")))?;
    if secure && url.scheme() != "https" && credentials.is_some() {
        return Err(Problem::Denied(format!("it wants the password sent to {realm} without encryption")));
    }
    let scope = challenge.parameters.get("scope").cloned();
    let scope = scope.unwrap_or_else(|| format!("repository:{repository}:pull"));
    url.query_pairs_mut().append_pair("scope", &scope);
    if let Some(service) = challenge.parameters.get("service") {
        url.query_pairs_mut().append_pair("service", service);
    }
    let mut request = http.get(url);
    if let Some(Credentials { username, password }) = credentials {
        request = request.basic_auth(username, Some(password));
    }
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    if !response.status().is_success() {
        return Err(Problem::Denied(said(response).await));
    }
    let answer: Token = response.json().await.map_err(|error| unreachable(&error))?;
    let token = answer.token.or(answer.access_token);
    let token = token.ok_or_else(|| Problem::Denied(format!("{realm} gave no token")))?;
    Ok(Authorization(format!("Bearer {token}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_challenges() {
        let challenge = Challenge::parse(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a,b:pull""#,
        );
        let challenge = challenge.unwrap();
        assert_eq!(challenge.scheme, "bearer");
        assert_eq!(challenge.parameters["realm"], "https://auth.docker.io/token");
        assert_eq!(challenge.parameters["service"], "registry.docker.io");
        assert_eq!(challenge.parameters["scope"], "repository:a,b:pull");
        assert_eq!(Challenge::parse("Basic realm=x").unwrap().parameters["realm"], "x");
        assert_eq!(Challenge::parse(r#"Bearer realm="open"#), None);
    }
}
