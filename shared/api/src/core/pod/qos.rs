//! How firmly a pod's resources are promised to it.

use crate::Amount;
use k8s_openapi::api::core::v1::{Container, PodSpec};

/// `Guaranteed` when every container has limits and asks for all of them, `BestEffort` when none asks for
/// anything, else `Burstable`. Only processor and memory count.
pub(super) fn class(spec: &PodSpec) -> &'static str {
    let containers: Vec<_> =
        spec.containers.iter().chain(spec.init_containers.iter().flatten()).map(asked).collect();
    let asks = |pair: &(Amount, Amount)| pair.0 > Amount::default() || pair.1 > Amount::default();
    if !containers.iter().flatten().any(asks) {
        "BestEffort"
    } else if containers
        .iter()
        .flatten()
        .all(|(request, limit)| *limit > Amount::default() && request == limit)
    {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// Request and limit of processor and of memory.
fn asked(container: &Container) -> [(Amount, Amount); 2] {
    ["cpu", "memory"].map(|name| {
        let resources = container.resources.as_ref();
        let limit = resources.and_then(|r| r.limits.as_ref()?.get(name)).map(Amount::of);
        let request = resources.and_then(|r| r.requests.as_ref()?.get(name)).map(Amount::of);
        (request.or(limit).unwrap_or_default(), limit.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_class_follows_from_requests_and_limits() {
        let both = json!({"cpu": "1", "memory": "1Gi"});
        let cases: [(Value, &str); 5] = [
            (json!({}), "BestEffort"),
            (json!({"requests": {"example.com/disc": "1"}}), "BestEffort"),
            (json!({"requests": {"cpu": "1"}}), "Burstable"),
            (json!({"limits": both}), "Guaranteed"),
            (json!({"requests": {"cpu": "500m"}, "limits": both}), "Burstable"),
        ];
        for (resources, expected) in cases {
            let spec = json!({"containers": [{"name": "a", "resources": resources}]});
            assert_eq!(class(&serde_json::from_value(spec).unwrap()), expected);
        }
    }
}
