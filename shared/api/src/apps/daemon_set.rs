//! Daemon sets: one pod on every node that fits.

mod validate;

use crate::{
    Column, IntOrString, Invalid, Kind, Version,
    apps::{
        legacy,
        workload::{self, Templated},
    },
    cells,
    metadata::valid_name,
    name,
};
pub use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::{
    apps::v1::{DaemonSetSpec, DaemonSetStatus},
    core::v1::PodTemplateSpec,
};

impl Kind for DaemonSet {
    const SHORT_NAMES: &'static [&'static str] = &["ds"];
    const CATEGORIES: &'static [&'static str] = &["all"];
    const SUBRESOURCES: &'static [&'static str] = &["status"];
    const VERSIONS: &'static [Version] = legacy::DAEMON_SET;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("Desired", |d, _| count(d, |s| s.desired_number_scheduled)),
        Column::integer("Current", |d, _| count(d, |s| s.current_number_scheduled)),
        Column::integer("Ready", |d, _| count(d, |s| s.number_ready)),
        Column::integer("Up-to-date", |d, _| count(d, |s| s.updated_number_scheduled.unwrap_or(0))),
        Column::integer("Available", |d, _| count(d, |s| s.number_available.unwrap_or(0))),
        Column::text("Node Selector", |d, _| {
            let spec = d.template().and_then(|t| t.spec.as_ref());
            cells::labels(spec.and_then(|s| s.node_selector.as_ref()))
        }),
        Column::age(),
        workload::names(),
        workload::images(),
        workload::selector(),
    ];

    fn begin(&mut self) {
        count_template(self, 1);
    }

    /// The number of the template is kept, and counts its changes.
    fn inherit(&mut self, old: &Self) {
        let Some(number) = generation(old) else { return };
        let mut whole = self.clone();
        whole.set_defaults();
        let same = whole.template() == old.template();
        count_template(self, if same { number } else { number.saturating_add(1) });
    }

    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        workload::complete(Some(&mut spec.template));
        spec.revision_history_limit.get_or_insert(10);
        let strategy = spec.update_strategy.get_or_insert_default();
        if strategy.type_.as_deref().unwrap_or_default().is_empty() {
            strategy.type_ = Some("RollingUpdate".into());
        }
        if strategy.type_.as_deref() == Some("RollingUpdate") {
            let rolling = strategy.rolling_update.get_or_insert_default();
            rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
            rolling.max_surge.get_or_insert(IntOrString::Int(0));
        }
    }

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let nothing = DaemonSetSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        validate::valid(spec, invalid);
        if let Some(status) = workload::told(old, self, |o| o.status.as_ref()) {
            validate::valid_status(status, invalid);
        }
        if let Some(old) = old.and_then(|o| o.spec.as_ref()) {
            invalid.kept("spec.selector", &spec.selector, &old.selector);
        }
    }
}

/// The number of a set's template, which apps/v1 has no field for.
fn generation(set: &DaemonSet) -> Option<i64> {
    set.metadata.annotations.as_ref()?.get(legacy::GENERATION)?.parse().ok()
}

fn count_template(set: &mut DaemonSet, number: i64) {
    let annotations = set.metadata.annotations.get_or_insert_default();
    annotations.insert(legacy::GENERATION.into(), number.to_string());
}

impl Templated for DaemonSet {
    fn template(&self) -> Option<&PodTemplateSpec> {
        self.spec.as_ref().map(|s| &s.template)
    }

    fn selector(&self) -> String {
        self.spec.as_ref().map(|s| cells::selector(&s.selector)).unwrap_or_default()
    }
}

fn count(set: &DaemonSet, get: impl Fn(&DaemonSetStatus) -> i32) -> String {
    set.status.as_ref().map_or(0, get).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{completed, row};
    use serde_json::{Value, json};

    fn spec() -> Value {
        json!({"selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {"app": "a"}},
            "spec": {"containers": [{"name": "a", "image": "x:1"}], "nodeSelector": {"disk": "fast"}}}})
    }

    #[test]
    fn a_set_is_shown_by_its_counts() {
        let status = json!({"desiredNumberScheduled": 3, "currentNumberScheduled": 2, "numberReady": 1, "numberMisscheduled": 0,
            "updatedNumberScheduled": 2, "numberAvailable": 1});
        assert_eq!(
            row::<DaemonSet>(json!({"spec": spec(), "status": status})),
            ["3", "2", "1", "2", "1", "disk=fast", "<unknown>", "a", "x:1", "app=a"]
        );
    }

    #[test]
    fn changes_of_the_template_are_counted() {
        let set = |image: &str| -> DaemonSet {
            let mut spec = spec();
            spec["template"]["spec"]["containers"][0]["image"] = image.into();
            serde_json::from_value(json!({"spec": spec})).unwrap()
        };
        let mut first = set("x:1");
        first.begin();
        first.set_defaults();
        let after = |mut next: DaemonSet, old: &DaemonSet| {
            next.inherit(old);
            next.set_defaults();
            next
        };
        let same = after(set("x:1"), &first);
        let next = after(set("x:2"), &same);
        assert_eq!([&first, &same, &next].map(generation), [Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn the_shortest_set_becomes_whole() {
        let mut whole = completed::<DaemonSet>(json!({"spec": spec()}))["spec"].clone();
        whole["template"] = json!(null);
        assert_eq!(
            whole,
            json!({"revisionHistoryLimit": 10, "selector": {"matchLabels": {"app": "a"}}, "template": null,
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}})
        );
        let mut by_hand = spec();
        by_hand["updateStrategy"] = json!({"type": "OnDelete"});
        let whole = completed::<DaemonSet>(json!({"spec": by_hand}));
        assert_eq!(whole["spec"]["updateStrategy"], json!({"type": "OnDelete"}));
    }
}
