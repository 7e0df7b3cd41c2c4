//! Lists, and lists as sets.

use super::{list_at, no_overload};
use crate::{
    Fault, Value,
    cost::Cost,
    function::Row,
    value::{List, compare, equal},
};
use std::cmp::Ordering;

pub(super) const TABLE: &[Row] = &[
    ("isSorted", "list<A>.() bool", |args, cost| {
        let list = list_at(args, 0)?;
        cost.take(list.len() as u64)?;
        let mut pairs = list.iter().zip(list.iter().skip(1));
        Ok(Value::Bool(pairs.all(|(a, b)| compare(&a, &b).is_some_and(Ordering::is_le))))
    }),
    ("sum", "list<int>.() int", sum),
    ("sum", "list<uint>.() uint", sum),
    ("sum", "list<double>.() double", sum),
    ("sum", "list<duration>.() duration", sum),
    ("min", "list<A>.() A", |args, cost| extreme(args, cost, "min", Ordering::is_lt)),
    ("max", "list<A>.() A", |args, cost| extreme(args, cost, "max", Ordering::is_gt)),
    ("indexOf", "list<A>.(A) int", |args, cost| {
        for (n, item) in list_at(args, 0)?.iter().enumerate() {
            if equal(&item, &args[1], cost)? {
                return Ok(Value::size(n));
            }
        }
        Ok(Value::Int(-1))
    }),
    ("lastIndexOf", "list<A>.(A) int", |args, cost| {
        let mut last = Value::Int(-1);
        for (n, item) in list_at(args, 0)?.iter().enumerate() {
            if equal(&item, &args[1], cost)? {
                last = Value::size(n);
            }
        }
        Ok(last)
    }),
    ("sets.contains", "(list<A>, list<A>) bool", |args, cost| {
        Ok(all_in(list_at(args, 1)?, list_at(args, 0)?, cost)?.into())
    }),
    ("sets.equivalent", "(list<A>, list<A>) bool", |args, cost| {
        let (a, b) = (list_at(args, 0)?, list_at(args, 1)?);
        Ok((all_in(a, b, cost)? && all_in(b, a, cost)?).into())
    }),
    ("sets.intersects", "(list<A>, list<A>) bool", |args, cost| {
        let (a, b) = (list_at(args, 0)?, list_at(args, 1)?);
        for item in a.iter() {
            if has(b, &item, cost)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
];

fn has(list: &List<'_>, wanted: &Value<'_>, cost: &mut Cost<'_>) -> Result<bool, Fault> {
    for item in list.iter() {
        if equal(&item, wanted, cost)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all_in(these: &List<'_>, those: &List<'_>, cost: &mut Cost<'_>) -> Result<bool, Fault> {
    for item in these.iter() {
        if !has(those, &item, cost)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn sum<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let list = list_at(args, 0)?;
    cost.take(list.len() as u64)?;
    let overflow = || Fault::error("integer overflow");
    let mut total = Value::Int(0);
    for (n, item) in list.iter().enumerate() {
        total = match (total, item) {
            (_, item) if n == 0 => item,
            (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(b).ok_or_else(overflow)?),
            (Value::Uint(a), Value::Uint(b)) => Value::Uint(a.checked_add(b).ok_or_else(overflow)?),
            (Value::Double(a), Value::Double(b)) => Value::Double(a + b),
            (Value::Duration(a), Value::Duration(b)) => {
                Value::Duration(a.checked_add(b).ok_or_else(overflow)?)
            }
            _ => return Err(no_overload()),
        };
    }
    Ok(total)
}

fn extreme<'a>(
    args: &[Value<'a>],
    cost: &mut Cost<'_>,
    name: &str,
    better: fn(Ordering) -> bool,
) -> Result<Value<'a>, Fault> {
    let list = list_at(args, 0)?;
    cost.take(list.len() as u64)?;
    let mut items = list.iter();
    let first = items.next().ok_or_else(|| Fault::error(format!("{name} called on empty list")))?;
    items.try_fold(first, |best, item| match compare(&item, &best) {
        Some(order) => Ok(if better(order) { item } else { best }),
        None => Err(no_overload()),
    })
}
