//! Whether the expressions of policies and webhooks can be asked at all, said when they are written.

use shared_api::{
    Draft, Invalid,
    admissionregistration::{
        Hook, MatchCondition, MutatingWebhookConfiguration, ValidatingAdmissionPolicy,
        ValidatingAdmissionPolicySpec, ValidatingWebhookConfiguration,
    },
};
use shared_cel::{Names, Program, Type, admission};

/// Records expressions that make no sense; those that were there before are left alone.
pub(crate) fn valid(old: Option<&dyn Draft>, new: &dyn Draft, invalid: &mut Invalid) {
    let old = old.map(Draft::as_any);
    let new = new.as_any();
    if let Some(new) = new.downcast_ref::<ValidatingAdmissionPolicy>() {
        let before = old.and_then(|old| old.downcast_ref::<ValidatingAdmissionPolicy>());
        if let Some(spec) = new.spec.as_ref().filter(|_| before.is_none_or(|old| old.spec != new.spec)) {
            of_policy(spec, invalid);
        }
    } else if let Some(new) = new.downcast_ref::<ValidatingWebhookConfiguration>() {
        let before = old.and_then(|old| old.downcast_ref::<ValidatingWebhookConfiguration>());
        if before.is_none_or(|old| old.webhooks != new.webhooks) {
            hooks(new.webhooks.iter().flatten().map(Into::into), invalid);
        }
    } else if let Some(new) = new.downcast_ref::<MutatingWebhookConfiguration>() {
        let before = old.and_then(|old| old.downcast_ref::<MutatingWebhookConfiguration>());
        if before.is_none_or(|old| old.webhooks != new.webhooks) {
            hooks(new.webhooks.iter().flatten().map(Into::into), invalid);
        }
    }
}

fn hooks<'a>(hooks: impl Iterator<Item = Hook<'a>>, invalid: &mut Invalid) {
    let names = admission::names(&Type::Dyn);
    for (at, hook) in hooks.enumerate() {
        conditions(&format!("webhooks[{at}].matchConditions"), hook.conditions, &names, invalid);
    }
}

fn conditions(path: &str, all: &[MatchCondition], names: &Names, invalid: &mut Invalid) {
    for (at, condition) in all.iter().enumerate() {
        expression(format!("{path}[{at}].expression"), &condition.expression, names, &[Type::Bool], invalid);
    }
}

/// Records what is wrong with an expression, or that it gives something else than it should.
fn expression(path: String, text: &str, names: &Names, wanted: &[Type], invalid: &mut Invalid) {
    if text.trim().is_empty() {
        return;
    }
    match Program::compile(text, names) {
        Err(error) => invalid.value(path, text, &format!("compilation failed: {error}")),
        Ok(program) if wanted.iter().any(|wanted| program.gives().fits(wanted)) => {}
        Ok(_) => {
            let why = match wanted {
                [only] => format!("must evaluate to {only}"),
                _ => "must evaluate to one of [string null_type]".into(),
            };
            invalid.value(path, text, &why);
        }
    }
}

fn of_policy(spec: &ValidatingAdmissionPolicySpec, invalid: &mut Invalid) {
    let variables = spec.variables.as_deref().unwrap_or_default();
    let (names, _) = admission::policy(&Type::Dyn, spec.param_kind.is_some(), variables, |at, why| {
        let text = &variables[at].expression;
        if !text.trim().is_empty() {
            let path = format!("spec.variables[{at}].expression");
            invalid.value(path, text, &format!("compilation failed: {why}"));
        }
    });
    let all = spec.match_conditions.as_deref().unwrap_or_default();
    conditions("spec.matchConditions", all, &names, invalid);
    for (at, validation) in spec.validations.iter().flatten().enumerate() {
        let path = format!("spec.validations[{at}]");
        expression(format!("{path}.expression"), &validation.expression, &names, &[Type::Bool], invalid);
        let message = validation.message_expression.as_deref().unwrap_or_default();
        expression(format!("{path}.messageExpression"), message, &names, &[Type::String], invalid);
    }
    for (at, annotation) in spec.audit_annotations.iter().flatten().enumerate() {
        let path = format!("spec.auditAnnotations[{at}].valueExpression");
        expression(path, &annotation.value_expression, &names, &[Type::String, Type::Null], invalid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(kind: &str, fields: &Value) -> Vec<String> {
        let served = shared_api::serving("admissionregistration.k8s.io/v1", kind).unwrap();
        let mut value = fields.clone();
        value["metadata"] = json!({"name": "a"});
        let Ok(decoded) = served.kind.decode(value, served.api_version()) else { panic!("{fields}") };
        let mut invalid = Invalid::default();
        valid(None, &*decoded.draft, &mut invalid);
        invalid.lines()
    }

    #[test]
    fn expressions_are_refused_where_they_stand() {
        let spec = json!({"spec": {
            "variables": [{"name": "a", "expression": "object.x"}, {"name": "b", "expression": "variables.c"}],
            "matchConditions": [{"name": "m", "expression": "params.x"}],
            "validations": [{"expression": "variables.a + 1"}, {"expression": "request.operation == 'CREATE'",
                "messageExpression": "1"}],
            "auditAnnotations": [{"key": "k", "valueExpression": "2"}],
        }});
        assert_eq!(
            found("ValidatingAdmissionPolicy", &spec),
            [
                "spec.variables[1].expression: Invalid value: \"variables.c\": compilation failed: ERROR: <input>:1:10: undefined \
                 field 'c'\n | variables.c\n | .........^",
                "spec.matchConditions[0].expression: Invalid value: \"params.x\": compilation failed: ERROR: <input>:1:1: \
                 undeclared reference to 'params' (in container '')\n | params.x\n | ^",
                "spec.validations[0].expression: Invalid value: \"variables.a + 1\": must evaluate to bool",
                "spec.validations[1].messageExpression: Invalid value: \"1\": must evaluate to string",
                "spec.auditAnnotations[0].valueExpression: Invalid value: \"2\": must evaluate to one of [string null_type]",
            ]
        );
        let hook = json!({"webhooks": [{"name": "a.b.c", "clientConfig": {}, "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "matchConditions": [{"name": "m", "expression": "authorizer.requestResource.check('get').allowed()"},
                {"name": "n", "expression": "request.nothing == 1"}]}]});
        assert_eq!(
            found("MutatingWebhookConfiguration", &hook),
            [
                "webhooks[0].matchConditions[1].expression: Invalid value: \"request.nothing == 1\": compilation failed: ERROR: \
                 <input>:1:8: undefined field 'nothing'\n | request.nothing == 1\n | .......^"
            ]
        );
    }
}
