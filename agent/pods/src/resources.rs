//! What containers may use: requests and limits as the kernel wants them.

use crate::observed::Seen;
use agent_runtime::Resources;
use shared_api::{
    Amount,
    core::{
        Container, PodSpec,
        resources::{Class, limit, request},
    },
};

/// One container's share, on a node with so much memory.
pub fn resources(spec: &PodSpec, container: &Container, node_memory: Amount) -> Resources {
    let cpu = limit(container, "cpu").filter(|l| *l > Amount::default());
    let asked = request(container, "cpu").or(cpu).unwrap_or_default();
    let memory = limit(container, "memory").filter(|l| *l > Amount::default());
    Resources {
        cpu_shares: Some(shares(asked)),
        cpu_quota: cpu.map(|l| l.as_milli().saturating_mul(100).max(1000)),
        memory_limit: memory.map(Amount::as_whole),
        oom_score_adj: Some(oom_score(Class::of(spec), request(container, "memory").or(memory), node_memory)),
    }
}

/// Whether a container that runs may use something else than the pod now says; what its end is likely to
/// be cannot be changed.
pub(crate) fn outdated(spec: &PodSpec, container: &Container, seen: &Seen) -> bool {
    let wanted = resources(spec, container, Amount::default());
    let part = |r: &Resources| (r.cpu_shares, r.cpu_quota, r.memory_limit);
    seen.resources.as_ref().is_some_and(|has| part(has) != part(&wanted))
}

/// Whether it has to be made anew for that.
pub(crate) fn remade(spec: &PodSpec, container: &Container, seen: &Seen) -> bool {
    let wanted = resources(spec, container, Amount::default());
    let Some(has) = seen.resources.as_ref() else { return false };
    let policies = container.resize_policy.as_deref().unwrap_or_default();
    let anew = |name: &str| {
        policies.iter().any(|p| p.resource_name == name && p.restart_policy == "RestartContainer")
    };
    (anew("cpu") && (has.cpu_shares, has.cpu_quota) != (wanted.cpu_shares, wanted.cpu_quota))
        || (anew("memory") && has.memory_limit != wanted.memory_limit)
}

/// Processor weight for what is asked for.
fn shares(cpu: Amount) -> u64 {
    u64::try_from(cpu.as_milli().saturating_mul(1024) / 1000).unwrap_or(0).clamp(2, 262_144)
}

/// Kubelet's rule: who uses more of the node than it asked for goes first.
fn oom_score(class: Class, asked: Option<Amount>, node: Amount) -> i64 {
    match class {
        Class::Guaranteed => -997,
        Class::BestEffort => 1000,
        Class::Burstable => {
            let share = asked.unwrap_or_default().as_whole().saturating_mul(1000) / node.as_whole().max(1);
            1000_i64.saturating_sub(share).clamp(3, 999)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(resources: &serde_json::Value) -> (Class, Resources) {
        let spec = json!({"containers": [{"name": "a", "resources": resources}]});
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        (Class::of(&spec), super::resources(&spec, &spec.containers[0], Amount::whole(1 << 30)))
    }

    #[test]
    fn requests_and_limits_become_what_the_kernel_wants() {
        let made = |shares, quota, memory, oom| Resources {
            cpu_shares: Some(shares),
            cpu_quota: quota,
            memory_limit: memory,
            oom_score_adj: Some(oom),
        };
        for (given, class, expected) in [
            (json!({}), Class::BestEffort, made(2, None, None, 1000)),
            (json!({"requests": {"cpu": "500m"}}), Class::Burstable, made(512, None, None, 999)),
            (json!({"requests": {"memory": "512Mi"}}), Class::Burstable, made(2, None, None, 500)),
            (json!({"limits": {"cpu": "1"}}), Class::Burstable, made(1024, Some(100_000), None, 999)),
            (json!({"limits": {"cpu": "1m"}}), Class::Burstable, made(2, Some(1000), None, 999)),
            (
                json!({"requests": {"cpu": "9E", "memory": "9E"}}),
                Class::Burstable,
                made(262_144, None, None, 3),
            ),
            (
                json!({"limits": {"cpu": "2", "memory": "64Mi"}}),
                Class::Guaranteed,
                made(2048, Some(200_000), Some(64 << 20), -997),
            ),
            (
                json!({"limits": {"cpu": "2", "memory": "64Mi"}, "requests": {"cpu": "1"}}),
                Class::Burstable,
                made(1024, Some(200_000), Some(64 << 20), 938),
            ),
        ] {
            assert_eq!(check(&given), (class, expected), "{given}");
        }
    }
}
