//! CSI nodes: which storage drivers a node has.

use crate::{Column, Invalid, Kind, Version, metadata::valid_name, name};
pub use k8s_openapi::api::storage::v1::CSINode;
use k8s_openapi::api::storage::v1::CSINodeDriver;
use std::collections::BTreeSet;

const ID_MAX: usize = 256;

impl Kind for CSINode {
    const SHOWN_LAST: bool = true;
    const VERSIONS: &'static [Version] = &[Version::alike(
        "storage.k8s.io",
        "v1beta1",
        "storage.k8s.io/v1beta1",
        Some(
            "storage.k8s.io/v1beta1 CSINode is deprecated in v1.17+, unavailable in v1.22+; use storage.k8s.io/v1 CSINode",
        ),
    )];
    const COLUMNS: &'static [Column<Self>] =
        &[Column::integer("Drivers", |n, _| n.spec.drivers.len().to_string()), Column::age()];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        let mut names = BTreeSet::new();
        for (at, driver) in self.spec.drivers.iter().enumerate() {
            let path = format!("spec.drivers[{at}]");
            valid_driver(driver, &path, invalid);
            if !names.insert(&driver.name) {
                invalid.duplicate(format!("{path}.name"), &driver.name);
            }
        }
        for old in old.iter().flat_map(|o| &o.spec.drivers) {
            for new in self.spec.drivers.iter().filter(|d| d.name == old.name) {
                // How much a driver takes may be found out later.
                let new = CSINodeDriver { allocatable: old.allocatable.clone(), ..new.clone() };
                invalid.kept("spec.drivers", &new, old);
            }
        }
    }
}

fn valid_driver(driver: &CSINodeDriver, path: &str, invalid: &mut Invalid) {
    invalid.named(format!("{path}.name"), &driver.name, name::driver);
    if driver.node_id.is_empty() {
        invalid.required(format!("{path}.nodeID"), "");
    } else if driver.node_id.len() > ID_MAX {
        let why = format!("must be {ID_MAX} characters or less");
        invalid.value(format!("{path}.nodeID"), &driver.node_id, &why);
    }
    if let Some(count) = driver.allocatable.as_ref().and_then(|a| a.count).filter(|c| *c < 0) {
        invalid.value(format!("{path}.allocatable.count"), count, "must be greater than or equal to 0");
    }
    let mut keys = BTreeSet::new();
    for key in driver.topology_keys.iter().flatten() {
        if key.is_empty() {
            invalid.required(path, "");
        }
        if !keys.insert(key) {
            invalid.duplicate(path, key);
        }
        invalid.ruled(path, key, name::qualified);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let node = json!({"spec": {"drivers": [{"name": "a", "nodeID": ""},
            {"name": "a", "nodeID": "x", "topologyKeys": ["k", "k"], "allocatable": {"count": -1}}]}});
        assert_eq!(
            findings::<CSINode>(node),
            [
                "spec.drivers[0].nodeID: Required value",
                "spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
                "spec.drivers[1]: Duplicate value: \"k\"",
                "spec.drivers[1].name: Duplicate value: \"a\"",
            ]
        );
        let with = |id: &str, count: i32| json!({"spec": {"drivers": [{"name": "a", "nodeID": id, "allocatable": {"count": count}}]}});
        assert_eq!(changed::<CSINode>(with("x", 1), with("x", 2)), [""; 0]);
        assert_eq!(changed::<CSINode>(with("x", 1), with("y", 1)).len(), 1);
        assert_eq!(row::<CSINode>(with("x", 1)), ["1", "<unknown>"]);
    }
}
