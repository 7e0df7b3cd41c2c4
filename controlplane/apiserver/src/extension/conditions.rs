//! Conditions that come before everything else: where they do not hold, nobody is asked.

use shared_api::admissionregistration::MatchCondition;
use shared_cel::{Budget, CompileError, Fault, Names, Program, Variables};

/// What all conditions of one policy or webhook may cost.
const BUDGET: u64 = 2_500_000;

/// Conditions, ready to be looked at.
#[derive(Debug, Default)]
pub(super) struct Conditions(Vec<(String, Program)>);

impl Conditions {
    pub(super) fn of(all: &[MatchCondition], names: &Names) -> Result<Self, CompileError> {
        let compiled = |condition: &MatchCondition| {
            Ok((condition.expression.clone(), Program::compile(&condition.expression, names)?))
        };
        all.iter().map(compiled).collect::<Result<_, _>>().map(Self)
    }

    /// Whether all of them hold. One that does not settles it, whatever goes wrong with the others.
    pub(super) fn hold(&self, given: &dyn Variables<'_>) -> Result<bool, String> {
        let mut budget = Budget::new(BUDGET);
        let mut wrong = Vec::new();
        for (source, program) in &self.0 {
            match program.is_true(given, &mut budget) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Fault::Error(why)) => {
                    wrong.push(format!("expression '{source}' resulted in error: {why}"));
                }
                Err(fault) => {
                    wrong.push(fault.to_string());
                    break;
                }
            }
        }
        match &wrong[..] {
            [] => Ok(true),
            [only] => Err(only.clone()),
            all => Err(format!("[{}]", all.join(", "))),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
