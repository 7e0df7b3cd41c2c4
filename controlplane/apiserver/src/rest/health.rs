//! What strangers may ask: whether the server lives, is ready, and which version it is.

use super::{Asked, answer, parameters::Parameters};
use crate::door::Door;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use shared_client::Result;

const TEXT: &str = "text/plain; charset=utf-8";

/// The version of Kubernetes whose shapes are served.
const MINOR: &str = "35";

/// Answers `/version`, `/healthz`, `/livez`, `/readyz` and their named checks; `None` for other paths.
pub(super) fn serve(door: &dyn Door, asked: &Asked, parameters: &Parameters) -> Option<Result<Response>> {
    let path = asked.uri().path().trim_matches('/');
    let (word, check) = path.split_once('/').unwrap_or((path, ""));
    if !matches!((word, check), ("version", "") | ("healthz" | "livez" | "readyz", _)) {
        return None;
    }
    if !matches!(*asked.method(), Method::GET | Method::HEAD) {
        return Some(Err(answer::wrong_method()));
    }
    if word == "version" {
        return Some(Ok(answer::json(StatusCode::OK, &version())));
    }
    let excluded: Vec<&str> = parameters.all("exclude").collect();
    let verbose = parameters.chosen("verbose").unwrap_or(false);
    let mut checks = vec![("ping", Ok(()))];
    checks.extend(door.health().into_iter().filter(|(name, _)| *name != "ping"));
    let response =
        if check.is_empty() { all(word, &checks, &excluded, verbose) } else { one(check, &checks) };
    Some(Ok(response))
}

/// One check by its name.
fn one(name: &str, checks: &[Check]) -> Response {
    match checks.iter().find(|(known, _)| *known == name) {
        None => answer::nothing_here(),
        Some((_, Ok(()))) => text(StatusCode::OK, "ok".into()),
        Some((_, Err(why))) => {
            text(StatusCode::INTERNAL_SERVER_ERROR, format!("internal server error: {why}\n"))
        }
    }
}

/// Every check but those left out.
fn all(word: &str, checks: &[Check], excluded: &[&str], verbose: bool) -> Response {
    let mut lines = String::new();
    let mut fine = true;
    for (name, found) in checks {
        lines += &match found {
            _ if excluded.contains(name) => format!("[+]{name} excluded: ok\n"),
            Ok(()) => format!("[+]{name} ok\n"),
            Err(why) => {
                fine = false;
                format!("[-]{name} failed: {why}\n")
            }
        };
    }
    let unknown: Vec<_> =
        excluded.iter().filter(|name| !checks.iter().any(|(known, _)| known == *name)).collect();
    if !unknown.is_empty() {
        let names: Vec<_> = unknown.iter().map(|name| format!("{name:?}")).collect();
        lines +=
            &format!("warn: some health checks cannot be excluded: no matches for {}\n", names.join(","));
    }
    match (fine, verbose) {
        (true, false) => text(StatusCode::OK, "ok".into()),
        (true, true) => text(StatusCode::OK, format!("{lines}{word} check passed\n")),
        (false, _) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{lines}{word} check failed\n")),
    }
}

fn text(code: StatusCode, text: String) -> Response {
    let mut response = answer::bytes_of(code, TEXT, text);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

type Check = (&'static str, std::result::Result<(), String>);

/// The answer to `/version`. The commit and the day come from the build, when it says them.
fn version() -> Value {
    let platform = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    json!({
        "major": "1",
        "minor": MINOR,
        "gitVersion": format!("v1.{MINOR}.0+dhow.{}", env!("CARGO_PKG_VERSION")),
        "gitCommit": option_env!("DHOW_COMMIT").unwrap_or("0000000000000000000000000000000000000000"),
        "gitTreeState": "clean",
        "buildDate": option_env!("DHOW_BUILD_DATE").unwrap_or("1970-01-01T00:00:00Z"),
        "goVersion": "none",
        "compiler": "rustc",
        "platform": format!("{}/{platform}", std::env::consts::OS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_check_is_told_as_kubernetes_tells_it() {
        use http_body_util::BodyExt;
        let checks = [("ping", Ok(())), ("store", Ok(())), ("leader", Err("no leader".to_owned()))];
        let told = async |response: Response| {
            let code = response.status().as_u16();
            (
                code,
                String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap(),
            )
        };
        let failed = "[+]ping ok\n[+]store ok\n[-]leader failed: no leader\nreadyz check failed\n";
        assert_eq!(told(all("readyz", &checks, &[], false)).await, (500, failed.into()));
        assert_eq!(told(all("readyz", &checks, &["leader"], false)).await, (200, "ok".into()));
        let excluded = "[+]ping ok\n[+]store ok\n[+]leader excluded: ok\nwarn: some health checks cannot be excluded: no matches for \"x\"\nlivez check passed\n";
        assert_eq!(told(all("livez", &checks, &["leader", "x"], true)).await, (200, excluded.into()));
        assert_eq!(told(one("store", &checks)).await, (200, "ok".into()));
        assert_eq!(told(one("leader", &checks)).await, (500, "internal server error: no leader\n".into()));
        assert_eq!(told(one("other", &checks)).await, (404, "404 page not found\n".into()));
    }
}
