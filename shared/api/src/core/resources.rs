//! What a container asks for and may use, and how firmly that is promised to its pod.

use crate::Amount;
use k8s_openapi::api::core::v1::{Container, PodSpec};

/// How firmly a pod's resources are promised to it.
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
    /// The pod's class; only processor and memory count.
    pub fn of(spec: &PodSpec) -> Self {
        let all = spec.containers.iter().chain(spec.init_containers.iter().flatten());
        let pairs: Vec<_> = all
            .flat_map(|c| ["cpu", "memory"].map(|what| (request(c, what).or(limit(c, what)), limit(c, what))))
            .map(|(request, limit)| (request.unwrap_or_default(), limit.unwrap_or_default()))
            .collect();
        let nothing = Amount::default();
        if !pairs.iter().any(|(request, limit)| *request > nothing || *limit > nothing) {
            Self::BestEffort
        } else if pairs.iter().all(|(request, limit)| *limit > nothing && request == limit) {
            Self::Guaranteed
        } else {
            Self::Burstable
        }
    }

    /// As Kubernetes spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

/// What the container may use of `what`, if it is limited.
pub fn limit(container: &Container, what: &str) -> Option<Amount> {
    container.resources.as_ref()?.limits.as_ref()?.get(what).map(Amount::of)
}

/// What the container asks for of `what`, if it says so.
pub fn request(container: &Container, what: &str) -> Option<Amount> {
    container.resources.as_ref()?.requests.as_ref()?.get(what).map(Amount::of)
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
            assert_eq!(Class::of(&serde_json::from_value(spec).unwrap()).as_str(), expected);
        }
    }
}
