//! Calls that are more than calls: their arguments are not evaluated before them.

use crate::{
    mistake::Mistake,
    node::{Fold, How, Node, What},
};

/// `has(e.f)`.
pub(super) fn has(args: Vec<Node>, at: usize) -> Result<What, Mistake> {
    match <[Node; 1]>::try_from(args) {
        Ok([Node { what: What::Select { of, field, optional: false }, .. }]) => Ok(What::Has { of, field }),
        _ => Err(Mistake::new(at, "invalid argument to has() macro")),
    }
}

/// What `target.name(args)` stands for when it is a macro; otherwise they are handed back.
pub(super) fn member(
    name: &str,
    target: Node,
    args: Vec<Node>,
    at: usize,
) -> Result<Result<What, (Node, Vec<Node>)>, Mistake> {
    let two = args.len() > 2;
    let how = match (name, args.len()) {
        ("all", 2 | 3) => How::All,
        ("exists", 2 | 3) => How::Exists,
        ("exists_one", 2) | ("existsOne", 2 | 3) => How::ExistsOne,
        ("filter", 2) => How::Filter,
        ("sortBy", 2) => How::SortBy,
        ("map", 2 | 3) | ("transformList", 3 | 4) => How::Map,
        ("transformMap", 3 | 4) => How::TransformMap,
        ("transformMapEntry", 3 | 4) => How::TransformMapEntry,
        ("optMap" | "optFlatMap", 2) => {
            let [name_, body] = <[Node; 2]>::try_from(args).expect("two were counted");
            let name_ = simple(name_, at)?;
            let (of, body) = (Box::new(target), Box::new(body));
            return Ok(Ok(What::OptMap { of, name: name_, body, flat: name == "optFlatMap" }));
        }
        _ => return Ok(Err((target, args))),
    };
    let pair = two && name != "map";
    let mut args = args.into_iter();
    let mut next = || args.next().expect("they were counted");
    let first = simple(next(), at)?;
    let second = if pair { Some(simple(next(), at)?) } else { None };
    if second.as_ref() == Some(&first) {
        return Err(Mistake::new(at, format!("duplicate variable name: {first}")));
    }
    let (one, more) = (next(), args.next());
    let (filter, body) = match more {
        Some(body) => (Some(one), body),
        None => (None, one),
    };
    Ok(Ok(What::Fold(Box::new(Fold { how, range: target, names: (first, second), filter, body }))))
}

fn simple(node: Node, at: usize) -> Result<String, Mistake> {
    match node.what {
        What::Ident(name) => Ok(name),
        _ => Err(Mistake::new(if node.at > 0 { node.at } else { at }, "argument must be a simple name")),
    }
}
