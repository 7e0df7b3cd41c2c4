//! How far a rollout may go above and below the number of pods asked for.

use shared_api::{IntOrString, apps::DeploymentSpec};

/// The strategy, in pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// So many more than asked for.
    pub(super) surge: i32,
    /// So many fewer available than asked for.
    pub(super) unavailable: i32,
}

impl Limits {
    pub(super) fn of(spec: &DeploymentSpec) -> Self {
        let replicas = spec.replicas.unwrap_or(1);
        let strategy = spec.strategy.as_ref();
        if strategy.and_then(|s| s.type_.as_deref()) == Some("Recreate") {
            return Self { surge: 0, unavailable: 0 };
        }
        let rolling = strategy.and_then(|s| s.rolling_update.as_ref());
        let quarter = IntOrString::String("25%".into());
        let surge = rolling.and_then(|r| r.max_surge.as_ref()).unwrap_or(&quarter);
        let unavailable = rolling.and_then(|r| r.max_unavailable.as_ref()).unwrap_or(&quarter);
        let (surge, mut unavailable) = (pods(surge, replicas, true), pods(unavailable, replicas, false));
        if surge == 0 && unavailable == 0 {
            // Validation refuses two zeros, but two percentages may round to them: something must move.
            unavailable = 1;
        }
        Self { surge, unavailable: unavailable.min(replicas) }
    }
}

/// A share of `whole` is rounded up or down.
pub(crate) fn pods(amount: &IntOrString, whole: i32, up: bool) -> i32 {
    match amount {
        IntOrString::Int(n) => (*n).max(0),
        IntOrString::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            let hundredths = percent.clamp(0, 100_000) * i64::from(whole);
            let rounded = if up { (hundredths + 99) / 100 } else { hundredths / 100 };
            i32::try_from(rounded).unwrap_or(i32::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::apps::{DeploymentStrategy, RollingUpdateDeployment};

    fn limits(replicas: i32, surge: &str, unavailable: &str) -> (i32, i32) {
        let parse =
            |t: &str| Some(t.parse().map_or_else(|_| IntOrString::String(t.into()), IntOrString::Int));
        let rolling =
            RollingUpdateDeployment { max_surge: parse(surge), max_unavailable: parse(unavailable) };
        let strategy =
            DeploymentStrategy { type_: Some("RollingUpdate".into()), rolling_update: Some(rolling) };
        let limits = Limits::of(&DeploymentSpec {
            replicas: Some(replicas),
            strategy: Some(strategy),
            ..DeploymentSpec::default()
        });
        (limits.surge, limits.unavailable)
    }

    #[test]
    fn surge_rounds_up_and_unavailable_down() {
        assert_eq!(limits(10, "25%", "25%"), (3, 2));
        assert_eq!(limits(2, "25%", "25%"), (1, 0));
        assert_eq!(limits(4, "1", "0"), (1, 0));
        assert_eq!(limits(3, "0", "10%"), (0, 1), "something must move");
        assert_eq!(limits(2, "0", "5"), (0, 2), "no more than there are");
    }
}
