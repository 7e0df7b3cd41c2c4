//! The rules of a schema, each at the place of the value it is about.

use super::types;
use serde_json::Value as Json;
use shared_cel::{Names, Program, Type};
use std::collections::BTreeMap;

/// A place of a schema, and the rules there and below.
#[derive(Debug, Default)]
pub(super) struct Ruled {
    pub(super) rules: Vec<Rule>,
    /// What stands there, to expressions and to readers.
    pub(super) of: Type,
    pub(super) sort: &'static str,
    pub(super) properties: BTreeMap<String, Self>,
    pub(super) additional: Option<Box<Self>>,
    pub(super) items: Option<Box<Self>>,
    /// The fields that tell the items of a list apart.
    keys: Vec<String>,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) text: String,
    pub(super) program: Program,
    /// It compares with what was there.
    pub(super) compares: bool,
    /// It is asked also where nothing was there.
    pub(super) optional: bool,
    pub(super) message: Option<String>,
    pub(super) message_program: Option<Program>,
    pub(super) reason: String,
    /// The field that is to blame, below the value.
    pub(super) field: String,
}

/// Where a rule stands, the rule, and why nobody can read it.
type Mistake = (String, String, String);

const SORTS: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

impl Ruled {
    /// The rules of a schema; those that make no sense are told of, and not asked.
    pub(super) fn read(schema: &Json, path: &str, mistakes: &mut Vec<Mistake>, whole: bool) -> Self {
        let mut inner = |of: &Json, path: String| Self::read(of, &path, mistakes, false);
        let properties: BTreeMap<String, Self> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, of)| (name.clone(), inner(of, format!("{path}.properties[{name}]"))))
            .filter(|(_, of)| !of.is_empty())
            .collect();
        let mut below = |word: &str| {
            let of = schema[word].is_object().then(|| inner(&schema[word], format!("{path}.{word}")));
            of.filter(|of| !of.is_empty()).map(Box::new)
        };
        let (additional, items) = (below("additionalProperties"), below("items"));
        let keys = schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten();
        let keys = keys.filter_map(Json::as_str).map(str::to_owned).collect();
        let sort = SORTS.iter().find(|sort| schema["type"] == **sort).copied().unwrap_or_default();
        let told = schema["x-kubernetes-validations"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of = if told.is_empty() { Type::Dyn } else { types::of(schema, whole) };
        let mut rules = Vec::new();
        for (at, rule) in told.iter().enumerate() {
            let path = format!("{path}.x-kubernetes-validations[{at}]");
            match Rule::read(rule, &of) {
                Ok(rule) => rules.push(rule),
                Err((field, why)) => {
                    let text = rule[field].as_str().unwrap_or_default().to_owned();
                    mistakes.push((format!("{path}.{field}"), text, why));
                }
            }
        }
        Self { rules, of, sort, properties, additional, items, keys }
    }

    /// Whether there are no rules here and below.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
            && self.properties.is_empty()
            && self.additional.is_none()
            && self.items.is_none()
    }

    /// The item among these that is the same one, where that can be told.
    pub(super) fn same<'a>(&self, item: &Json, old: &'a [Json]) -> Option<&'a Json> {
        if self.keys.is_empty() {
            return None;
        }
        old.iter().find(|old| self.keys.iter().all(|key| old[key.as_str()] == item[key.as_str()]))
    }
}

impl Rule {
    /// Reads a rule about values of a type; says which part of it makes no sense, and why.
    fn read(rule: &Json, of: &Type) -> Result<Self, (&'static str, String)> {
        let word = |field: &str| rule[field].as_str().map(str::to_owned);
        let text = word("rule").unwrap_or_default();
        let optional = rule["optionalOldSelf"] == true;
        let alone = Names::default().with("self", of.clone());
        let old = if optional { of.clone().optional() } else { of.clone() };
        let both = alone.clone().with("oldSelf", old);
        let (program, compares) = match Program::compile(&text, &alone) {
            Ok(program) => (program, false),
            Err(_) => (Program::compile(&text, &both).map_err(|e| ("rule", e.to_string()))?, true),
        };
        if !matches!(program.gives(), Type::Bool | Type::Dyn) {
            return Err(("rule", "cel expression must evaluate to a bool".into()));
        }
        let message_program = word("messageExpression").map(|text| Program::compile(&text, &both));
        let message_program =
            message_program.transpose().map_err(|e| ("messageExpression", e.to_string()))?;
        Ok(Self {
            text,
            program,
            compares,
            optional,
            message: word("message"),
            message_program,
            reason: word("reason").unwrap_or_default(),
            field: word("fieldPath").unwrap_or_default(),
        })
    }
}
