//! Operators, under the names they have as functions.

use super::no_overload;
use crate::{
    Fault, Value,
    cost::Cost,
    function::Row,
    value::{List, Map, compare, equal},
};
use jiff::SignedDuration;
use std::cmp::Ordering;

pub(super) const TABLE: &[Row] = &[
    ("_==_", "(A, A) bool", |args, cost| Ok(equal(&args[0], &args[1], cost)?.into())),
    ("_!=_", "(A, A) bool", |args, cost| Ok((!equal(&args[0], &args[1], cost)?).into())),
    ("!_", "(bool) bool", |args, _| match args[0] {
        Value::Bool(value) => Ok(Value::Bool(!value)),
        _ => Err(no_overload()),
    }),
    ("-_", "(int) int", negative),
    ("-_", "(double) double", negative),
    ("-_", "(duration) duration", negative),
    ("_+_", "(int, int) int", sum),
    ("_+_", "(uint, uint) uint", sum),
    ("_+_", "(double, double) double", sum),
    ("_+_", "(string, string) string", sum),
    ("_+_", "(bytes, bytes) bytes", sum),
    ("_+_", "(list<A>, list<A>) list<A>", sum),
    ("_+_", "(timestamp, duration) timestamp", sum),
    ("_+_", "(duration, timestamp) timestamp", sum),
    ("_+_", "(duration, duration) duration", sum),
    ("_-_", "(int, int) int", difference),
    ("_-_", "(uint, uint) uint", difference),
    ("_-_", "(double, double) double", difference),
    ("_-_", "(timestamp, timestamp) duration", difference),
    ("_-_", "(timestamp, duration) timestamp", difference),
    ("_-_", "(duration, duration) duration", difference),
    ("_*_", "(int, int) int", product),
    ("_*_", "(uint, uint) uint", product),
    ("_*_", "(double, double) double", product),
    ("_/_", "(int, int) int", quotient),
    ("_/_", "(uint, uint) uint", quotient),
    ("_/_", "(double, double) double", quotient),
    ("_%_", "(int, int) int", rest),
    ("_%_", "(uint, uint) uint", rest),
    ("@in", "(A, list<A>) bool", within),
    ("@in", "(A, map<A, B>) bool", within),
    ("@in", "(A, dyn) bool", within),
    ("size", "(string) int", size),
    ("size", "(bytes) int", size),
    ("size", "(list<A>) int", size),
    ("size", "(map<A, B>) int", size),
    ("size", "string.() int", size),
    ("size", "bytes.() int", size),
    ("size", "list<A>.() int", size),
    ("size", "map<A, B>.() int", size),
];

macro_rules! ordered {
    ($($name:literal $test:expr;)*) => {
        pub(super) const ORDER: &[Row] = &[$(
            ($name, "(bool, bool) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(string, string) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(bytes, bytes) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(timestamp, timestamp) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(duration, duration) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(int, int) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(int, uint) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(int, double) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(uint, int) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(uint, uint) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(uint, double) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(double, int) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(double, uint) bool", |args, cost| ordered(args, cost, $test)),
            ($name, "(double, double) bool", |args, cost| ordered(args, cost, $test)),
        )*];
    };
}

ordered! {
    "_<_" Ordering::is_lt;
    "_<=_" Ordering::is_le;
    "_>_" Ordering::is_gt;
    "_>=_" Ordering::is_ge;
}

fn ordered<'a>(
    args: &[Value<'a>],
    cost: &mut Cost<'_>,
    test: fn(Ordering) -> bool,
) -> Result<Value<'a>, Fault> {
    if let [Value::String(a), Value::String(b)] = args {
        cost.walk(a.len().min(b.len()))?;
    }
    Ok(Value::Bool(compare(&args[0], &args[1]).is_some_and(test)))
}

fn overflow() -> Fault {
    Fault::error("integer overflow")
}

fn negative<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Int(value)] => value.checked_neg().map(Value::Int).ok_or_else(overflow),
        [Value::Duration(value)] => value.checked_neg().map(Value::Duration).ok_or_else(overflow),
        [Value::Double(value)] => Ok(Value::Double(-value)),
        _ => Err(no_overload()),
    }
}

fn sum<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Int(a), Value::Int(b)] => a.checked_add(*b).map(Value::Int).ok_or_else(overflow),
        [Value::Uint(a), Value::Uint(b)] => a.checked_add(*b).map(Value::Uint).ok_or_else(overflow),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a + b)),
        [Value::String(a), Value::String(b)] => {
            cost.walk(a.len() + b.len())?;
            Ok([&**a, &**b].concat().into())
        }
        [Value::Bytes(a), Value::Bytes(b)] => {
            cost.walk(a.len() + b.len())?;
            Ok(Value::Bytes([&**a, &**b].concat().into()))
        }
        [Value::List(a), Value::List(b)] => {
            cost.take((a.len() + b.len()) as u64)?;
            let all: Vec<_> = a.iter().chain(b.iter()).collect();
            Ok(Value::List(List::Own(all.into())))
        }
        [Value::Timestamp(at), Value::Duration(by)] | [Value::Duration(by), Value::Timestamp(at)] => {
            moved(*at, *by)
        }
        [Value::Duration(a), Value::Duration(b)] => {
            a.checked_add(*b).map(Value::Duration).ok_or_else(overflow)
        }
        _ => Err(no_overload()),
    }
}

fn moved<'a>(at: jiff::Timestamp, by: i64) -> Result<Value<'a>, Fault> {
    at.checked_add(SignedDuration::from_nanos(by)).map(Value::Timestamp).map_err(|_| overflow())
}

fn difference<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Int(a), Value::Int(b)] => a.checked_sub(*b).map(Value::Int).ok_or_else(overflow),
        [Value::Uint(a), Value::Uint(b)] => a.checked_sub(*b).map(Value::Uint).ok_or_else(overflow),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a - b)),
        [Value::Timestamp(a), Value::Timestamp(b)] => {
            i64::try_from(a.duration_since(*b).as_nanos()).map(Value::Duration).map_err(|_| overflow())
        }
        [Value::Timestamp(at), Value::Duration(by)] => moved(*at, by.checked_neg().ok_or_else(overflow)?),
        [Value::Duration(a), Value::Duration(b)] => {
            a.checked_sub(*b).map(Value::Duration).ok_or_else(overflow)
        }
        _ => Err(no_overload()),
    }
}

fn product<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Int(a), Value::Int(b)] => a.checked_mul(*b).map(Value::Int).ok_or_else(overflow),
        [Value::Uint(a), Value::Uint(b)] => a.checked_mul(*b).map(Value::Uint).ok_or_else(overflow),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a * b)),
        _ => Err(no_overload()),
    }
}

fn quotient<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(Fault::error("division by zero"))
        }
        [Value::Int(a), Value::Int(b)] => a.checked_div(*b).map(Value::Int).ok_or_else(overflow),
        [Value::Uint(a), Value::Uint(b)] => Ok(Value::Uint(a / b)),
        [Value::Double(a), Value::Double(b)] => Ok(Value::Double(a / b)),
        _ => Err(no_overload()),
    }
}

fn rest<'a>(args: &[Value<'a>], _: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(Fault::error("modulus by zero"))
        }
        [Value::Int(a), Value::Int(b)] => a.checked_rem(*b).map(Value::Int).ok_or_else(overflow),
        [Value::Uint(a), Value::Uint(b)] => Ok(Value::Uint(a % b)),
        _ => Err(no_overload()),
    }
}

fn within<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [item, Value::List(list)] => {
            for other in list.iter() {
                if equal(item, &other, cost)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        [key, Value::Map(map)] => Ok(Value::Bool(key.key().is_some_and(|key| map.get(&key).is_some()))),
        _ => Err(no_overload()),
    }
}

fn size<'a>(args: &[Value<'a>], cost: &mut Cost<'_>) -> Result<Value<'a>, Fault> {
    match args {
        [Value::String(text)] => {
            cost.walk(text.len())?;
            Ok(Value::size(text.chars().count()))
        }
        [Value::Bytes(bytes)] => Ok(Value::size(bytes.len())),
        [Value::List(list)] => Ok(Value::size(list.len())),
        [Value::Map(Map::Json(entries, _))] => Ok(Value::size(entries.len())),
        [Value::Map(map)] => Ok(Value::size(map.len())),
        _ => Err(no_overload()),
    }
}
