//! The one place that knows a YAML library.

use crate::Refusal;
use serde::Deserialize;
use serde_json::Value;

/// Every document of a YAML (or JSON) text; empty documents are left out.
pub fn documents(text: &str) -> Result<Vec<Value>, Refusal> {
    let mut found = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let value =
            Value::deserialize(document).map_err(|e| Refusal::bad_request(format!("not YAML: {e}")))?;
        if !value.is_null() {
            found.push(value);
        }
    }
    Ok(found)
}

/// One value as YAML.
pub fn to_string(value: &impl serde::Serialize) -> Result<String, Refusal> {
    serde_yaml::to_string(value).map_err(Refusal::internal)
}

/// One typed value from YAML.
pub fn from_str<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_yaml::from_str(text).map_err(|e| Refusal::bad_request(format!("not YAML: {e}")))
}
