//! Names and passwords for registries, from `imagePullSecrets`.

use agent_runtime::Credentials;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use shared_api::core::Secret;

/// What the first of `secrets` that knows the image's registry says.
pub fn credentials<'a>(image: &str, secrets: impl Iterator<Item = &'a Secret>) -> Option<Credentials> {
    let registry = registry(image);
    secrets.flat_map(entries).find_map(|(place, entry)| {
        let place = place.trim_start_matches("https://").trim_start_matches("http://");
        let host = place.split('/').next().unwrap_or_default();
        let hub = registry == "docker.io"
            && matches!(host, "docker.io" | "index.docker.io" | "registry-1.docker.io");
        (host == registry || hub).then(|| read(&entry)).flatten()
    })
}

/// The registry an image reference names; Docker's when it names none.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

fn entries(secret: &Secret) -> Vec<(String, Value)> {
    let data = |key: &str| {
        let text = secret.data.as_ref()?.get(key)?;
        serde_json::from_slice::<Value>(&text.0).ok()
    };
    let modern = data(".dockerconfigjson").map(|mut config| config["auths"].take());
    let Some(Value::Object(map)) = modern.or_else(|| data(".dockercfg")) else { return Vec::new() };
    map.into_iter().collect()
}

fn read(entry: &Value) -> Option<Credentials> {
    let text = |key: &str| entry[key].as_str().filter(|t| !t.is_empty()).map(str::to_owned);
    if let (Some(username), Some(password)) = (text("username"), text("password")) {
        return Some(Credentials { username, password });
    }
    let both = String::from_utf8(STANDARD.decode(text("auth")?).ok()?).ok()?;
    let (username, password) = both.split_once(':')?;
    Some(Credentials { username: username.into(), password: password.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_registry_decides() {
        let config = json!({"auths": {
            "https://index.docker.io/v1/": {"auth": STANDARD.encode("hub:one")},
            "registry.example:5000": {"username": "me", "password": "two"}}});
        let data = json!({".dockerconfigjson": STANDARD.encode(config.to_string())});
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {}, "data": data});
        let secret: Secret = serde_json::from_value(secret).unwrap();
        for (image, expected) in [
            ("busybox", Some("one")),
            ("docker.io/library/busybox:1", Some("one")),
            ("me/app", Some("one")),
            ("registry.example:5000/a/b", Some("two")),
            ("quay.io/a/b", None),
        ] {
            let found = credentials(image, [&secret].into_iter()).map(|c| c.password);
            assert_eq!(found.as_deref(), expected, "{image}");
        }
    }
}
