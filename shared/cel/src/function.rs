//! What can be called: every function and operator with its types, in one table.

use crate::{
    Fault, Value,
    cost::Cost,
    functions::TABLES,
    types::{Type, filled, fits},
};
use std::{collections::HashMap, fmt, sync::LazyLock};

/// How a function is carried out.
pub(crate) type Run = for<'a> fn(&[Value<'a>], &mut Cost<'_>) -> Result<Value<'a>, Fault>;

/// A line of the table: its name, its types as `string.(int, int) string`, and how it is carried out.
pub(crate) type Row = (&'static str, &'static str, Run);

/// One way to call a function.
pub(crate) struct Overload {
    pub(crate) member: bool,
    pub(crate) takes: Vec<Type>,
    pub(crate) gives: Type,
    pub(crate) run: Run,
}

impl fmt::Debug for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?}", self.takes, self.gives)
    }
}

static ALL: LazyLock<HashMap<&str, Vec<Overload>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Vec<Overload>> = HashMap::new();
    for (name, signature, run) in TABLES.iter().copied().flatten() {
        all.entry(name).or_default().push(overload(signature, *run));
    }
    all
});

/// Every way to call `name`.
pub(crate) fn called(name: &str) -> Option<&'static [Overload]> {
    ALL.get(name).map(Vec::as_slice)
}

impl Overload {
    /// What a call with such arguments gives, when it may be made.
    pub(crate) fn gives(&self, member: bool, args: &[Type]) -> Option<Type> {
        let mut bound = [const { None }; 3];
        let fit = self.member == member
            && self.takes.len() == args.len()
            && self.takes.iter().zip(args).all(|(wanted, got)| fits(wanted, got, &mut bound));
        fit.then(|| filled(&self.gives, &bound))
    }

    /// Whether it is meant by a call with such arguments.
    pub(crate) fn accepts(&self, member: bool, args: &[Value<'_>]) -> bool {
        self.member == member
            && self.takes.len() == args.len()
            && self.takes.iter().zip(args).all(|(wanted, got)| got.is(wanted))
    }
}

fn overload(signature: &str, run: Run) -> Overload {
    let (takes, gives) = signature.rsplit_once(") ").expect("a signature says what it gives");
    let (target, args) = takes.split_once('(').expect("a signature has arguments");
    let target = target.strip_suffix('.').map(named);
    let member = target.is_some();
    let takes = target.into_iter().chain(split(args).into_iter().map(named)).collect();
    Overload { member, takes, gives: named(gives), run }
}

/// What stands between commas that no bracket encloses.
fn split(text: &str) -> Vec<&str> {
    let (mut all, mut level, mut begin) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '<' => level += 1,
            '>' => level -= 1,
            ',' if level == 0 => {
                all.push(text[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    if !text[begin..].trim().is_empty() {
        all.push(text[begin..].trim());
    }
    all
}

fn named(text: &str) -> Type {
    if let Some((head, inner)) = text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        let mut inner = split(inner).into_iter().map(named);
        let mut next = || std::sync::Arc::new(inner.next().expect("as many types as its kind has"));
        return match head {
            "list" => Type::List(next()),
            "map" => Type::Map(next(), next()),
            _ => Type::Optional(next()),
        };
    }
    match text {
        "dyn" => Type::Dyn,
        "null" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "type" => Type::Type,
        "A" => Type::Param(0),
        "B" => Type::Param(1),
        "C" => Type::Param(2),
        opaque => {
            let all = crate::value::OPAQUE;
            Type::Opaque(all.iter().find(|(short, _)| *short == opaque).expect("a type that exists").1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_can_be_read() {
        assert!(ALL.len() > 100, "{}", ALL.len());
        assert_eq!(called("_+_").unwrap().len(), 9);
    }
}
