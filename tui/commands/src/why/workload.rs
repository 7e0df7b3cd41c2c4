//! Why a workload has not all the pods it wants.

use super::{Known, Report, conditions, one_line, pod, rows};
use shared_api::{GroupKind, Object, apps::ReplicaSet, core::ReplicationController};

pub(super) fn why(object: &Object, known: &Known<'_>) -> Report {
    let name = format!("{} {}", object.kind(), object.name());
    let value = object.value();
    let number = |path: &str| value.pointer(path).and_then(serde_json::Value::as_i64);
    let wanted =
        number("/status/desiredNumberScheduled").or(number("/spec/replicas")).or(number("/spec/completions"));
    let pods = super::pods_of(object, known.world).unwrap_or_default();
    let ready = pods.iter().filter(|pod| pod::is_ready(pod)).count();
    let conditions = conditions(object);
    let says = |type_: &str, status: &str| conditions.iter().find(|c| c.type_ == type_ && c.status == status);
    // What keeps pods from being made stands with what makes them.
    let made = known
        .world
        .of_kind(&GroupKind::of::<ReplicaSet>())
        .chain(known.world.of_kind(&GroupKind::of::<ReplicationController>()));
    let made = made.filter(|set| set.controller().is_some_and(|owner| owner.uid == object.uid()));
    let refused = says("ReplicaFailure", "True").cloned().or_else(|| {
        made.flat_map(super::conditions).find(|c| c.type_ == "ReplicaFailure" && c.status == "True")
    });
    let of = wanted.map_or(String::new(), |wanted| format!(" of {wanted}"));
    let mut report = if let Some(failed) = says("Failed", "True") {
        Report::answer(format!("{name} has failed: {}", one_line(&failed.message)))
    } else if let Some(refused) = refused {
        Report::answer(format!("{name} cannot make its pods: {}", one_line(&refused.message)))
    } else if let Some(late) = says("Progressing", "False") {
        Report::answer(format!(
            "{name} does not get on: {}; {ready}{of} pods are ready",
            one_line(&late.message)
        ))
    } else if says("Complete", "True").is_some() {
        Report::answer(format!("{name} has done its work"))
    } else if value.pointer("/spec/paused") == Some(&true.into())
        || value.pointer("/spec/suspend") == Some(&true.into())
    {
        Report::answer(format!("{name} is paused; {ready}{of} pods are ready"))
    } else if wanted.is_some_and(|wanted| i64::try_from(ready).is_ok_and(|ready| ready >= wanted)) {
        Report::answer(format!("{name} is well: {ready}{of} pods are ready"))
    } else {
        Report::answer(format!("{name}: {ready}{of} pods are ready"))
    };
    let ill: Vec<_> = pods.iter().filter(|pod| !pod::is_ready(pod)).collect();
    let over = |answer: &String| !answer.contains("has done its work");
    report.section(
        "Pods that are not ready",
        ill.iter().map(|pod| pod::summary(pod, known).answer).filter(over).collect(),
    );
    if let Some(first) = ill.first() {
        let found = pod::why(&Object::from_kind(&***first), first, known);
        report.remedies.extend(found.remedies);
        report.sections.extend(found.sections);
    }
    report.table("Conditions", &rows(&conditions));
    report
}
