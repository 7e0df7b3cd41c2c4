//! policy/v1beta1, where an empty selector meant no pod; in policy/v1 it means every pod.

use crate::{
    Version,
    convert::{alike, get, put},
};
use serde_json::{Value, json};

/// A label that no pod has.
const NOWHERE: &str = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";
const SELECTOR: &[&str] = &["spec", "selector"];

pub(super) const VERSIONS: &[Version] = &[Version {
    upgrade: |value| {
        replace(value, [(json!({}), requiring("Exists")), (requiring("DoesNotExist"), json!({}))]);
    },
    downgrade: |value| {
        replace(value, [(requiring("Exists"), json!({})), (json!({}), requiring("DoesNotExist"))]);
    },
    ..alike(
        "policy",
        "v1beta1",
        "policy/v1beta1",
        "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 \
         PodDisruptionBudget",
    )
}];

fn requiring(operator: &str) -> Value {
    json!({"matchExpressions": [{"key": NOWHERE, "operator": operator}]})
}

fn replace(value: &mut Value, meanings: [(Value, Value); 2]) {
    let Some(selector) = get(value, SELECTOR) else { return };
    let is_empty = |v: &Value| match v {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null => true,
        _ => false,
    };
    // `matchLabels: {}` says no more than nothing.
    let plain: Value = match selector.as_object() {
        Some(fields) => {
            fields.iter().filter(|(_, v)| !is_empty(v)).map(|(k, v)| (k.clone(), v.clone())).collect()
        }
        None => return,
    };
    let new = meanings.into_iter().find(|(from, _)| *from == plain).map(|(_, to)| to);
    if let Some(new) = new {
        put(value, SELECTOR, new);
    }
}

#[cfg(test)]
mod tests {
    use crate::serving;
    use serde_json::{Value, json};

    #[test]
    fn no_selector_changes_its_meaning() {
        let old = serving("policy/v1beta1", "PodDisruptionBudget").unwrap();
        let budget = |selector: Value| json!({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "spec": {"minAvailable": 1, "selector": selector}});
        let web = json!({"matchLabels": {"app": "web"}});
        let upgraded = |selector: Value| old.upgrade(budget(selector))["spec"]["selector"].clone();
        assert_eq!(upgraded(web.clone()), web);
        assert_eq!(upgraded(json!({}))["matchExpressions"][0]["operator"], "Exists");
        assert_eq!(upgraded(json!({"matchLabels": {}}))["matchExpressions"][0]["operator"], "Exists");
        for stored in [web, json!({}), Value::Null, upgraded(json!({}))] {
            let shown = old.downgrade(budget(stored.clone()));
            assert_eq!(old.upgrade(shown)["spec"]["selector"], stored);
        }
    }
}
