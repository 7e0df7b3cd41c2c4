//! CSI storage capacities: how much room a storage class has where.

use crate::{Column, Invalid, Kind, Version, metadata::valid_name, name, quantity, selector};
pub use k8s_openapi::api::storage::v1::CSIStorageCapacity;

impl Kind for CSIStorageCapacity {
    const VERSIONS: &'static [Version] = &[Version::alike(
        "storage.k8s.io",
        "v1beta1",
        "storage.k8s.io/v1beta1",
        Some(
            "storage.k8s.io/v1beta1 CSIStorageCapacity is deprecated in v1.24+, unavailable in v1.27+; use storage.k8s.io/v1 CSIStorageCapacity",
        ),
    )];
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("StorageClassName", |c, _| c.storage_class_name.clone()),
        Column::text("Capacity", |c, _| c.capacity.as_ref().map_or("<unset>".into(), |q| q.0.clone())),
    ];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if let Some(topology) = &self.node_topology {
            selector::valid(topology, "nodeTopology", invalid);
        }
        invalid.ruled("storageClassName", &self.storage_class_name, name::subdomain);
        for (field, amount) in
            [("capacity", &self.capacity), ("maximumVolumeSize", &self.maximum_volume_size)]
        {
            if let Some(amount) = amount {
                quantity::valid(amount, field, invalid);
            }
        }
        if let Some(old) = old {
            invalid.kept("nodeTopology", &self.node_topology, &old.node_topology);
            invalid.kept("storageClassName", &self.storage_class_name, &old.storage_class_name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn each_finding_names_its_field() {
        let of = |class: &str, room: &str| json!({"storageClassName": class, "capacity": room});
        assert_eq!(
            findings::<CSIStorageCapacity>(of("a", "-1")),
            ["capacity: Invalid value: \"-1\": must be greater than or equal to 0"]
        );
        assert_eq!(
            changed::<CSIStorageCapacity>(of("a", "1"), of("b", "2")),
            ["storageClassName: Invalid value: \"b\": field is immutable"]
        );
        assert_eq!(row::<CSIStorageCapacity>(of("a", "1Gi")), ["a", "1Gi"]);
    }
}
