//! Values that may be absent.

use super::no_overload;
use crate::{Fault, Value, function::Row};

pub(super) const TABLE: &[Row] = &[
    ("optional.of", "(A) optional<A>", |args, _| Ok(Value::some(args[0].clone()))),
    ("optional.none", "() optional<A>", |_, _| Ok(Value::Optional(None))),
    ("optional.ofNonZeroValue", "(A) optional<A>", |args, _| {
        Ok(if is_zero(&args[0]) { Value::Optional(None) } else { Value::some(args[0].clone()) })
    }),
    ("hasValue", "optional<A>.() bool", |args, _| match &args[0] {
        Value::Optional(inner) => Ok(inner.is_some().into()),
        _ => Err(no_overload()),
    }),
    ("value", "optional<A>.() A", |args, _| match &args[0] {
        Value::Optional(Some(inner)) => Ok((**inner).clone()),
        _ => Err(Fault::error("optional.none() dereference")),
    }),
    ("or", "optional<A>.(optional<A>) optional<A>", |args, _| match &args[0] {
        Value::Optional(Some(_)) => Ok(args[0].clone()),
        _ => Ok(args[1].clone()),
    }),
    ("orValue", "optional<A>.(A) A", |args, _| match &args[0] {
        Value::Optional(Some(inner)) => Ok((**inner).clone()),
        _ => Ok(args[1].clone()),
    }),
    ("optional.unwrap", "(list<optional<A>>) list<A>", unwrap),
    ("unwrapOpt", "list<optional<A>>.() list<A>", unwrap),
    ("first", "list<A>.() optional<A>", |args, _| match &args[0] {
        Value::List(list) => Ok(list.get(0).map_or(Value::Optional(None), Value::some)),
        _ => Err(no_overload()),
    }),
    ("last", "list<A>.() optional<A>", |args, _| match &args[0] {
        Value::List(list) => {
            Ok(list.len().checked_sub(1).and_then(|n| list.get(n)).map_or(Value::Optional(None), Value::some))
        }
        _ => Err(no_overload()),
    }),
];

fn unwrap<'a>(args: &[Value<'a>], cost: &mut crate::cost::Cost<'_>) -> Result<Value<'a>, Fault> {
    let Value::List(list) = &args[0] else { return Err(no_overload()) };
    cost.take(list.len() as u64)?;
    let inner = |item| match item {
        Value::Optional(inner) => inner.map(|inner| (*inner).clone()),
        other => Some(other),
    };
    Ok(list.iter().filter_map(inner).collect::<Vec<_>>().into())
}

fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null
        | Value::Bool(false)
        | Value::Int(0)
        | Value::Uint(0)
        | Value::Duration(0)
        | Value::Optional(None) => true,
        Value::Double(value) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.len() == 0,
        Value::Map(map) => map.len() == 0,
        _ => false,
    }
}
