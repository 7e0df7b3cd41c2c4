//! Amounts of resources.

use super::{no_overload, text_at};
use crate::{Fault, Value, cost::Cost, function::Row, value::compare};
use shared_api::Amount;
use std::cmp::Ordering;

pub(super) const TABLE: &[Row] = &[
    ("quantity", "(string) quantity", |args, cost| {
        let text = text_at(args, 0)?;
        cost.walk(text.len())?;
        Amount::parse(text).map(Value::Quantity).map_err(|_| {
            Fault::error(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            )
        })
    }),
    ("isQuantity", "(string) bool", |args, cost| {
        let text = text_at(args, 0)?;
        cost.walk(text.len())?;
        Ok(Amount::parse(text).is_ok().into())
    }),
    ("sign", "quantity.() int", |args, _| match amount(&args[0])?.cmp(&Amount::default()) {
        Ordering::Less => Ok(Value::Int(-1)),
        Ordering::Equal => Ok(Value::Int(0)),
        Ordering::Greater => Ok(Value::Int(1)),
    }),
    ("isInteger", "quantity.() bool", |args, _| Ok(whole(&args[0])?.is_some().into())),
    ("asInteger", "quantity.() int", |args, _| {
        whole(&args[0])?.map(Value::Int).ok_or_else(|| Fault::error("cannot convert value to integer"))
    }),
    ("asApproximateFloat", "quantity.() double", |args, _| {
        #[allow(clippy::cast_precision_loss)]
        Ok(Value::Double(amount(&args[0])?.as_milli() as f64 / 1000.0))
    }),
    ("add", "quantity.(quantity) quantity", sum),
    ("add", "quantity.(int) quantity", sum),
    ("sub", "quantity.(quantity) quantity", difference),
    ("sub", "quantity.(int) quantity", difference),
    ("isLessThan", "quantity.(quantity) bool", |args, _| Ok(ordered(args, Ordering::is_lt).into())),
    ("isGreaterThan", "quantity.(quantity) bool", |args, _| Ok(ordered(args, Ordering::is_gt).into())),
    ("compareTo", "quantity.(quantity) int", |args, _| {
        Ok(Value::Int(compare(&args[0], &args[1]).map_or(0, |order| order as i64)))
    }),
];

fn amount(value: &Value<'_>) -> Result<Amount, Fault> {
    match value {
        Value::Quantity(amount) => Ok(*amount),
        Value::Int(units) => Ok(Amount::whole(*units)),
        _ => Err(no_overload()),
    }
}

fn whole(value: &Value<'_>) -> Result<Option<i64>, Fault> {
    let amount = amount(value)?;
    let units = amount.as_whole();
    Ok((Amount::whole(units) == amount).then_some(units))
}

fn sum<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    Ok(Value::Quantity(amount(&args[0])? + amount(&args[1])?))
}

fn difference<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    Ok(Value::Quantity(amount(&args[0])? - amount(&args[1])?))
}

fn ordered(args: &[Value<'_>], test: fn(Ordering) -> bool) -> bool {
    compare(&args[0], &args[1]).is_some_and(test)
}
