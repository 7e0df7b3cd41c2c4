//! Expressions may ask whether somebody may do something.

use crate::{Fault, Value, function::Row};
use std::{fmt, rc::Rc};

/// Who answers such questions.
pub trait Authorizer {
    /// The answer.
    fn decide(&self, question: &Question) -> Decided;
}

/// Whether the user, or a service account, may do something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Question {
    /// Namespace and name of the service account that is asked about, not the user.
    pub account: Option<(String, String)>,
    /// A path that is no resource's.
    pub path: Option<String>,
    pub verb: String,
    pub group: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    pub field_selector: String,
    pub label_selector: String,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Decided {
    pub allowed: bool,
    pub reason: String,
    pub error: Option<String>,
}

/// A question, as far as it was put.
#[derive(Clone)]
pub struct Check<'a> {
    by: &'a dyn Authorizer,
    question: Question,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Whom,
    Path,
    Group,
    Resource,
    Decided(Decided),
}

impl fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.stage, self.question)
    }
}

impl<'a> Check<'a> {
    /// The variable `authorizer`.
    pub fn authorizer(by: &'a dyn Authorizer) -> Value<'a> {
        Value::Check(Rc::new(Self { by, question: Question::default(), stage: Stage::Whom }))
    }

    /// The variable `authorizer.requestResource`.
    pub fn resource(by: &'a dyn Authorizer, question: Question) -> Value<'a> {
        Value::Check(Rc::new(Self { by, question, stage: Stage::Resource }))
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self.stage {
            Stage::Whom => "kubernetes.authorization.Authorizer",
            Stage::Path => "kubernetes.authorization.PathCheck",
            Stage::Group => "kubernetes.authorization.GroupCheck",
            Stage::Resource => "kubernetes.authorization.ResourceCheck",
            Stage::Decided(_) => "kubernetes.authorization.Decision",
        }
    }
}

/// Puts the question further.
fn further<'a>(
    args: &[Value<'a>],
    stage: Stage,
    put: fn(&mut Question, Vec<String>),
) -> Result<Value<'a>, Fault> {
    let Some((Value::Check(check), words)) = args.split_first() else {
        return Err(Fault::error("no such overload"));
    };
    let mut check = Check::clone(check);
    put(&mut check.question, words.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    check.stage = stage;
    Ok(Value::Check(Rc::new(check)))
}

fn first(words: Vec<String>) -> String {
    words.into_iter().next().unwrap_or_default()
}

fn decided<'a, T: Into<Value<'a>>>(args: &[Value<'a>], what: fn(&Decided) -> T) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Check(check)] => match &check.stage {
            Stage::Decided(decided) => Ok(what(decided).into()),
            _ => Err(Fault::error("no such overload")),
        },
        _ => Err(Fault::error("no such overload")),
    }
}

const ASKED: u64 = 350_000;

pub(crate) const TABLE: &[Row] = &[
    ("path", "authorizer.(string) pathcheck", |args, _| {
        further(args, Stage::Path, |question, words| question.path = Some(first(words)))
    }),
    ("group", "authorizer.(string) groupcheck", |args, _| {
        further(args, Stage::Group, |question, words| question.group = first(words))
    }),
    ("serviceAccount", "authorizer.(string, string) authorizer", |args, _| {
        further(args, Stage::Whom, |question, words| {
            let mut words = words.into_iter();
            question.account = words.next().zip(words.next());
        })
    }),
    ("resource", "groupcheck.(string) resourcecheck", |args, _| {
        further(args, Stage::Resource, |question, words| question.resource = first(words))
    }),
    ("subresource", "resourcecheck.(string) resourcecheck", |args, _| {
        further(args, Stage::Resource, |question, words| question.subresource = first(words))
    }),
    ("namespace", "resourcecheck.(string) resourcecheck", |args, _| {
        further(args, Stage::Resource, |question, words| question.namespace = first(words))
    }),
    ("name", "resourcecheck.(string) resourcecheck", |args, _| {
        further(args, Stage::Resource, |question, words| question.name = first(words))
    }),
    ("fieldSelector", "resourcecheck.(string) resourcecheck", |args, _| {
        further(args, Stage::Resource, |question, words| question.field_selector = first(words))
    }),
    ("labelSelector", "resourcecheck.(string) resourcecheck", |args, _| {
        further(args, Stage::Resource, |question, words| question.label_selector = first(words))
    }),
    ("check", "pathcheck.(string) decision", check),
    ("check", "resourcecheck.(string) decision", check),
    ("allowed", "decision.() bool", |args, _| decided(args, |decided| decided.allowed)),
    ("reason", "decision.() string", |args, _| decided(args, |decided| decided.reason.clone())),
    ("errored", "decision.() bool", |args, _| decided(args, |decided| decided.error.is_some())),
    ("error", "decision.() string", |args, _| {
        decided(args, |decided| decided.error.clone().unwrap_or_default())
    }),
];

fn check<'a>(args: &[Value<'a>], cost: &mut crate::cost::Cost<'_>) -> Result<Value<'a>, Fault> {
    cost.take(ASKED)?;
    let [Value::Check(check), Value::String(verb)] = args else {
        return Err(Fault::error("no such overload"));
    };
    let question = Question { verb: (**verb).to_owned(), ..check.question.clone() };
    let stage = Stage::Decided(check.by.decide(&question));
    Ok(Value::Check(Rc::new(Check { by: check.by, question, stage })))
}
