//! Secrets: settings that not everybody may read.

use crate::{Column, Field, Invalid, Kind, core::data, metadata::valid_name, name};
use k8s_openapi::ByteString;
pub use k8s_openapi::api::core::v1::Secret;

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
        for key in wanted(self.type_.as_deref().unwrap_or_default()) {
            if !self.data.as_ref().is_some_and(|d| d.contains_key(*key)) {
                invalid.required(format!("data[{key}]"), "");
            }
        }
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

/// The keys a secret of a well-known type must have.
fn wanted(type_: &str) -> &'static [&'static str] {
    match type_ {
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, completed, findings};
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
    fn each_finding_names_its_field() {
        assert_eq!(
            findings::<Secret>(json!({"type": "kubernetes.io/tls"})),
            ["data[tls.crt]: Required value", "data[tls.key]: Required value"]
        );
        assert_eq!(
            changed::<Secret>(json!({"type": "a"}), json!({})),
            ["type: Invalid value: \"Opaque\": field is immutable"]
        );
    }
}
