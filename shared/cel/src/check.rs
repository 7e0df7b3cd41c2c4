//! Whether an expression can mean something: every name is known, every call fits its function.

use crate::{
    function::{Overload, called},
    mistake::Mistake,
    node::{Call, Fold, How, Literal, Node, What},
    types::{Type, fits},
};
use std::sync::Arc;

/// Goes over a tree, settles what its calls mean and finds its type.
pub(crate) struct Checker {
    /// Variables, the nearest last.
    pub(crate) names: Vec<(String, Type)>,
    pub(crate) mistakes: Vec<Mistake>,
    /// Items of a list may be of several types, as `format` takes them.
    pub(crate) mixed: bool,
}

/// Types that an expression may name.
pub(crate) const TYPES: &[&str] =
    &["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "dyn"];

/// More mistakes than these are not told.
const TOLD: usize = 100;

impl Checker {
    fn wrong(&mut self, at: usize, why: impl Into<String>) -> Type {
        if self.mistakes.len() < TOLD {
            self.mistakes.push(Mistake::new(at, why));
        }
        // Whatever follows is not blamed for it.
        Type::Dyn
    }

    fn known(&self, name: &str) -> Option<&Type> {
        self.names.iter().rev().find(|(known, _)| known == name).map(|(_, of)| of)
    }

    pub(crate) fn check(&mut self, node: &mut Node) -> Type {
        let at = node.at;
        match &mut node.what {
            What::Literal(literal) => of_literal(literal),
            What::Ident(name) => match self.known(name) {
                Some(of) => of.clone(),
                None if TYPES.contains(&name.as_str()) => Type::Type,
                None => {
                    let why = format!("undeclared reference to '{name}' (in container '')");
                    self.wrong(at, why)
                }
            },
            What::Select { of, field, optional } => {
                // Of some variables a field is a variable of its own.
                if let What::Ident(name) = &of.what
                    && let Some(known) = self.known(&format!("{name}.{field}"))
                {
                    return known.clone();
                }
                let (of, optional) = (self.check(of), *optional);
                self.select(at, &of, field, optional)
            }
            What::Has { of, field } => {
                let of = self.check(of);
                self.select(at, &of, field, false);
                Type::Bool
            }
            What::Index { of, index, optional } => {
                let (of, index) = (self.check(of), self.check(index));
                self.index(at, &of, &index, *optional)
            }
            What::Call(_) => self.call(node),
            What::All(nodes) => self.logic(at, nodes, "_&&_"),
            What::Any(nodes) => self.logic(at, nodes, "_||_"),
            What::If(nodes) => {
                let [condition, then, otherwise] = &mut **nodes;
                let all = [self.check(condition), self.check(then), self.check(otherwise)];
                self.one_of(at, "_?_:_", &[CONDITIONAL], &all)
            }
            What::List(items) => {
                let mut of = None;
                for (item, optional) in items {
                    let place = item.at;
                    let found = self.check(item);
                    let found = if *optional { inner(&found) } else { found };
                    self.join(&mut of, found, place);
                }
                of.unwrap_or_default().list()
            }
            What::Map(entries) => {
                let (mut keys, mut values) = (None, None);
                for (key, value, optional) in entries {
                    let (key_at, value_at) = (key.at, value.at);
                    let key = self.check(key);
                    let found = self.check(value);
                    let found = if *optional { inner(&found) } else { found };
                    self.join(&mut keys, key, key_at);
                    self.join(&mut values, found, value_at);
                }
                Type::Map(Arc::new(keys.unwrap_or_default()), Arc::new(values.unwrap_or_default()))
            }
            What::Fold(fold) => self.fold(fold),
            What::OptMap { of, name, body, flat } => {
                let of = self.check(of);
                let item = match of {
                    Type::Optional(item) => (*item).clone(),
                    Type::Dyn => Type::Dyn,
                    other => {
                        let name = if *flat { "optFlatMap" } else { "optMap" };
                        let why = format!("found no matching overload for '{name}' applied to '{other}.()'");
                        self.wrong(at, why)
                    }
                };
                self.names.push((name.clone(), item));
                let result = self.check(body);
                self.names.pop();
                if *flat { result } else { result.optional() }
            }
        }
    }

    /// Items of a list are of one type.
    fn join(&mut self, of: &mut Option<Type>, found: Type, at: usize) {
        match of {
            None => *of = Some(found),
            Some(known) if found.fits(known) || known.fits(&found) => {
                if known.is_dyn() || matches!(known, Type::Null) {
                    *of = Some(found);
                }
            }
            Some(known) if self.mixed => *known = Type::Dyn,
            Some(known) => {
                let why = format!("expected type '{known}' but found '{found}'");
                self.wrong(at, why);
            }
        }
    }

    fn logic(&mut self, at: usize, nodes: &mut [Node], name: &str) -> Type {
        let all: Vec<Type> = nodes.iter_mut().map(|node| self.check(node)).collect();
        if all.iter().any(|of| !of.fits(&Type::Bool)) {
            return self.no_overload(at, name, false, &all);
        }
        Type::Bool
    }

    fn select(&mut self, at: usize, of: &Type, field: &str, optional: bool) -> Type {
        let found = match of {
            Type::Optional(inner) => return self.select(at, &inner.clone(), field, true),
            Type::Dyn => Some(Type::Dyn),
            Type::Map(_, value) => Some((**value).clone()),
            Type::Object(fields) => fields.field(field),
            other => {
                let why = format!("type '{other}' does not support field selection");
                return self.wrong(at, why);
            }
        };
        match found {
            Some(of) if optional => of.optional(),
            Some(of) => of,
            None => self.wrong(at, format!("undefined field '{field}'")),
        }
    }

    fn index(&mut self, at: usize, of: &Type, index: &Type, optional: bool) -> Type {
        let found = match (of, index) {
            (Type::Optional(inner), _) => return self.index(at, &inner.clone(), index, true),
            (Type::Dyn, _) => Some(Type::Dyn),
            (Type::List(item), Type::Int | Type::Dyn) => Some((**item).clone()),
            (Type::Map(key, value), index) if index.fits(key) => Some((**value).clone()),
            _ => None,
        };
        match found {
            Some(of) if optional => of.optional(),
            Some(of) => of,
            None => self.no_overload(
                at,
                if optional { "_[?_]" } else { "_[_]" },
                false,
                &[of.clone(), index.clone()],
            ),
        }
    }

    fn call(&mut self, node: &mut Node) -> Type {
        let at = node.at;
        let What::Call(call) = &mut node.what else { return Type::Dyn };
        // `sets.contains(…)` is a name, not a call on a variable, unless there is such a variable.
        if let Some(Node { what: What::Ident(space), .. }) = call.target.as_deref()
            && self.known(space).is_none()
        {
            let full = format!("{space}.{}", call.name);
            if called(&full).is_some() {
                (call.name, call.target) = (full, None);
            }
        }
        let mut all = Vec::with_capacity(call.args.len() + 1);
        if let Some(target) = &mut call.target {
            all.push(self.check(target));
        }
        let mixed = std::mem::replace(&mut self.mixed, call.name == "format");
        for arg in &mut call.args {
            all.push(self.check(arg));
        }
        self.mixed = mixed;
        let member = call.target.is_some();
        let Some(overloads) = called(&call.name) else {
            let why = format!("undeclared reference to '{}' (in container '')", call.name);
            return self.wrong(at, why);
        };
        call.means = overloads;
        if let Some(why) = ill_pattern(call) {
            return self.wrong(at, why);
        }
        let gives: Vec<Type> = overloads.iter().filter_map(|overload| overload.gives(member, &all)).collect();
        match &gives[..] {
            [] => {
                let name = call.name.clone();
                self.no_overload(at, &name, member, &all)
            }
            [first, rest @ ..] if rest.iter().all(|of| of.fits(first) && first.fits(of)) => first.clone(),
            _ => Type::Dyn,
        }
    }

    fn one_of(&mut self, at: usize, name: &str, rules: &[Rule], all: &[Type]) -> Type {
        for rule in rules {
            if let Some(of) = rule(all) {
                return of;
            }
        }
        self.no_overload(at, name, false, all)
    }

    fn no_overload(&mut self, at: usize, name: &str, member: bool, all: &[Type]) -> Type {
        let list = |all: &[Type]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let shown = match all {
            [target, rest @ ..] if member => format!("{target}.({})", list(rest)),
            all => format!("({})", list(all)),
        };
        self.wrong(at, format!("found no matching overload for '{name}' applied to '{shown}'"))
    }

    fn fold(&mut self, fold: &mut Fold) -> Type {
        let at = fold.range.at;
        let range = self.check(&mut fold.range);
        let (key, value) = match &range {
            Type::List(item) => (Type::Int, (**item).clone()),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            other => {
                let why = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.wrong(at, why);
                (Type::Dyn, Type::Dyn)
            }
        };
        let (first, second) = &fold.names;
        let depth = self.names.len();
        match (second, &range) {
            (Some(second), _) => {
                self.names.push((first.clone(), key.clone()));
                self.names.push((second.clone(), value));
            }
            (None, Type::Map(..)) => self.names.push((first.clone(), key.clone())),
            (None, _) => self.names.push((first.clone(), value)),
        }
        if let Some(test) = &mut fold.filter {
            self.must_be_bool(test);
        }
        let result = match fold.how {
            How::All | How::Exists | How::ExistsOne => {
                self.must_be_bool(&mut fold.body);
                Type::Bool
            }
            How::Filter => {
                self.must_be_bool(&mut fold.body);
                match &range {
                    Type::Map(..) => key.list(),
                    other => other.clone(),
                }
            }
            How::SortBy => {
                let place = fold.body.at;
                let key = self.check(&mut fold.body);
                if !is_ordered(&key) || matches!(range, Type::Map(..)) {
                    self.no_overload(place, "@sortByAssociatedKeys", true, &[range.clone(), key.list()]);
                }
                range.clone()
            }
            How::Map => self.check(&mut fold.body).list(),
            How::TransformMap => {
                let value = self.check(&mut fold.body);
                Type::Map(Arc::new(key), Arc::new(value))
            }
            How::TransformMapEntry => {
                let place = fold.body.at;
                match self.check(&mut fold.body) {
                    of @ (Type::Map(..) | Type::Dyn) => of,
                    other => {
                        let why = format!("expected type 'map(dyn, dyn)' but found '{other}'");
                        self.wrong(place, why)
                    }
                }
            }
        };
        self.names.truncate(depth);
        result
    }

    fn must_be_bool(&mut self, node: &mut Node) {
        let at = node.at;
        let of = self.check(node);
        if !of.fits(&Type::Bool) {
            self.wrong(at, format!("expected type 'bool' but found '{of}'"));
        }
    }
}

/// Whether lists of such values can be put in order.
fn is_ordered(of: &Type) -> bool {
    let known = [
        Type::Bool,
        Type::Int,
        Type::Uint,
        Type::Double,
        Type::String,
        Type::Bytes,
        Type::Timestamp,
        Type::Duration,
    ];
    known.iter().any(|ordered| of.fits(ordered))
}

type Rule = fn(&[Type]) -> Option<Type>;

const CONDITIONAL: Rule = |all| match all {
    [condition, then, otherwise] if condition.fits(&Type::Bool) => {
        let mut bound = [const { None }; 3];
        let fit = [then, otherwise].into_iter().all(|of| fits(&Type::Param(0), of, &mut bound));
        fit.then(|| if otherwise.is_dyn() { Type::Dyn } else { then.clone() })
    }
    _ => None,
};

fn inner(of: &Type) -> Type {
    match of {
        Type::Optional(item) => (**item).clone(),
        other => other.clone(),
    }
}

fn of_literal(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}

/// What is wrong with a pattern that stands in the expression itself.
fn ill_pattern(call: &Call) -> Option<String> {
    let place = match (call.name.as_str(), call.target.is_some()) {
        ("matches" | "find" | "findAll", true) => 0,
        ("matches", false) => 1,
        _ => return None,
    };
    let What::Literal(Literal::String(pattern)) = &call.args.get(place)?.what else { return None };
    crate::functions::pattern(pattern).err()
}

/// Whether an overload could be meant at all; used where a call is made.
pub(crate) fn meant<'o>(
    overloads: &'o [Overload],
    member: bool,
    args: &[crate::Value<'_>],
) -> Option<&'o Overload> {
    overloads.iter().find(|overload| overload.accepts(member, args))
}
