//! Runtime classes: names for ways to run containers.

mod old;
use crate::{
    Column, Invalid, Kind, Version, core::pod::validate::valid_toleration, metadata, metadata::valid_name,
    name, quantity,
};
pub use k8s_openapi::api::node::v1::RuntimeClass;

impl Kind for RuntimeClass {
    const VERSIONS: &'static [Version] = old::VERSIONS;
    const COLUMNS: &'static [Column<Self>] =
        &[Column::text("Handler", |c, _| c.handler.clone()), Column::age()];

    fn set_defaults(&mut self) {
        for toleration in self.scheduling.iter_mut().flat_map(|s| s.tolerations.iter_mut().flatten()) {
            toleration.operator.get_or_insert_with(|| "Equal".into());
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        invalid.ruled("handler", &self.handler, name::label);
        for (resource, amount) in self.overhead.iter().flat_map(|o| o.pod_fixed.iter().flatten()) {
            let field = format!("overhead.podFixed[{resource}]");
            invalid.ruled(&field, resource, name::qualified);
            quantity::valid(amount, &field, invalid);
        }
        if let Some(scheduling) = &self.scheduling {
            metadata::labels("scheduling.nodeSelector", scheduling.node_selector.as_ref(), invalid);
            for (at, toleration) in scheduling.tolerations.iter().flatten().enumerate() {
                valid_toleration(toleration, &format!("scheduling.tolerations[{at}]"), invalid);
            }
        }
        if let Some(old) = old {
            invalid.kept("handler", &self.handler, &old.handler);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let found = findings::<RuntimeClass>(json!({"handler": "A",
            "overhead": {"podFixed": {"cpu": "-1", "memory": "x"}},
            "scheduling": {"tolerations": [{"key": "a", "operator": "Like"}]}}));
        let expected = [
            "handler: Invalid value: \"A\": a lowercase RFC 1123 label",
            "overhead.podFixed[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
            "overhead.podFixed[memory]: Invalid value: \"x\": quantities must match",
            "scheduling.tolerations[0].operator: Unsupported value: \"Like\"",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        found.iter().zip(expected).for_each(|(f, e)| assert!(f.starts_with(e), "{f} is not {e}"));
        let found = changed::<RuntimeClass>(json!({"handler": "a"}), json!({"handler": "b"}));
        assert_eq!(found, ["handler: Invalid value: \"b\": field is immutable"]);
        assert_eq!(row::<RuntimeClass>(json!({"handler": "a"})), ["a", "<unknown>"]);
    }
}
