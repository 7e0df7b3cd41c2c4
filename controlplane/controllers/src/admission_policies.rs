//! Keeps every `ValidatingAdmissionPolicy` telling which of its expressions cannot be meant for what it is about.

use shared_api::{
    Served,
    admissionregistration::{
        ExpressionWarning, TypeChecking, ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec,
        ValidatingAdmissionPolicyStatus,
    },
    schema,
};
use shared_cel::{Program, Type, admission};
use shared_reconcile::{Plan, Reconciler, World};

/// See the module documentation.
pub struct AdmissionPolicies;

/// Of so many types at most, as Kubernetes has it.
const TYPES: usize = 10;

impl Reconciler for AdmissionPolicies {
    type Kind = ValidatingAdmissionPolicy;
    const NAME: &'static str = "validatingadmissionpolicy-status-controller";

    fn reconcile(&self, policy: &ValidatingAdmissionPolicy, _: &World) -> Plan {
        let observed = policy.status.as_ref().and_then(|status| status.observed_generation);
        let Some(spec) = policy.spec.as_ref().filter(|_| observed != policy.metadata.generation) else {
            return Plan::nothing();
        };
        let warnings = warnings(spec);
        let status = ValidatingAdmissionPolicyStatus {
            observed_generation: policy.metadata.generation,
            type_checking: Some(TypeChecking {
                expression_warnings: (!warnings.is_empty()).then_some(warnings),
            }),
            ..policy.status.clone().unwrap_or_default()
        };
        Plan::nothing().update_status(&ValidatingAdmissionPolicy { status: Some(status), ..policy.clone() })
    }
}

/// What every type that the policy names has against every expression.
fn warnings(spec: &ValidatingAdmissionPolicySpec) -> Vec<ExpressionWarning> {
    let types = types(spec);
    let mut all = Vec::new();
    for (at, validation) in spec.validations.iter().flatten().enumerate() {
        for (field, text) in [
            ("expression", Some(validation.expression.as_str())),
            ("messageExpression", validation.message_expression.as_deref()),
        ] {
            let Some(text) = text.filter(|text| !text.trim().is_empty()) else { continue };
            let told: Vec<_> = types.iter().filter_map(|(name, of)| against(spec, name, of, text)).collect();
            if !told.is_empty() {
                let field_ref = format!("spec.validations[{at}].{field}");
                all.push(ExpressionWarning { field_ref, warning: told.join("\n") });
            }
        }
    }
    all
}

/// What a type has against an expression.
fn against(spec: &ValidatingAdmissionPolicySpec, name: &str, of: &Type, text: &str) -> Option<String> {
    let variables = spec.variables.as_deref().unwrap_or_default();
    let (names, _) = admission::policy(of, spec.param_kind.is_some(), variables, |_, _| ());
    let error = Program::compile(text, &names).err()?;
    Some(format!("{name}: {error}\n"))
}

/// The types that the policy names one by one: what it is about besides is not known.
fn types(spec: &ValidatingAdmissionPolicySpec) -> Vec<(String, Type)> {
    let mut all: Vec<(String, Type)> = Vec::new();
    for rule in spec.match_constraints.iter().flat_map(|m| m.resource_rules.iter().flatten()) {
        for group in rule.api_groups.iter().flatten() {
            for version in rule.api_versions.iter().flatten() {
                for resource in rule.resources.iter().flatten() {
                    let named = |s: &Served| {
                        s.group() == group && s.version() == version && s.kind.plural == resource
                    };
                    let Some(served) = shared_api::served().find(named) else { continue };
                    let Some(of) = schema::of(group, version, served.kind.kind) else { continue };
                    let name = format!("{group}/{version}, Kind={}", served.kind.kind);
                    if all.len() < TYPES && all.iter().all(|(known, _)| *known != name) {
                        all.push((name, Type::of(of)));
                    }
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_reconcile::Change;

    fn status(validation: &serde_json::Value, observed: i64) -> Option<ValidatingAdmissionPolicyStatus> {
        let rule = json!({"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"]});
        let policy: ValidatingAdmissionPolicy = serde_json::from_value(json!({
            "metadata": {"name": "p", "generation": 2},
            "spec": {"matchConstraints": {"resourceRules": [rule]}, "validations": [validation]},
            "status": {"observedGeneration": observed},
        }))
        .unwrap();
        let plan = AdmissionPolicies.reconcile(&policy, &World::default());
        let [Change::UpdateStatus(object)] = &plan.changes[..] else { return None };
        object.to_kind::<ValidatingAdmissionPolicy>().unwrap().status.clone()
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let told = status(
            &json!({"expression": "object.spec.replicas > '1'",
                "messageExpression": "'wants replicas > 1, got ' + object.spec.replicas"}),
            1,
        )
        .unwrap();
        assert_eq!(told.observed_generation, Some(2));
        let warnings = told.type_checking.unwrap().expression_warnings.unwrap();
        assert_eq!(
            warnings[0],
            ExpressionWarning {
                field_ref: "spec.validations[0].expression".into(),
                warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, \
                          string)'\n | object.spec.replicas > '1'\n | .....................^\n"
                    .into(),
            }
        );
        assert_eq!(warnings[1].field_ref, "spec.validations[0].messageExpression");
        assert!(
            warnings[1].warning.contains("found no matching overload for '_+_' applied to '(string, int)'")
        );
    }

    #[test]
    fn what_is_well_has_no_warnings_and_is_looked_at_once() {
        let good = json!({"expression": "object.spec.replicas > 1"});
        let told = status(&good, 1).unwrap();
        assert_eq!(told.type_checking, Some(TypeChecking::default()));
        assert_eq!(status(&good, 2), None);
    }
}
