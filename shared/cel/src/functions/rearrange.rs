//! Lists made of lists: cut, joined, put in order.

use super::{int_at, list_at};
use crate::{
    Fault, Value,
    cost::Cost,
    function::Row,
    value::{compare, equal},
};
use std::cmp::Ordering;

/// The longest list of numbers that is made: nobody could afford to look at a longer one.
const LONGEST: i64 = 1_000_000;

pub(super) const TABLE: &[Row] = &[
    ("slice", "list<A>.(int, int) list<A>", slice),
    ("flatten", "list<list<A>>.() list<A>", |args, cost| flatten(args, 1, cost)),
    ("flatten", "list<dyn>.(int) list<dyn>", |args, cost| match int_at(args, 1)? {
        level if level < 0 => Err(Fault::error("level must be non-negative")),
        level => flatten(args, level, cost),
    }),
    ("sort", "list<int>.() list<int>", sort),
    ("sort", "list<uint>.() list<uint>", sort),
    ("sort", "list<double>.() list<double>", sort),
    ("sort", "list<bool>.() list<bool>", sort),
    ("sort", "list<duration>.() list<duration>", sort),
    ("sort", "list<timestamp>.() list<timestamp>", sort),
    ("sort", "list<string>.() list<string>", sort),
    ("sort", "list<bytes>.() list<bytes>", sort),
    ("reverse", "list<A>.() list<A>", |args, cost| {
        let list = list_at(args, 0)?;
        cost.take(list.len() as u64)?;
        let mut items: Vec<_> = list.iter().collect();
        items.reverse();
        Ok(items.into())
    }),
    ("distinct", "list<A>.() list<A>", |args, cost| {
        let mut kept: Vec<Value<'_>> = Vec::new();
        'items: for item in list_at(args, 0)?.iter() {
            cost.take(1)?;
            for known in &kept {
                if equal(known, &item, cost)? {
                    continue 'items;
                }
            }
            kept.push(item);
        }
        Ok(kept.into())
    }),
    ("lists.range", "(int) list<int>", |args, cost| {
        let count = int_at(args, 0)?.clamp(0, LONGEST + 1);
        if count > LONGEST {
            return Err(Fault::error(format!("range of more than {LONGEST} numbers")));
        }
        cost.take(count.unsigned_abs())?;
        Ok((0..count).map(Value::Int).collect::<Vec<_>>().into())
    }),
];

fn slice<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let (list, start, end) = (list_at(args, 0)?, int_at(args, 1)?, int_at(args, 2)?);
    let cannot = |why: &str| Fault::error(format!("cannot slice({start}, {end}), {why}"));
    let (Ok(from), Ok(to)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(cannot("negative indexes not supported"));
    };
    if from > to {
        return Err(cannot("start index must be less than or equal to end index"));
    }
    if to > list.len() {
        return Err(cannot(&format!("list is length {}", list.len())));
    }
    cost.take((to - from) as u64)?;
    Ok(list.iter().skip(from).take(to - from).collect::<Vec<_>>().into())
}

fn flatten<'a>(args: &[Value<'a>], level: i64, cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let mut items: Vec<Value<'a>> = list_at(args, 0)?.iter().collect();
    cost.take(items.len() as u64)?;
    for _ in 0..level {
        if !items.iter().any(|item| matches!(item, Value::List(_))) {
            break;
        }
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::List(inner) => {
                    cost.take(inner.len() as u64)?;
                    flat.extend(inner.iter());
                }
                item => flat.push(item),
            }
        }
        items = flat;
    }
    Ok(items.into())
}

fn sort<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    let items = list_at(args, 0)?.iter().map(|item| (item.clone(), item)).collect();
    sorted(items, cost)
}

/// Items in the order of their keys.
pub(crate) fn sorted<'a>(
    mut items: Vec<(Value<'a>, Value<'a>)>,
    cost: &mut Cost<'_>,
) -> Result<Value<'a>, Fault> {
    let count = items.len() as u64;
    cost.take(count.saturating_mul(u64::from(count.checked_ilog2().unwrap_or(0)) + 1))?;
    if !items.iter().all(|(key, _)| is_ordered(key)) {
        return Err(Fault::error("list elements must be comparable"));
    }
    let differ = |(a, _): &(Value<'a>, _), (b, _): &(Value<'a>, _)| {
        std::mem::discriminant(a) != std::mem::discriminant(b)
    };
    if items.windows(2).any(|pair| differ(&pair[0], &pair[1])) {
        return Err(Fault::error("list elements must have the same type"));
    }
    items.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(Ordering::Equal));
    Ok(items.into_iter().map(|(_, item)| item).collect::<Vec<_>>().into())
}

fn is_ordered(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Timestamp(_)
            | Value::Duration(_)
    )
}
