//! JSON patches (RFC 6902) of only what somebody changed, and what two people changed at the same time. Pure.

use serde_json::{Map, Value, json};

/// The steps that make `after` of `before`: what stands in both alike is not touched, also not in lists.
pub(crate) fn between(before: &Value, after: &Value) -> Vec<Value> {
    let mut steps = Vec::new();
    walk(before, after, "", &mut steps);
    steps
}

/// The steps that make `before` of `after` again. What lies in lists is looked at before it is changed: others may have
/// moved it.
pub(crate) fn back(after: &Value, before: &Value) -> Vec<Value> {
    let looked_at = |step: Value| {
        let path = step["path"].as_str().unwrap_or_default();
        let there = after.pointer(path).filter(|_| step["op"] != "add" && in_list(&step));
        let test = there.map(|value| json!({"op": "test", "path": path, "value": value}));
        test.into_iter().chain([step])
    };
    between(after, before).into_iter().flat_map(looked_at).collect()
}

/// Whether a step changes something in a list.
pub(crate) fn in_list(step: &Value) -> bool {
    let numbered = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    step["path"].as_str().is_some_and(|path| path.split('/').any(numbered))
}

fn walk(before: &Value, after: &Value, path: &str, steps: &mut Vec<Value>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().filter(|name| !new.contains_key(*name)) {
                steps.push(json!({"op": "remove", "path": below(path, name)}));
            }
            for (name, value) in new {
                match old.get(name) {
                    Some(there) => walk(there, value, &below(path, name), steps),
                    None => steps.push(json!({"op": "add", "path": below(path, name), "value": value})),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let alike =
                |pairs: &mut dyn Iterator<Item = (&Value, &Value)>| pairs.take_while(|(a, b)| a == b).count();
            let front = alike(&mut old.iter().zip(new));
            let room = old.len().min(new.len()) - front;
            let back = alike(&mut old.iter().rev().zip(new.iter().rev())).min(room);
            let (old, new) = (&old[front..old.len() - back], &new[front..new.len() - back]);
            let both = old.len().min(new.len());
            for at in 0..both {
                walk(&old[at], &new[at], &below(path, &(front + at).to_string()), steps);
            }
            // From the end, so that the numbers of the others stay.
            for at in (both..old.len()).rev() {
                steps.push(json!({"op": "remove", "path": below(path, &(front + at).to_string())}));
            }
            for (at, value) in new.iter().enumerate().skip(both) {
                steps.push(
                    json!({"op": "add", "path": below(path, &(front + at).to_string()), "value": value}),
                );
            }
        }
        (_, after) => steps.push(json!({"op": "replace", "path": path, "value": after})),
    }
}

fn below(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// `theirs` with what `mine` changed of `base`, and the places that both changed: there mine counts.
pub(crate) fn rebased(base: &Value, mine: &Value, theirs: &Value) -> (Value, Vec<String>) {
    let mut both = Vec::new();
    let merged = merge(Some(base), Some(mine), Some(theirs), "", &mut both);
    (merged.unwrap_or(Value::Null), both)
}

fn merge(
    base: Option<&Value>,
    mine: Option<&Value>,
    theirs: Option<&Value>,
    path: &str,
    both: &mut Vec<String>,
) -> Option<Value> {
    if mine == base || mine == theirs {
        return theirs.cloned();
    }
    if theirs == base {
        return mine.cloned();
    }
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (base, mine, theirs) {
        (base, Some(Value::Object(mine)), Some(Value::Object(theirs))) => {
            let base = base.and_then(Value::as_object);
            let mut merged = Map::new();
            for name in theirs.keys().chain(mine.keys().filter(|name| !theirs.contains_key(*name))) {
                let base = base.and_then(|base| base.get(name));
                let value = merge(base, mine.get(name), theirs.get(name), &at(name), both);
                merged.extend(value.map(|value| (name.clone(), value)));
            }
            Some(Value::Object(merged))
        }
        (Some(Value::Array(base)), Some(Value::Array(mine)), Some(Value::Array(theirs)))
            if base.len() == mine.len() && base.len() == theirs.len() =>
        {
            let one =
                |n: usize| merge(base.get(n), mine.get(n), theirs.get(n), &format!("{path}[{n}]"), both);
            Some(Value::Array((0..base.len()).map(one).map(Option::unwrap_or_default).collect()))
        }
        _ => {
            both.push(path.to_owned());
            mine.cloned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the steps make of a value, as a cluster would.
    fn apply(value: &Value, steps: &[Value]) -> Value {
        let mut value = value.clone();
        for step in steps {
            let path = step["path"].as_str().unwrap();
            let Some((parent, last)) = path.rsplit_once('/') else {
                value = step["value"].clone();
                continue;
            };
            let name = last.replace("~1", "/").replace("~0", "~");
            match (value.pointer_mut(parent).unwrap(), step["op"].as_str().unwrap()) {
                (Value::Object(fields), "remove") => drop(fields.remove(&name).unwrap()),
                (Value::Object(fields), _) => drop(fields.insert(name, step["value"].clone())),
                (Value::Array(items), "remove") => drop(items.remove(name.parse().unwrap())),
                (Value::Array(items), "add") => items.insert(name.parse().unwrap(), step["value"].clone()),
                (Value::Array(items), _) => items[name.parse::<usize>().unwrap()] = step["value"].clone(),
                (other, op) => panic!("{op} in {other}"),
            }
        }
        value
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![(0..3_u8).prop_map(|n| json!(n)), "[a/~]{1,2}".prop_map(|t| json!(t))];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::btree_map("[a/~]", inner.clone(), 0..4).prop_map(|m| json!(m)),
                prop::collection::vec(inner, 0..4).prop_map(|v| json!(v)),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_steps_between_lead_there(before in any_value(), after in any_value()) {
            prop_assert_eq!(apply(&before, &between(&before, &after)), after);
        }

        #[test]
        fn who_changed_nothing_is_not_in_the_way(base in any_value(), other in any_value()) {
            prop_assert_eq!(rebased(&base, &base, &other), (other.clone(), Vec::new()));
            prop_assert_eq!(rebased(&base, &other, &base), (other, Vec::new()));
        }
    }

    #[test]
    fn only_what_changed_is_written_also_in_lists() {
        let before =
            json!({"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b"}], "replicas": 2}});
        let mut after = before.clone();
        after["spec"]["containers"][0]["image"] = json!("x:2");
        after["metadata"]["labels"]["a/b"] = json!("c");
        assert_eq!(
            between(&before, &after),
            [
                json!({"op": "add", "path": "/metadata", "value": {"labels": {"a/b": "c"}}}),
                json!({"op": "replace", "path": "/spec/containers/0/image", "value": "x:2"}),
            ]
        );
        let list = |items: &[u8]| json!({ "l": items });
        assert_eq!(between(&list(&[1, 2, 3]), &list(&[1, 3])), [json!({"op": "remove", "path": "/l/1"})]);
        assert_eq!(
            between(&list(&[1, 3]), &list(&[1, 2, 3])),
            [json!({"op": "add", "path": "/l/1", "value": 2})]
        );
    }

    #[test]
    fn what_is_taken_back_in_a_list_is_looked_at_first() {
        let of = |image: &str| json!({"replicas": 1, "containers": [{"image": image}]});
        assert_eq!(
            back(&of("x:2"), &of("x:1")),
            [
                json!({"op": "test", "path": "/containers/0/image", "value": "x:2"}),
                json!({"op": "replace", "path": "/containers/0/image", "value": "x:1"}),
            ]
        );
    }

    #[test]
    fn what_both_changed_is_told_and_mine_counts() {
        let base = json!({"a": 1, "b": {"c": 1, "d": 1}, "l": [{"i": 1, "j": 1}], "gone": 1});
        let mine = json!({"a": 2, "b": {"c": 2, "d": 1}, "l": [{"i": 2, "j": 1}], "gone": 1, "new": 1});
        let theirs = json!({"a": 3, "b": {"c": 1, "d": 3}, "l": [{"i": 1, "j": 3}]});
        let (merged, both) = rebased(&base, &mine, &theirs);
        assert_eq!(merged, json!({"a": 2, "b": {"c": 2, "d": 3}, "l": [{"i": 2, "j": 3}], "new": 1}));
        assert_eq!(both, ["a"]);
    }
}
