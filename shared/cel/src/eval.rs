//! What an expression gives. Every step is paid for.

use crate::{
    Fault, Value,
    check::meant,
    cost::Cost,
    functions::sorted,
    node::{Call, Fold, How, Literal, Node, What},
    value::{Map, MapKey, Text},
};
use std::{collections::BTreeMap, rc::Rc};

/// What the names of an expression stand for.
pub trait Variables<'a> {
    /// The variable called `name`.
    fn get(&self, name: &str) -> Option<Value<'a>>;

    /// The field of a variable that is only known by its fields, each found out when it is asked for.
    fn field(&self, _of: &str, _name: &str, _budget: &mut crate::Budget) -> Option<Result<Value<'a>, Fault>> {
        None
    }
}

/// Values under names.
impl<'a> Variables<'a> for &[(&str, Value<'a>)] {
    fn get(&self, name: &str) -> Option<Value<'a>> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

type Outcome<'a> = Result<Value<'a>, Fault>;

/// The names that hold at some place in an expression.
pub(crate) struct Scope<'s, 'a> {
    pub(crate) outside: &'s dyn Variables<'a>,
    pub(crate) inner: Option<&'s Inner<'s, 'a>>,
}

/// Names that a macro gave, the nearest first.
pub(crate) struct Inner<'s, 'a> {
    name: &'s str,
    value: Value<'a>,
    beyond: Option<&'s Inner<'s, 'a>>,
}

impl<'a> Scope<'_, 'a> {
    fn get(&self, name: &str) -> Option<Value<'a>> {
        let mut inner = self.inner;
        while let Some(here) = inner {
            if here.name == name {
                return Some(here.value.clone());
            }
            inner = here.beyond;
        }
        self.outside.get(name)
    }

    fn shadows(&self, name: &str) -> bool {
        std::iter::successors(self.inner, |inner| inner.beyond).any(|inner| inner.name == name)
    }

    pub(crate) fn eval(&self, node: &Node, cost: &mut Cost<'_>) -> Outcome<'a> {
        match &node.what {
            What::Literal(literal) => Ok(of_literal(literal)),
            What::Ident(name) => {
                cost.take(1)?;
                match self.get(name) {
                    Some(value) => Ok(value),
                    None if crate::check::TYPES.contains(&name.as_str()) => {
                        Ok(Value::Type(name.as_str().into()))
                    }
                    None => Err(Fault::error(format!("no such attribute(s): {name}"))),
                }
            }
            What::Select { of, field, optional } => {
                cost.take(1)?;
                if let What::Ident(name) = &of.what
                    && !self.shadows(name)
                    && let Some(found) = cost.lend(|budget| self.outside.field(name, field, budget))
                {
                    return found.map(|value| if *optional { Value::some(value) } else { value });
                }
                let of = self.eval(of, cost)?;
                select(&of, field, *optional)
            }
            What::Has { of, field } => {
                cost.take(1)?;
                if let What::Ident(name) = &of.what
                    && !self.shadows(name)
                    && let Some(found) = cost.lend(|budget| self.outside.field(name, field, budget))
                {
                    return found.map(|_| Value::Bool(true));
                }
                let of = self.eval(of, cost)?;
                match of {
                    Value::Map(map) => Ok(Value::Bool(map.field(field).is_some())),
                    Value::Optional(None) => Ok(Value::Bool(false)),
                    Value::Optional(Some(inner)) => match &*inner {
                        Value::Map(map) => Ok(Value::Bool(map.field(field).is_some())),
                        _ => Err(Fault::error("no such overload")),
                    },
                    _ => Err(Fault::error("no such overload")),
                }
            }
            What::Index { of, index, optional } => {
                cost.take(1)?;
                let of = self.eval(of, cost)?;
                let index = self.eval(index, cost)?;
                at(&of, &index, *optional)
            }
            What::Call(call) => self.call(call, cost),
            What::All(nodes) => self.logic(nodes, false, cost),
            What::Any(nodes) => self.logic(nodes, true, cost),
            What::If(nodes) => {
                let [condition, then, otherwise] = &**nodes;
                match self.eval(condition, cost)? {
                    Value::Bool(true) => self.eval(then, cost),
                    Value::Bool(false) => self.eval(otherwise, cost),
                    _ => Err(Fault::error("no such overload")),
                }
            }
            What::List(items) => {
                cost.take(10)?;
                let mut list = Vec::with_capacity(items.len());
                for (item, optional) in items {
                    match self.eval(item, cost)? {
                        Value::Optional(inner) if *optional => list.extend(inner.as_deref().cloned()),
                        value => list.push(value),
                    }
                }
                Ok(list.into())
            }
            What::Map(entries) => {
                cost.take(30)?;
                let mut map = BTreeMap::new();
                for (key, value, optional) in entries {
                    let key = key_of(&self.eval(key, cost)?)?;
                    let value = match self.eval(value, cost)? {
                        Value::Optional(None) if *optional => continue,
                        Value::Optional(Some(inner)) if *optional => (*inner).clone(),
                        value => value,
                    };
                    insert(&mut map, key, value)?;
                }
                Ok(Value::Map(Map::Own(Rc::new(map))))
            }
            What::Fold(fold) => self.fold(fold, cost),
            What::OptMap { of, name, body, flat } => match self.eval(of, cost)? {
                Value::Optional(None) => Ok(Value::Optional(None)),
                Value::Optional(Some(inner)) => {
                    let here = Inner { name, value: (*inner).clone(), beyond: self.inner };
                    let value = Scope { outside: self.outside, inner: Some(&here) }.eval(body, cost)?;
                    Ok(if *flat { value } else { Value::some(value) })
                }
                _ => Err(Fault::error("no such overload")),
            },
        }
    }

    fn call(&self, call: &Call, cost: &mut Cost<'_>) -> Outcome<'a> {
        cost.take(1)?;
        let mut args = Vec::with_capacity(call.args.len() + 1);
        if let Some(target) = &call.target {
            args.push(self.eval(target, cost)?);
        }
        for arg in &call.args {
            args.push(self.eval(arg, cost)?);
        }
        match meant(call.means, call.target.is_some(), &args) {
            Some(overload) => (overload.run)(&args, cost),
            None => Err(Fault::error("no such overload")),
        }
    }

    /// One that settles it settles it, whatever went wrong with the others.
    fn logic(&self, nodes: &[Node], settles: bool, cost: &mut Cost<'_>) -> Outcome<'a> {
        let mut wrong = None;
        for node in nodes {
            match self.eval(node, cost) {
                Ok(Value::Bool(value)) if value == settles => return Ok(Value::Bool(settles)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => wrong = wrong.or(Some(Fault::error("no such overload"))),
                Err(fault @ Fault::Error(_)) => wrong = wrong.or(Some(fault)),
                Err(fault) => return Err(fault),
            }
        }
        wrong.map_or(Ok(Value::Bool(!settles)), Err)
    }

    fn fold(&self, fold: &Fold, cost: &mut Cost<'_>) -> Outcome<'a> {
        let range = self.eval(&fold.range, cost)?;
        let pairs: Box<dyn Iterator<Item = (Value<'a>, Value<'a>)> + '_> = match &range {
            Value::List(list) => Box::new(list.iter().enumerate().map(|(n, item)| (Value::size(n), item))),
            Value::Map(map) => {
                let pair = |key: MapKey| map.get(&key).map(|value| (key.value(), value));
                Box::new(map.keys().into_iter().filter_map(pair))
            }
            _ => return Err(Fault::error("no such overload")),
        };
        let over_map = matches!(range, Value::Map(_));
        let mut folded = Folded::default();
        for (key, value) in pairs {
            cost.take(2)?;
            let here = if fold.names.1.is_none() && !over_map { value.clone() } else { key.clone() };
            let first = Inner { name: &fold.names.0, value: here.clone(), beyond: self.inner };
            let second = fold.names.1.as_ref().map(|name| Inner { name, value, beyond: Some(&first) });
            let scope = Scope { outside: self.outside, inner: Some(second.as_ref().unwrap_or(&first)) };
            if let Some(filter) = &fold.filter
                && !is_true(&scope.eval(filter, cost)?)?
            {
                continue;
            }
            let result = scope.eval(&fold.body, cost);
            if let Some(done) = folded.take(fold.how, here, &key, result)? {
                return Ok(done);
            }
        }
        folded.done(fold.how, cost)
    }
}

/// What a macro has come to so far.
#[derive(Default)]
struct Folded<'a> {
    wrong: Option<Fault>,
    count: usize,
    list: Vec<Value<'a>>,
    map: BTreeMap<MapKey, Value<'a>>,
    /// Items, each with what it is put in order by.
    keyed: Vec<(Value<'a>, Value<'a>)>,
}

impl<'a> Folded<'a> {
    /// Takes in one more result; gives the whole's when nothing that follows can change it.
    fn take(
        &mut self,
        how: How,
        item: Value<'a>,
        key: &Value<'a>,
        result: Outcome<'a>,
    ) -> Result<Option<Value<'a>>, Fault> {
        match (how, result) {
            (How::All | How::Exists, Ok(Value::Bool(value))) => {
                if value == (how == How::Exists) {
                    return Ok(Some(Value::Bool(value)));
                }
            }
            (How::All | How::Exists, Err(fault @ Fault::Error(_))) => {
                self.wrong.get_or_insert(fault);
            }
            (How::All | How::Exists, Ok(_)) => {
                self.wrong.get_or_insert(Fault::error("no such overload"));
            }
            (_, Err(fault)) => return Err(fault),
            (How::ExistsOne, Ok(value)) => self.count += usize::from(is_true(&value)?),
            (How::Filter, Ok(value)) => {
                if is_true(&value)? {
                    self.list.push(item);
                }
            }
            (How::Map, Ok(value)) => self.list.push(value),
            (How::SortBy, Ok(key)) => self.keyed.push((key, item)),
            (How::TransformMap, Ok(value)) => insert(&mut self.map, key_of(key)?, value)?,
            (How::TransformMapEntry, Ok(Value::Map(entries))) => {
                for key in entries.keys() {
                    let value = entries.get(&key).unwrap_or(Value::Null);
                    insert(&mut self.map, key, value)?;
                }
            }
            (How::TransformMapEntry, Ok(_)) => return Err(Fault::error("no such overload")),
        }
        Ok(None)
    }

    fn done(self, how: How, cost: &mut Cost<'_>) -> Outcome<'a> {
        if let Some(fault) = self.wrong {
            return Err(fault);
        }
        Ok(match how {
            How::All => Value::Bool(true),
            How::Exists => Value::Bool(false),
            How::ExistsOne => Value::Bool(self.count == 1),
            How::SortBy => sorted(self.keyed, cost)?,
            How::Filter | How::Map => self.list.into(),
            How::TransformMap | How::TransformMapEntry => Value::Map(Map::Own(Rc::new(self.map))),
        })
    }
}

fn is_true(value: &Value<'_>) -> Result<bool, Fault> {
    match value {
        Value::Bool(value) => Ok(*value),
        _ => Err(Fault::error("no such overload")),
    }
}

fn insert<'a>(map: &mut BTreeMap<MapKey, Value<'a>>, key: MapKey, value: Value<'a>) -> Result<(), Fault> {
    let shown = key.to_string();
    match map.insert(key, value) {
        None => Ok(()),
        Some(_) => Err(Fault::error(format!("Failed with repeated key: {shown}"))),
    }
}

fn key_of(value: &Value<'_>) -> Result<MapKey, Fault> {
    let key = value.key().filter(|_| !matches!(value, Value::Double(_)));
    key.ok_or_else(|| Fault::error("unsupported key type"))
}

fn of_literal<'a>(literal: &Literal) -> Value<'a> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::String(Text::Own(text.as_str().into())),
        Literal::Bytes(bytes) => Value::Bytes(bytes.as_slice().into()),
    }
}

fn select<'a>(of: &Value<'a>, field: &str, optional: bool) -> Outcome<'a> {
    match of {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => select(inner, field, true),
        Value::Map(map) => match map.field(field) {
            Some(value) if optional => Ok(Value::some(value)),
            None if optional => Ok(Value::Optional(None)),
            Some(value) => Ok(value),
            None => Err(Fault::error(format!("no such key: {field}"))),
        },
        _ => Err(Fault::error("no such overload")),
    }
}

fn at<'a>(of: &Value<'a>, index: &Value<'a>, optional: bool) -> Outcome<'a> {
    let found = match of {
        Value::Optional(None) => return Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => return at(inner, index, true),
        Value::List(list) => {
            let MapKey::Int(place) = index.key().ok_or_else(|| Fault::error("no such overload"))? else {
                return Err(Fault::error("no such overload"));
            };
            let item = usize::try_from(place).ok().and_then(|place| list.get(place));
            item.ok_or_else(|| Fault::error(format!("index out of bounds: {place}")))
        }
        Value::Map(map) => match index.key() {
            Some(key) => map.get(&key).ok_or_else(|| Fault::error(format!("no such key: {key}"))),
            None => Err(Fault::error("no such overload")),
        },
        _ => return Err(Fault::error("no such overload")),
    };
    match found {
        Ok(value) if optional => Ok(Value::some(value)),
        Err(_) if optional => Ok(Value::Optional(None)),
        other => other,
    }
}
