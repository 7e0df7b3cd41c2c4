//! Why an autoscaler does not scale.

use super::{Report, conditions, one_line, rows};
use shared_api::{Object, autoscaling::HorizontalPodAutoscaler};

pub(super) fn why(object: &Object, autoscaler: &HorizontalPodAutoscaler) -> Report {
    let name = format!("HorizontalPodAutoscaler {}", object.name());
    let conditions = conditions(object);
    let says = |type_: &str, is: &str| conditions.iter().find(|c| c.type_ == type_ && c.status == is);
    let status = autoscaler.status.clone().unwrap_or_default();
    let (now, wanted) = (status.current_replicas.unwrap_or(0), status.desired_replicas);
    let size =
        if now == wanted { format!("{now} replicas") } else { format!("{now} replicas, {wanted} wanted") };
    let mut report = if let Some(stuck) = says("AbleToScale", "False").or(says("ScalingActive", "False")) {
        Report::answer(format!("{name} does nothing: {}", one_line(&stuck.message)))
    } else if conditions.is_empty() {
        Report::answer(format!("{name} has not been looked at yet"))
    } else if let Some(limited) = says("ScalingLimited", "True") {
        Report::answer(format!("{name} is held back at {size}: {}", one_line(&limited.message)))
    } else {
        Report::answer(format!("{name} is well: {size}"))
    };
    if says("ScalingActive", "False").is_some_and(|c| c.message.contains("missing request")) {
        report.try_this("a part of what pods ask for is measured: give their containers resources.requests");
    }
    report.table("Conditions", &rows(&conditions));
    report
}
