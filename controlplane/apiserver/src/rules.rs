//! What a definition demands of its objects in expressions: `x-kubernetes-validations`.
//!
//! Expressions are read once for each version of a definition, from the schema as its author wrote it. What did not
//! change is not asked again only where a rule compares with what was there; every other rule is asked every time.

mod read;
mod types;

use crate::definitions;
use read::{Rule, Ruled};
use serde_json::{Map, Value as Json};
use shared_api::{Draft, Invalid, KindInfo, apiextensions::CustomResourceDefinition, custom::Form};
use shared_cel::{Budget, Value};
use std::{
    collections::HashMap,
    rc::Rc,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// What the rules of one object may cost together, as Kubernetes has it.
const PER_OBJECT: u64 = 10_000_000;

/// Records what the rules of its definition say against an object.
pub(crate) fn check(
    kind: &KindInfo,
    written: &str,
    old: Option<&dyn Draft>,
    draft: &dyn Draft,
    invalid: &mut Invalid,
) {
    if definitions::is(kind) {
        return readable(old, draft, invalid);
    }
    let Some(custom) = kind.custom else { return };
    let version = written.rsplit('/').next().unwrap_or_default();
    let form = custom.form(version).unwrap_or(custom.stored());
    let ruled = ruled(form, || custom.open_api(form.version));
    // Nobody is told by a rule what is wrong with a value that is none of its sort.
    if ruled.is_empty() || !invalid.causes().is_empty() {
        return;
    }
    let value = draft.object().value();
    let before = old.map(|old| old.object().value());
    let mut walk = Walk { invalid, budget: Budget::new(PER_OBJECT), over: false };
    walk.value(&ruled, &value, before.as_ref(), "");
}

/// The rules of a version, read when they are first asked for.
fn ruled(form: &'static Form, schema: impl FnOnce() -> Json) -> Arc<Ruled> {
    static READ: LazyLock<Mutex<HashMap<usize, Arc<Ruled>>>> = LazyLock::new(Mutex::default);
    // A version is kept for good, so its place is its name.
    let place = std::ptr::from_ref(form).addr();
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(
        read.entry(place).or_insert_with(|| Arc::new(Ruled::read(&schema(), "", &mut Vec::new(), true))),
    )
}

/// Records the rules of a definition that nobody can read.
fn readable(old: Option<&dyn Draft>, draft: &dyn Draft, invalid: &mut Invalid) {
    let versions = |draft: &dyn Draft| {
        let definition = draft.as_any().downcast_ref::<CustomResourceDefinition>();
        definition.map(|d| d.spec.versions.clone()).unwrap_or_default()
    };
    if !invalid.causes().is_empty() || old.is_some_and(|old| versions(old) == versions(draft)) {
        return;
    }
    let whole = draft.object().value();
    let all = whole["spec"]["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let schema = |version: &Json| version["schema"]["openAPIV3Schema"].clone();
    let same = all.first().is_some_and(|first| all.iter().all(|version| schema(version) == schema(first)));
    for (at, version) in all.iter().enumerate().take(if same { 1 } else { all.len() }) {
        let place = if same { "spec.validation".to_owned() } else { format!("spec.versions[{at}].schema") };
        let mut mistakes = Vec::new();
        Ruled::read(&schema(version), &format!("{place}.openAPIV3Schema"), &mut mistakes, true);
        for (field, rule, why) in mistakes {
            invalid.value(field, rule, &format!("compilation failed: {why}"));
        }
    }
}

/// Going over an object and its rules.
struct Walk<'a> {
    invalid: &'a mut Invalid,
    budget: Budget,
    over: bool,
}

impl Walk<'_> {
    fn value(&mut self, ruled: &Ruled, value: &Json, old: Option<&Json>, path: &str) {
        if ruled.is_empty() || self.over || value.is_null() {
            return;
        }
        for rule in &ruled.rules {
            self.ask(rule, ruled, value, old, path);
        }
        match value {
            Json::Object(fields) => self.fields(ruled, fields, old.and_then(Json::as_object), path),
            Json::Array(items) => {
                let Some(of) = &ruled.items else { return };
                let old = old.and_then(Json::as_array);
                for (index, item) in items.iter().enumerate() {
                    let before = ruled.same(item, old.map(Vec::as_slice).unwrap_or_default());
                    self.value(of, item, before, &format!("{path}[{index}]"));
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }

    fn fields(
        &mut self,
        ruled: &Ruled,
        fields: &Map<String, Json>,
        old: Option<&Map<String, Json>>,
        path: &str,
    ) {
        for (name, value) in fields {
            let Some(of) = ruled.properties.get(name).or(ruled.additional.as_deref()) else { continue };
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.value(of, value, old.and_then(|old| old.get(name)), &path);
        }
    }

    fn ask(&mut self, rule: &Rule, ruled: &Ruled, value: &Json, old: Option<&Json>, path: &str) {
        let mut given = vec![("self", Value::typed(value, &ruled.of))];
        let before = old.map(|old| Value::typed(old, &ruled.of));
        match (rule.compares, rule.optional, before) {
            (false, ..) => {}
            (true, true, before) => given.push(("oldSelf", Value::Optional(before.map(Rc::new)))),
            (true, false, Some(before)) => given.push(("oldSelf", before)),
            // There is nothing to compare with.
            (true, false, None) => return,
        }
        let given: &[_] = &given;
        match rule.program.is_true(&given, &mut self.budget) {
            Ok(true) => {}
            Ok(false) => {
                let said = rule.message_program.as_ref().and_then(|program| {
                    let said = program.run(&given, &mut self.budget).ok()?;
                    said.as_str().map(str::trim).filter(|said| !said.is_empty()).map(str::to_owned)
                });
                let said = said.or_else(|| rule.message.clone());
                let said = said.unwrap_or_else(|| format!("failed rule: {}", rule.text));
                self.refuse(rule, ruled, path, &said);
            }
            Err(fault) => {
                self.over = matches!(fault, shared_cel::Fault::OverBudget);
                let why = format!("rule evaluation error: {fault}: {}", rule.text);
                self.invalid.value(shown(path), ruled.sort, &why);
            }
        }
    }

    fn refuse(&mut self, rule: &Rule, ruled: &Ruled, path: &str, said: &str) {
        let place = shown(&format!("{path}{}", rule.field));
        match rule.reason.as_str() {
            "FieldValueForbidden" => self.invalid.forbidden(place, said),
            "FieldValueRequired" => self.invalid.required(place, said),
            "FieldValueDuplicate" => self.invalid.duplicate(place, ruled.sort),
            _ => self.invalid.value(place, ruled.sort, said),
        }
    }
}

/// A path as it is told; the whole object has none.
fn shown(path: &str) -> String {
    match path.trim_start_matches('.') {
        "" => "<nil>".into(),
        path => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(schema: &Json, old: Option<&Json>, new: &Json) -> Vec<String> {
        let mut mistakes = Vec::new();
        let ruled = Ruled::read(schema, "", &mut mistakes, true);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let mut invalid = Invalid::default();
        let mut walk = Walk { invalid: &mut invalid, budget: Budget::new(PER_OBJECT), over: false };
        walk.value(&ruled, new, old, "");
        invalid.lines()
    }

    /// A schema whose `spec` has this one.
    fn spec(schema: &Json) -> Json {
        json!({"type": "object", "properties": {"spec": schema}})
    }

    #[test]
    fn rules_are_asked_where_they_stand() {
        let range = spec(
            &json!({"type": "object", "properties": {"min": {"type": "integer"}, "max-all": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.min <= self.max__dash__all", "message": "min is too much", "fieldPath": ".min"}]}),
        );
        let items = spec(
            &json!({"type": "object", "properties": {"names": {"type": "array", "items": {"type": "string",
            "x-kubernetes-validations": [{"rule": "self.startsWith('a')", "messageExpression": "self + ' begins otherwise'", "reason": "FieldValueForbidden"}]}}}}),
        );
        let whole = json!({"type": "object", "properties": {}, "x-kubernetes-validations": [{"rule": "self.metadata.name != 'b'"}]});
        for (schema, new, expected) in [
            (&range, json!({"spec": {"min": 1, "max-all": 2}}), vec![]),
            (
                &range,
                json!({"spec": {"min": 3, "max-all": 2}}),
                vec![r#"spec.min: Invalid value: "object": min is too much"#],
            ),
            (&range, json!({}), vec![]),
            (
                &items,
                json!({"spec": {"names": ["ab", "b"]}}),
                vec!["spec.names[1]: Forbidden: b begins otherwise"],
            ),
            (
                &whole,
                json!({"metadata": {"name": "b"}}),
                vec![r#"<nil>: Invalid value: "object": failed rule: self.metadata.name != 'b'"#],
            ),
        ] {
            assert_eq!(said(schema, None, &new), expected, "{new}");
        }
    }

    #[test]
    fn what_was_there_is_compared_with() {
        let kept = spec(
            &json!({"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "is immutable"}]}),
        );
        let expected = [r#"spec: Invalid value: "string": is immutable"#];
        assert_eq!(said(&kept, None, &json!({"spec": "a"})), [""; 0]);
        assert_eq!(said(&kept, Some(&json!({"spec": "a"})), &json!({"spec": "a"})), [""; 0]);
        assert_eq!(said(&kept, Some(&json!({"spec": "a"})), &json!({"spec": "b"})), expected);
        let keyed = spec(
            &json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}},
                "x-kubernetes-validations": [{"rule": "self.v >= oldSelf.v"}]}}),
        );
        let old = json!({"spec": [{"k": "a", "v": 1}, {"k": "b", "v": 5}]});
        let new = json!({"spec": [{"k": "b", "v": 4}, {"k": "a", "v": 2}, {"k": "c", "v": 0}]});
        assert_eq!(
            said(&keyed, Some(&old), &new),
            [r#"spec[0]: Invalid value: "object": failed rule: self.v >= oldSelf.v"#]
        );
        let optional = spec(&json!({"type": "integer", "x-kubernetes-validations": [
            {"rule": "!oldSelf.hasValue() || self >= oldSelf.value()", "optionalOldSelf": true}]}));
        assert_eq!(said(&optional, None, &json!({"spec": 1})), [""; 0]);
        assert_eq!(said(&optional, Some(&json!({"spec": 2})), &json!({"spec": 1})).len(), 1);
    }

    #[test]
    fn rules_that_make_no_sense_are_named() {
        let schema = spec(&json!({"type": "object", "properties": {"a": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.b > 1"}, {"rule": "self.a"}, {"rule": "self.a > 1"}]}));
        let mut mistakes = Vec::new();
        Ruled::read(&schema, "s", &mut mistakes, true);
        let places: Vec<_> = mistakes.iter().map(|(place, ..)| place.as_str()).collect();
        let place = |at: usize| format!("s.properties[spec].x-kubernetes-validations[{at}].rule");
        assert_eq!(places, [place(0), place(1)]);
    }

    #[test]
    fn what_costs_too_much_is_told_and_ends() {
        let schema =
            spec(&json!({"type": "array", "items": {"type": "integer"}, "x-kubernetes-validations": [
            {"rule": "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"}]}));
        let many: Vec<u32> = (0..2000).collect();
        let said = said(&schema, None, &json!({"spec": many}));
        assert!(said.len() == 1 && said[0].contains("cost limit exceeded"), "{said:?}");
    }
}
