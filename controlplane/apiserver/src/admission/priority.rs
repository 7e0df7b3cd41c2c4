//! Pods get the priority that the class they name stands for; at most one class is everybody's.

use super::{Action, Request};
use crate::keys;
use shared_api::{GroupKind, KindInfo, Object, Refusal, core::Pod, scheduling::PriorityClass};

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    if request.action == Action::Remove {
        return Ok(());
    }
    if request.draft.as_any().is::<PriorityClass>() {
        return one_default(request);
    }
    let old = request.old.and_then(|o| o.as_any().downcast_ref::<Pod>()).and_then(|p| p.spec.as_ref());
    let Some(pod) = request.draft.as_any_mut().downcast_mut::<Pod>() else { return Ok(()) };
    let Some(spec) = &mut pod.spec else { return Ok(()) };
    if let Some(old) = old {
        // Those who do not know the fields may leave them out.
        spec.priority = spec.priority.or(old.priority);
        if spec.preemption_policy.is_none() {
            spec.preemption_policy.clone_from(&old.preemption_policy);
        }
        return Ok(());
    }
    let named = spec.priority_class_name.clone().filter(|n| !n.is_empty());
    let (asked, policy) = (spec.priority, spec.preemption_policy.clone());
    let class = match &named {
        Some(name) => {
            let found = request.there.object(classes()?, "", name)?;
            let Some(found) = found.and_then(|o| o.to_kind::<PriorityClass>().ok()) else {
                return Err(request.forbidden(&format!("no PriorityClass with name {name} was found")));
            };
            Some(found)
        }
        None => everybodys(&request.there.objects(classes()?, "")?),
    };
    let priority = class.as_ref().map_or(0, |c| c.value);
    if let Some(asked) = asked.filter(|asked| *asked != priority) {
        let why = format!(
            "the integer value of priority ({asked}) must not be provided in pod spec; priority admission controller \
             computed {priority} from the given PriorityClass name"
        );
        return Err(request.forbidden(&why));
    }
    let preemption = class.as_ref().and_then(|c| c.preemption_policy.clone());
    let preemption = preemption.unwrap_or_else(|| "PreemptLowerPriority".into());
    if let Some(policy) = policy.filter(|policy| *policy != preemption) {
        let why = format!(
            "the string value of PreemptionPolicy ({policy}) must not be provided in pod spec; priority admission \
             controller computed {preemption} from the given PriorityClass name"
        );
        return Err(request.forbidden(&why));
    }
    if let Some(spec) = request.draft.as_any_mut().downcast_mut::<Pod>().and_then(|p| p.spec.as_mut()) {
        spec.priority = Some(priority);
        spec.preemption_policy = Some(preemption);
        if named.is_none() {
            spec.priority_class_name = class.and_then(|c| c.metadata.name.clone());
        }
    }
    Ok(())
}

fn classes() -> Result<&'static KindInfo, Refusal> {
    keys::known(&GroupKind::of::<PriorityClass>())
}

/// The class of pods that name none; the least of them when there are several.
fn everybodys(classes: &[Object]) -> Option<std::sync::Arc<PriorityClass>> {
    let classes = classes.iter().filter_map(|o| o.to_kind::<PriorityClass>().ok());
    classes.filter(|c| c.global_default == Some(true)).min_by_key(|c| c.value)
}

fn one_default(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(class) = request.draft.as_any().downcast_ref::<PriorityClass>() else { return Ok(()) };
    if class.global_default != Some(true) {
        return Ok(());
    }
    let there = request.there.objects(classes()?, "")?;
    match everybodys(&there).and_then(|c| c.metadata.name.clone()) {
        Some(other) if Some(&other) != class.metadata.name.as_ref() => {
            let why =
                format!("PriorityClass {other} is already marked as default. Only one default can exist");
            Err(request.forbidden(&why))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{created, updated};
    use super::*;
    use serde_json::{Value, json};

    fn class(name: &str, value: i32, default: bool) -> Value {
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
            "value": value, "globalDefault": default})
    }

    fn pod(fields: &Value) -> Value {
        let mut spec = json!({"containers": [{"name": "a", "image": "b"}]});
        fields.as_object().unwrap().iter().for_each(|(k, v)| spec[k] = v.clone());
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec})
    }

    #[test]
    fn a_pod_gets_the_priority_of_its_class() {
        let there = [class("high", 1000, false), class("usual", 10, true)];
        let spec = |fields: Value| created(admit, &pod(&fields), &there).unwrap().0["spec"].clone();
        let high = spec(json!({"priorityClassName": "high"}));
        assert_eq!(
            (&high["priority"], &high["preemptionPolicy"]),
            (&json!(1000), &json!("PreemptLowerPriority"))
        );
        let usual = spec(json!({}));
        assert_eq!((&usual["priority"], &usual["priorityClassName"]), (&json!(10), &json!("usual")));
        let none = created(admit, &pod(&json!({})), &[]).unwrap().0;
        assert_eq!((&none["spec"]["priority"], none["spec"].get("priorityClassName")), (&json!(0), None));
    }

    #[test]
    fn nobody_makes_up_a_priority() {
        let refused =
            |fields: Value| created(admit, &pod(&fields), &[class("high", 1000, false)]).unwrap_err().message;
        assert_eq!(
            refused(json!({"priorityClassName": "low"})),
            "pods \"p\" is forbidden: no PriorityClass with name low was found"
        );
        assert_eq!(
            refused(json!({"priorityClassName": "high", "priority": 5})),
            "pods \"p\" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority \
             admission controller computed 1000 from the given PriorityClass name"
        );
    }

    #[test]
    fn a_priority_that_is_left_out_is_kept() {
        let old = pod(&json!({"priority": 7, "preemptionPolicy": "Never"}));
        let new = updated(admit, &old, &pod(&json!({})), &[]).unwrap().0;
        assert_eq!(
            (&new["spec"]["priority"], &new["spec"]["preemptionPolicy"]),
            (&json!(7), &json!("Never"))
        );
    }

    #[test]
    fn one_class_is_everybodys() {
        let there = [class("usual", 10, true)];
        let refused = created(admit, &class("other", 5, true), &there).unwrap_err();
        assert_eq!(
            refused.message,
            "priorityclasses.scheduling.k8s.io \"other\" is forbidden: PriorityClass usual is already marked as default. \
             Only one default can exist"
        );
        assert!(updated(admit, &class("usual", 10, true), &class("usual", 10, true), &there).is_ok());
    }
}
