//! Expressions (CEL) as Kubernetes has them: read and checked once, evaluated often, at a cost that is bounded.
//!
//! ```
//! use shared_cel::{Budget, Names, Program, Type, Value};
//! let names = Names::default().with("self", Type::Dyn);
//! let rule = Program::compile("self.min <= self.max", &names).unwrap();
//! let object = serde_json::json!({"min": 3, "max": 2});
//! let given: &[_] = &[("self", Value::json(&object))];
//! assert_eq!(rule.is_true(&given, &mut Budget::new(1_000)), Ok(false));
//! ```
//!
//! It knows no kinds and does no input or output.

pub mod admission;
mod authorizer;
mod check;
mod cost;
mod eval;
mod function;
mod functions;
mod lex;
mod mistake;
mod node;
mod parse;
#[cfg(test)]
mod tests;
mod types;
mod value;

pub use authorizer::{Authorizer, Check, Decided, Question};
pub use cost::{Budget, PER_EXPRESSION};
pub use eval::Variables;
pub use functions::Semver;
pub use mistake::CompileError;
pub use parse::RESERVED;
pub use types::{Fields, Type};
pub use value::{List, Map, MapKey, Text, Value};

use check::Checker;
use cost::Cost;
use eval::Scope;
use node::Node;
use std::fmt;

/// The variables an expression may name.
#[derive(Debug, Clone, Default)]
pub struct Names(Vec<(String, Type)>);

impl Names {
    /// And this one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, of: Type) -> Self {
        self.0.push((name.into(), of));
        self
    }

    /// The type of what authorizes.
    pub fn authorizer() -> Type {
        Type::Opaque("kubernetes.authorization.Authorizer")
    }

    /// The type of a check of one resource, as `authorizer.requestResource` is.
    pub fn resource_check() -> Type {
        Type::Opaque("kubernetes.authorization.ResourceCheck")
    }
}

/// An expression that was read and checked.
#[derive(Debug)]
pub struct Program {
    node: Node,
    gives: Type,
}

impl Program {
    /// Reads and checks an expression.
    pub fn compile(source: &str, names: &Names) -> Result<Self, CompileError> {
        let mut node = parse::parse(source).map_err(|mistake| CompileError::new(source, vec![mistake]))?;
        let mut checker = Checker { names: names.0.clone(), mistakes: Vec::new(), mixed: false };
        let gives = checker.check(&mut node);
        if checker.mistakes.is_empty() {
            return Ok(Self { node, gives });
        }
        Err(CompileError::new(source, checker.mistakes))
    }

    /// The type of what it gives.
    pub fn gives(&self) -> &Type {
        &self.gives
    }

    /// What it gives.
    pub fn run<'a>(&self, given: &dyn Variables<'a>, budget: &mut Budget) -> Result<Value<'a>, Fault> {
        Scope { outside: given, inner: None }.eval(&self.node, &mut Cost::of(budget))
    }

    /// What it gives, when that is true or false.
    pub fn is_true(&self, given: &dyn Variables<'_>, budget: &mut Budget) -> Result<bool, Fault> {
        match self.run(given, budget)? {
            Value::Bool(value) => Ok(value),
            _ => Err(Fault::error("cel expression evaluates to a value that is no bool")),
        }
    }
}

/// Why an evaluation has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The expression went wrong, such as over a key that is not there.
    Error(String),
    /// The expression costs more than one may.
    TooCostly,
    /// What was granted for several expressions is spent.
    OverBudget,
}

impl Fault {
    pub(crate) fn error(why: impl Into<String>) -> Self {
        Self::Error(why.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error(why) => why,
            Self::TooCostly => "operation cancelled: actual cost limit exceeded",
            Self::OverBudget => {
                "validation failed due to running out of cost budget, no further validation rules will be run"
            }
        })
    }
}

impl std::error::Error for Fault {}
