//! What strangers may ask: whether the server lives, is ready, and which version it is.

use super::{Asked, answer, parameters::Parameters};
use crate::door::Door;
use axum::response::Response;
use http::{Method, StatusCode};
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
    let checks: Vec<_> = door.health().into_iter().filter(|(name, _)| !excluded.contains(name)).collect();
    Some(health(word, check, &checks, parameters.flag("verbose")))
}

fn health(word: &str, check: &str, checks: &[Check], verbose: bool) -> Result<Response> {
    if !check.is_empty() && check != "ping" && !checks.iter().any(|(name, _)| *name == check) {
        return Err(answer::unknown_path());
    }
    let meant: Vec<_> = checks.iter().filter(|(name, _)| check.is_empty() || *name == check).collect();
    let fine = meant.iter().all(|(_, found)| found.is_ok());
    let code = if fine { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    if fine && !verbose {
        return Ok(answer::bytes_of(code, TEXT, "ok"));
    }
    let line = |(name, found): &&Check| match found {
        Ok(()) => format!("[+]{name} ok\n"),
        Err(why) => format!("[-]{name} failed: {why}\n"),
    };
    let lines: String = meant.iter().map(line).collect();
    let verdict = if fine { "passed" } else { "failed" };
    Ok(answer::bytes_of(code, TEXT, format!("[+]ping ok\n{lines}{word} check {verdict}\n")))
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

    #[test]
    fn one_failing_check_is_a_failure_that_names_it() {
        let checks = [("store", Ok(())), ("leader", Err("no leader".to_owned()))];
        let code = |check: &str| health("readyz", check, &checks, false).map(|r| r.status().as_u16());
        assert_eq!(code(""), Ok(500));
        assert_eq!(code("store"), Ok(200));
        assert_eq!(code("leader"), Ok(500));
        assert_eq!(code("ping"), Ok(200));
        assert_eq!(code("other").unwrap_err().reason.code(), 404);
    }
}
