//! What undoes an action, where the object was known before. Pure.
//!
//! The action that comes back is bound to the object's uid, where the cluster can check it: another object
//! that has its name by then is left alone.

use crate::{
    Action, Delete, Language, Marks, NodeName, PatchWith, Roll, Rollout, Scale, Scope, Set, Target,
    decide::{images, marks, merge, rollout, steps, taints},
};
use serde_json::{Value, json};
use shared_api::Object;

/// The action that takes `object`, as `action` leaves it, back to how it was before; `None` when there is no
/// such action, or nothing to undo.
pub fn inverse(action: &Action, before: &Object) -> Option<Action> {
    let value = before.bare_value();
    match action {
        Action::Scale(scale) => {
            let replicas = i32::try_from(value["spec"]["replicas"].as_i64()?).ok()?;
            let undo = Scale {
                target: Target { words: vec![word(before)] },
                replicas,
                namespace: namespace(before),
                ..Scale::default()
            };
            (replicas != scale.replicas).then_some(Action::Scale(undo))
        }
        Action::Cordon(_) => {
            let free = value["spec"]["unschedulable"] != true;
            let node = NodeName { node: before.name().into(), ..NodeName::default() };
            free.then_some(Action::Uncordon(node))
        }
        Action::Uncordon(_) => {
            let node = NodeName { node: before.name().into(), ..NodeName::default() };
            (value["spec"]["unschedulable"] == true).then_some(Action::Cordon(node))
        }
        Action::Label(asked) => merged(before, &value, &marked(asked, "labels", &value)?),
        Action::Annotate(asked) => merged(before, &value, &marked(asked, "annotations", &value)?),
        Action::Taint(asked) => {
            let changes = taints::changes(marks::split(&asked.words).1).ok()?;
            merged(before, &value, &taints::patch(&value, &changes, asked.overwrite).ok()??)
        }
        Action::Set(Set::Image(asked)) => {
            let words: Vec<String> = asked.words.iter().filter(|w| w.contains('=')).cloned().collect();
            let patch = images::patch(&value, &images::pairs(&words).ok()?).ok()??;
            let mut back = images::inverse(&value, &patch)?;
            bind(&mut back, before);
            Some(patched(before, Language::Strategic, &back))
        }
        Action::Rollout(Rollout::Pause { .. }) => {
            rollout::pause(&value, true).ok()??;
            Some(Action::Rollout(Rollout::Resume { target: target(before), roll: roll(before) }))
        }
        Action::Rollout(Rollout::Resume { .. }) => {
            rollout::pause(&value, false).ok()??;
            Some(Action::Rollout(Rollout::Pause { target: target(before), roll: roll(before) }))
        }
        Action::Rollout(Rollout::Undo { .. }) => {
            let back = json!([
                {"op": "test", "path": "/metadata/uid", "value": before.uid()},
                {"op": "replace", "path": "/spec/template", "value": value["spec"]["template"]},
            ]);
            Some(patched(before, Language::Json, &back))
        }
        Action::Patch(asked) if asked.language == Language::Merge && asked.subresource.is_none() => {
            let patch: Value = serde_json::from_str(asked.patch.as_deref()?).ok()?;
            merged(before, &value, &patch)
        }
        _ => None,
    }
}

/// The action that takes a write back: what it made goes, what it changed is as it was before.
pub(crate) fn back(before: Option<&Object>, after: &Object) -> Option<Action> {
    let Some(before) = before else {
        let scope = Scope { namespace: namespace(after), ..Scope::default() };
        return Some(Action::Delete(Delete {
            words: vec![word(after)],
            scope,
            no_wait: true,
            ..Delete::default()
        }));
    };
    let (after, was) = (said(after), said(before));
    let back = steps::back(&after, &was);
    if back.iter().any(steps::in_list) {
        return Some(patched(before, Language::Json, &Value::Array(back)));
    }
    // Without lists it is easier to read so.
    let mut back = merge::between(&after, &was)?;
    bind(&mut back, before);
    Some(patched(before, Language::Merge, &back))
}

/// What people say of an object, without what the cluster does.
fn said(object: &Object) -> Value {
    let mut value = object.bare_value();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    if let Some(meta) = value["metadata"].as_object_mut() {
        for field in ["resourceVersion", "generation", "uid", "creationTimestamp", "deletionTimestamp"] {
            meta.remove(field);
        }
    }
    value
}

fn marked(asked: &Marks, section: &str, value: &Value) -> Option<Value> {
    let words = if asked.files.is_empty() { marks::split(&asked.words).1 } else { &asked.words };
    marks::patch(value, section, &marks::changes(words).ok()?, asked.overwrite).ok()?
}

fn merged(before: &Object, value: &Value, patch: &Value) -> Option<Action> {
    let mut back = merge::inverse(value, patch);
    bind(&mut back, before);
    back.is_object().then(|| patched(before, Language::Merge, &back))
}

/// Only this very object.
fn bind(patch: &mut Value, object: &Object) {
    if patch.is_object() && !object.uid().is_empty() {
        patch["metadata"]["uid"] = object.uid().into();
    }
}

fn patched(object: &Object, language: Language, patch: &Value) -> Action {
    Action::Patch(PatchWith {
        words: vec![word(object)],
        patch: Some(patch.to_string()),
        language,
        namespace: namespace(object),
        ..PatchWith::default()
    })
}

/// `deployments.apps/web`.
fn word(object: &Object) -> String {
    format!("{}/{}", object.group_kind().resource(), object.name())
}

fn namespace(object: &Object) -> Option<String> {
    Some(object.namespace()).filter(|n| !n.is_empty()).map(Into::into)
}

fn target(object: &Object) -> Target {
    Target { words: vec![word(object)] }
}

fn roll(object: &Object) -> Roll {
    Roll { namespace: namespace(object), ..Roll::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::parse_line;
    use proptest::prelude::*;

    fn object(value: &Value) -> Object {
        Object::from_value(value).unwrap()
    }

    /// What an action's merge patch makes of an object.
    fn after(action: &Action, value: &Value) -> Value {
        let patch = match action {
            Action::Label(asked) => marked(asked, "labels", value),
            Action::Annotate(asked) => marked(asked, "annotations", value),
            Action::Taint(asked) => {
                let changes = taints::changes(marks::split(&asked.words).1).unwrap();
                taints::patch(value, &changes, asked.overwrite).unwrap()
            }
            Action::Patch(asked) => serde_json::from_str(asked.patch.as_deref().unwrap()).ok(),
            other => panic!("{other:?} is no merge patch"),
        };
        patch.map_or_else(|| value.clone(), |patch| merge::apply(value, &patch))
    }

    fn node(labels: &[(String, String)], tainted: bool) -> Value {
        let mut node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "u"}, "spec": {"podCIDR": "x"},
        });
        for (key, value) in labels {
            node["metadata"]["labels"][key] = json!(value);
        }
        if tainted {
            node["spec"]["taints"] = json!([{"key": "a", "effect": "NoSchedule", "value": "b"}]);
        }
        node
    }

    proptest! {
        #[test]
        fn undo_after_do_is_nothing(
            labels in prop::collection::vec(("[a-c]", "[x-z]"), 0..3), tainted: bool,
            key in "[a-c]", value in "[x-z]", remove: bool, verb in 0..3_usize,
        ) {
            let before = node(&labels, tainted);
            let change = if remove { format!("{key}-") } else { format!("{key}={value}") };
            let line = match verb {
                0 => format!("label node/n1 {change} --overwrite"),
                1 => format!("annotate node/n1 {change} --overwrite"),
                _ => format!("taint node n1 {key}={value}:NoSchedule --overwrite"),
            };
            let action = parse_line(&line).unwrap();
            let done = after(&action, &before);
            let undo = inverse(&action, &object(&before));
            let back = undo.map_or(done.clone(), |undo| after(&undo, &done));
            prop_assert_eq!(back, before, "{}", line);
        }
    }

    fn check(line: &str, before: &Value) -> Option<Action> {
        inverse(&parse_line(line).unwrap(), &object(before))
    }

    #[test]
    fn what_has_a_way_back_is_undone_by_its_own_line() {
        let web = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "n", "uid": "u"},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "a", "image": "x:1"}]}}},
        });
        let line = |line: &str| Some(parse_line(line).unwrap());
        assert_eq!(
            check("scale deploy/web --replicas=5", &web),
            line("scale deployments.apps/web --replicas=2 -n n")
        );
        assert_eq!(check("scale deploy/web --replicas=2", &web), None);
        assert_eq!(check("rollout pause deploy/web", &web), line("rollout resume deployments.apps/web -n n"));
        assert_eq!(check("rollout resume deploy/web", &web), None);
        assert_eq!(
            check("set image deploy/web a=x:2", &web),
            line(
                r#"patch deployments.apps/web -n n -p '{"metadata":{"uid":"u"},"spec":{"template":{"spec":{"containers":[{"image":"x:1","name":"a"}]}}}}'"#
            )
        );
        let node = node(&[], false);
        assert_eq!(check("cordon n1", &node), line("uncordon n1"));
        assert_eq!(check("uncordon n1", &node), None);
        assert_eq!(check("delete node n1", &node), None);
    }
}
