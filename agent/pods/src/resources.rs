//! What containers may use: requests and limits as the kernel wants them.

use agent_runtime::Resources;
use shared_api::{
    Amount,
    core::{Container, PodSpec},
};

/// How readily a pod's memory is taken from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Every container has limits for processor and memory, and asks for just that.
    Guaranteed,
    /// Something is asked for.
    Burstable,
    /// Nothing is.
    BestEffort,
}

impl Class {
    /// As Kubernetes spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// The pod's class.
pub fn class(spec: &PodSpec) -> Class {
    let all = || spec.containers.iter().chain(spec.init_containers.iter().flatten());
    let some = |a: Option<Amount>| a.filter(|a| *a > Amount::default());
    let nothing = |c: &Container| {
        ["cpu", "memory"]
            .iter()
            .all(|what| some(limit(c, what)).is_none() && some(request(c, what)).is_none())
    };
    let exact = |c: &Container| {
        ["cpu", "memory"]
            .iter()
            .all(|what| some(limit(c, what)).is_some_and(|l| request(c, what).is_none_or(|r| r == l)))
    };
    if all().all(nothing) {
        Class::BestEffort
    } else if all().all(exact) {
        Class::Guaranteed
    } else {
        Class::Burstable
    }
}

/// One container's share, on a node with so much memory.
pub fn resources(spec: &PodSpec, container: &Container, node_memory: Amount) -> Resources {
    let cpu = limit(container, "cpu").filter(|l| *l > Amount::default());
    let asked = request(container, "cpu").or(cpu).unwrap_or_default();
    let memory = limit(container, "memory").filter(|l| *l > Amount::default());
    Resources {
        cpu_shares: Some(shares(asked)),
        cpu_quota: cpu.map(|l| (l.as_milli() * 100).max(1000)),
        memory_limit: memory.map(Amount::as_whole),
        oom_score_adj: Some(oom_score(class(spec), request(container, "memory").or(memory), node_memory)),
    }
}

/// Processor weight for what is asked for.
fn shares(cpu: Amount) -> u64 {
    u64::try_from(cpu.as_milli() * 1024 / 1000).unwrap_or(0).clamp(2, 262_144)
}

/// Kubelet's rule: who uses more of the node than it asked for goes first.
fn oom_score(class: Class, asked: Option<Amount>, node: Amount) -> i64 {
    match class {
        Class::Guaranteed => -997,
        Class::BestEffort => 1000,
        Class::Burstable => {
            let share = 1000 * asked.unwrap_or_default().as_whole() / node.as_whole().max(1);
            (1000 - share).clamp(3, 999)
        }
    }
}

fn limit(container: &Container, what: &str) -> Option<Amount> {
    container.resources.as_ref()?.limits.as_ref()?.get(what).map(Amount::of)
}

fn request(container: &Container, what: &str) -> Option<Amount> {
    container.resources.as_ref()?.requests.as_ref()?.get(what).map(Amount::of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(resources: &serde_json::Value) -> (Class, Resources) {
        let spec = json!({"containers": [{"name": "a", "resources": resources}]});
        let spec: PodSpec = serde_json::from_value(spec).unwrap();
        (class(&spec), super::resources(&spec, &spec.containers[0], Amount::whole(1 << 30)))
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
