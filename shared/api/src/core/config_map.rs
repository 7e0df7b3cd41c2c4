//! Config maps: settings for pods to read.

use crate::{Column, Invalid, Kind, core::data, metadata::valid_name, name};
pub use k8s_openapi::api::core::v1::ConfigMap;

impl Kind for ConfigMap {
    const SHORT_NAMES: &'static [&'static str] = &["cm"];
    const COLUMNS: &'static [Column<Self>] = &[Column::integer("Data", |m, _| count(m)), Column::age()];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        for key in self.data.iter().flatten().map(|(k, _)| k) {
            data::valid_key("data", key, invalid);
            if self.binary_data.as_ref().is_some_and(|b| b.contains_key(key)) {
                invalid.value(format!("data[{key}]"), key, "duplicate of key present in binaryData");
            }
        }
        for key in self.binary_data.iter().flatten().map(|(k, _)| k) {
            data::valid_key("binaryData", key, invalid);
        }
        let text = self.data.iter().flatten().map(|(_, v)| v.len());
        let bytes = self.binary_data.iter().flatten().map(|(_, v)| v.0.len());
        data::valid_size("", text.chain(bytes).sum(), invalid);
        let Some(old) = old.filter(|o| o.immutable == Some(true)) else { return };
        data::kept("immutable", &self.immutable, &old.immutable, invalid);
        data::kept("data", &self.data, &old.data, invalid);
        data::kept("binaryData", &self.binary_data, &old.binary_data, invalid);
    }
}

fn count(map: &ConfigMap) -> String {
    let data = map.data.as_ref().map_or(0, std::collections::BTreeMap::len);
    (data + map.binary_data.as_ref().map_or(0, std::collections::BTreeMap::len)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let none: [&str; 0] = [];
        let fine = json!({"data": {"a.b": "1"}, "binaryData": {"c": "AA=="}});
        assert_eq!(findings::<ConfigMap>(fine), none);
        let bad = findings::<ConfigMap>(json!({"data": {"a/b": "1"}}));
        assert!(bad[0].starts_with("data[a/b]: Invalid value: \"a/b\": a valid config key must"), "{bad:?}");
        let twice = findings::<ConfigMap>(json!({"data": {"a": "1"}, "binaryData": {"a": "AA=="}}));
        assert_eq!(twice, ["data[a]: Invalid value: \"a\": duplicate of key present in binaryData"]);
        let large = findings::<ConfigMap>(json!({"data": {"a": "x".repeat(1024 * 1024 + 1)}}));
        assert_eq!(large, [": Too long: may not be more than 1048576 bytes"]);
    }

    #[test]
    fn an_immutable_map_stays_as_it_is() {
        let old = json!({"data": {"a": "1"}, "immutable": true});
        let why = "Forbidden: field is immutable when `immutable` is set";
        let new = json!({"data": {"a": "2"}});
        assert_eq!(changed::<ConfigMap>(old, new), [format!("immutable: {why}"), format!("data: {why}")]);
    }
}
