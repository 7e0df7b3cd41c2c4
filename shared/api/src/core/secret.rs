//! Secrets: settings that not everybody may read.

use crate::{Column, Field, Invalid, Kind, core::data, metadata::valid_name, name};
use k8s_openapi::ByteString;
pub use k8s_openapi::api::core::v1::Secret;

/// Whose token a secret is.
const ACCOUNT: &str = "kubernetes.io/service-account.name";

impl Kind for Secret {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Type", |s, _| s.type_.clone().unwrap_or_default()),
        Column::integer("Data", |s, _| {
            s.data.as_ref().map_or(0, std::collections::BTreeMap::len).to_string()
        }),
        Column::age(),
    ];
    const FIELDS: &'static [Field<Self>] =
        &[Field { path: "type", get: |s| s.type_.clone().unwrap_or_default() }];

    fn inherit(&mut self, old: &Self) {
        if self.type_.as_deref().unwrap_or_default().is_empty() {
            self.type_.clone_from(&old.type_);
        }
    }

    fn set_defaults(&mut self) {
        if self.type_.as_deref().unwrap_or_default().is_empty() {
            self.type_ = Some("Opaque".into());
        }
        // api-conventions: stringData is for writing only.
        for (key, text) in self.string_data.take().into_iter().flatten() {
            self.data.get_or_insert_default().insert(key, ByteString(text.into_bytes()));
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        for key in self.data.iter().flatten().map(|(k, _)| k) {
            data::valid_key("data", key, invalid);
        }
        data::valid_size("data", self.data.iter().flatten().map(|(_, v)| v.0.len()).sum(), invalid);
        valid_type(self, invalid);
        let Some(old) = old else { return };
        if self.type_ != old.type_ {
            invalid.value("type", self.type_.as_deref().unwrap_or_default(), "field is immutable");
        }
        if old.immutable == Some(true) {
            data::kept("immutable", &self.immutable, &old.immutable, invalid);
            data::kept("data", &self.data, &old.data, invalid);
        }
    }
}

/// Records what a secret of a well-known type lacks.
fn valid_type(secret: &Secret, invalid: &mut Invalid) {
    let value = |key: &str| secret.data.as_ref().and_then(|d| d.get(key)).map(|v| v.0.as_slice());
    let mut needs = |key: &str, there: bool| {
        if !there {
            invalid.required(format!("data[{key}]"), "");
        }
    };
    match secret.type_.as_deref().unwrap_or_default() {
        "kubernetes.io/service-account-token" => {
            let account = secret.metadata.annotations.as_ref().and_then(|a| a.get(ACCOUNT));
            if account.is_none_or(String::is_empty) {
                invalid.required(format!("metadata.annotations[{ACCOUNT}]"), "");
            }
        }
        "kubernetes.io/dockercfg" => valid_json(".dockercfg", value(".dockercfg"), invalid),
        "kubernetes.io/dockerconfigjson" => {
            valid_json(".dockerconfigjson", value(".dockerconfigjson"), invalid);
        }
        "kubernetes.io/basic-auth" if value("username").is_none() && value("password").is_none() => {
            needs("username", false);
            needs("password", false);
        }
        "kubernetes.io/ssh-auth" => {
            needs("ssh-privatekey", value("ssh-privatekey").is_some_and(|key| !key.is_empty()));
        }
        "kubernetes.io/tls" => {
            needs("tls.crt", value("tls.crt").is_some());
            needs("tls.key", value("tls.key").is_some());
        }
        _ => {}
    }
}

/// Records that a registry's settings are missing, or are none.
fn valid_json(key: &str, value: Option<&[u8]>, invalid: &mut Invalid) {
    let field = format!("data[{key}]");
    let Some(value) = value else { return invalid.required(field, "") };
    if let Err(error) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(value) {
        invalid.value(field, "<secret contents redacted>", &error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, completed, findings, object};
    use serde_json::json;

    #[test]
    fn plain_text_is_folded_into_the_data() {
        let secret = completed::<Secret>(json!({"data": {"a": "AA=="}, "stringData": {"a": "1", "b": "2"}}));
        assert_eq!(
            (secret["data"].clone(), secret["type"].clone()),
            (json!({"a": "MQ==", "b": "Mg=="}), json!("Opaque"))
        );
        assert!(secret.get("stringData").is_none());
    }

    #[test]
    fn a_secret_keeps_its_type_when_its_author_says_none() {
        let mut new: Secret = serde_json::from_value(json!({"metadata": {"name": "a"}})).unwrap();
        Kind::inherit(&mut new, &object(json!({"type": "x/y"})));
        assert_eq!(new.type_.as_deref(), Some("x/y"));
    }

    #[test]
    fn each_finding_names_its_field() {
        assert_eq!(
            findings::<Secret>(json!({"type": "kubernetes.io/tls"})),
            ["data[tls.crt]: Required value", "data[tls.key]: Required value"]
        );
        let lacks = |type_: &str| findings::<Secret>(json!({"type": format!("kubernetes.io/{type_}")}));
        assert_eq!(
            lacks("service-account-token"),
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"]
        );
        assert_eq!(lacks("basic-auth"), ["data[username]: Required value", "data[password]: Required value"]);
        assert_eq!(lacks("ssh-auth"), ["data[ssh-privatekey]: Required value"]);
        assert_eq!(lacks("dockercfg"), ["data[.dockercfg]: Required value"]);
        let odd = findings::<Secret>(
            json!({"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "x"}}),
        );
        assert!(
            odd[0].starts_with("data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\""),
            "{odd:?}"
        );
        assert_eq!(
            changed::<Secret>(json!({"type": "a"}), json!({})),
            ["type: Invalid value: \"Opaque\": field is immutable"]
        );
    }
}
