//! Policies: what is written has to satisfy their expressions, wherever a binding says that they hold.

mod outcome;
mod params;

pub(super) use outcome::Outcome;

use super::{
    conditions::Conditions,
    given::{Asker, Given, Seen},
    matching::Matching,
    request::Asked,
};
use outcome::Denied;
use serde_json::Value as Json;
use shared_api::{
    Object, Refusal,
    admissionregistration::{
        AuditAnnotation, ParamKind, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
        ValidatingAdmissionPolicyBindingSpec, Validation,
    },
};
use shared_cel::{Budget, Fault, Program, Type, Value, admission};

/// What a policy may cost for one binding and one set of parameters.
const BUDGET: u64 = 10_000_000;

/// A policy, compiled.
pub(super) struct Policy {
    pub(super) name: String,
    /// What goes wrong in it refuses the request.
    fails: bool,
    matching: Matching,
    param_kind: Option<ParamKind>,
    /// What cannot be compiled cannot be asked.
    compiled: Result<Compiled, String>,
}

/// Its expressions.
pub(super) struct Compiled {
    conditions: Conditions,
    variables: Vec<(String, Program)>,
    validations: Vec<Rule>,
    annotations: Vec<(String, Program)>,
}

struct Rule {
    says: Validation,
    program: Program,
    message: Option<Program>,
}

/// Where a policy holds.
pub(super) struct Binding {
    pub(super) name: String,
    pub(super) spec: ValidatingAdmissionPolicyBindingSpec,
    matching: Option<Matching>,
}

impl Binding {
    pub(super) fn of(object: &Object) -> Option<Self> {
        let binding = object.to_kind::<ValidatingAdmissionPolicyBinding>().ok()?;
        let spec = binding.spec.clone()?;
        let matching = spec.match_resources.as_ref().map(Matching::of);
        Some(Self { name: object.name().into(), spec, matching })
    }
}

impl Policy {
    pub(super) fn of(object: &Object) -> Option<Self> {
        let policy = object.to_kind::<ValidatingAdmissionPolicy>().ok()?;
        let spec = policy.spec.clone()?;
        let compiled = || -> Result<Compiled, String> {
            let mut wrong = None;
            let variables = spec.variables.as_deref().unwrap_or_default();
            let (names, variables) =
                admission::policy(&Type::Dyn, spec.param_kind.is_some(), variables, |_, why| {
                    wrong = wrong.take().or(Some(why));
                });
            if let Some(why) = wrong {
                return Err(why);
            }
            let program = |text: &str| Program::compile(text, &names).map_err(|e| e.to_string());
            let rule = |says: &Validation| {
                let message = says.message_expression.as_deref().filter(|text| !text.is_empty());
                let message = message.map(program).transpose()?;
                Ok(Rule { says: says.clone(), program: program(&says.expression)?, message })
            };
            let annotation =
                |a: &AuditAnnotation| Ok::<_, String>((a.key.clone(), program(&a.value_expression)?));
            let conditions = spec.match_conditions.as_deref().unwrap_or_default();
            Ok(Compiled {
                conditions: Conditions::of(conditions, &names).map_err(|e| e.to_string())?,
                variables,
                validations: spec.validations.iter().flatten().map(rule).collect::<Result<_, String>>()?,
                annotations: spec
                    .audit_annotations
                    .iter()
                    .flatten()
                    .map(annotation)
                    .collect::<Result<_, _>>()?,
            })
        };
        Some(Self {
            name: object.name().into(),
            fails: spec.failure_policy.as_deref() != Some("Ignore"),
            matching: Matching::of(spec.match_constraints.as_ref()?),
            param_kind: spec.param_kind.clone(),
            compiled: compiled(),
        })
    }

    /// What the policy wants to be asked about.
    pub(super) fn matching(&self) -> &Matching {
        &self.matching
    }

    /// What it says where its bindings say that it holds.
    pub(super) async fn judge(
        &self,
        bindings: &[&Binding],
        asked: &Asked<'_>,
        namespace: Option<&Json>,
        outcome: &mut Outcome,
    ) -> Result<(), Refusal> {
        let labels = namespace.map(super::matching::labels);
        let matched = |matching: &Matching, any: bool| {
            let version = matching.version(&asked.of, asked.operation, &asked.name, any);
            version.filter(|_| matching.chooses(asked, labels.as_ref()))
        };
        let Some(version) = matched(&self.matching, false) else { return Ok(()) };
        let mut seen = None;
        for binding in bindings {
            if binding.matching.as_ref().is_some_and(|matching| matched(matching, true).is_none()) {
                continue;
            }
            let compiled = match &self.compiled {
                Ok(compiled) => compiled,
                Err(why) => {
                    outcome.broken(self, None, &format!("failed to configure policy: {why}"));
                    return Ok(());
                }
            };
            let params = match params::found(self.param_kind.as_ref(), &binding.spec, asked).await? {
                Ok(params) => params,
                Err(why) => {
                    outcome.broken(self, Some(binding), &format!("failed to configure binding: {why}"));
                    continue;
                }
            };
            // A namespace is in none, though its own labels say whether it is chosen.
            let within = namespace.filter(|_| !asked.of.is_namespace()).cloned();
            let seen = seen.get_or_insert_with(|| Seen::of(asked, version, within));
            for params in &params {
                for found in self.evaluate(compiled, seen, params.as_ref(), asked, &binding.name) {
                    outcome.found(self, binding, &found);
                }
            }
        }
        Ok(())
    }

    fn evaluate(
        &self,
        compiled: &Compiled,
        seen: &Seen,
        params: Option<&Json>,
        asked: &Asked<'_>,
        binding: &str,
    ) -> Vec<Denied> {
        let asker = Asker::of(&asked.caller.server, seen);
        let given = Given::new(seen, &asker, params, &compiled.variables);
        match compiled.conditions.hold(&given) {
            Ok(true) => {}
            Err(why) if self.fails => return vec![Denied::because(why)],
            Ok(false) | Err(_) => return Vec::new(),
        }
        let mut budget = Budget::new(BUDGET);
        let mut all = Vec::new();
        for rule in &compiled.validations {
            match rule.program.is_true(&given, &mut budget) {
                Ok(true) => {}
                Ok(false) => all.push(rule.denied(&given, &mut budget)),
                Err(_) if !self.fails => {}
                Err(Fault::Error(why)) => {
                    let source = rule.says.expression.trim();
                    all.push(Denied::because(format!("expression '{source}' resulted in error: {why}")));
                }
                Err(fault) => {
                    all.push(Denied::because(fault.to_string()));
                    break;
                }
            }
        }
        for (key, program) in &compiled.annotations {
            match program.run(&given, &mut budget) {
                Ok(Value::String(text)) if !text.trim().is_empty() => {
                    let (policy, value) = (&self.name, text.trim());
                    tracing::info!(%policy, binding, key, value, "annotated a request");
                }
                Ok(_) => {}
                Err(_) if !self.fails => {}
                Err(fault) => {
                    all.push(Denied::because(format!("auditAnnotation '{key}' resulted in error: {fault}")));
                }
            }
        }
        all
    }

    /// Whether what goes wrong in it refuses the request.
    fn fails(&self) -> bool {
        self.fails
    }
}

/// The longest message that an expression may make, in bytes.
const MESSAGE: usize = 5 * 1024;

impl Rule {
    fn denied(&self, given: &Given<'_>, budget: &mut Budget) -> Denied {
        let made = self.message.as_ref().and_then(|program| match program.run(given, budget) {
            Ok(Value::String(text)) => {
                let text = text.trim();
                let fits = !text.is_empty() && text.len() <= MESSAGE && !text.contains('\n');
                fits.then(|| text.to_owned())
            }
            _ => None,
        });
        let fixed = self.says.message.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let message = made
            .or_else(|| fixed.map(str::to_owned))
            .unwrap_or_else(|| format!("failed expression: {}", self.says.expression.trim()));
        Denied { message, reason: self.says.reason.clone() }
    }
}
