//! The group `apiextensions.k8s.io`: kinds that a cluster defines for itself.

mod custom_resource_definition;

pub use custom_resource_definition::{
    CLEANUP, CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames,
    CustomResourceDefinitionStatus, ESTABLISHED, Names, TERMINATING, established, is, say,
};
