//! `$setElementOrder`: what the patch names stands in its order, what only the server has keeps its
//! place among it as well as can be.

use super::List;
use serde_json::Value;

/// Puts `list` in the `wanted` order; `before` is the list as the server had it.
pub(super) fn arrange(list: &mut Vec<Value>, wanted: &[Value], before: &[Value], how: List) {
    let id = |item: &Value| match how {
        List::Keyed(key) => item.get(key).cloned().unwrap_or(Value::Null),
        List::Set | List::Atomic => item.clone(),
    };
    let wanted: Vec<Value> = wanted.iter().map(id).collect();
    let live: Vec<Value> = before.iter().map(id).collect();
    let at = |ids: &[Value], item: &Value| ids.iter().position(|i| *i == id(item));
    let (mut named, ours): (Vec<_>, Vec<_>) =
        std::mem::take(list).into_iter().partition(|i| at(&wanted, i).is_some());
    named.sort_by_key(|item| at(&wanted, item));
    let (mut named, mut ours) = (named.into_iter().peekable(), ours.into_iter().peekable());
    loop {
        let ours_first = match (ours.peek(), named.peek()) {
            (None, None) => return,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => match (at(&live, a), at(&live, b)) {
                (Some(a), Some(b)) => a < b,
                _ => false,
            },
        };
        list.extend(if ours_first { ours.next() } else { named.next() });
    }
}
