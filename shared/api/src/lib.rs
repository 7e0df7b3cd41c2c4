//! The vocabulary of the cluster: kinds and the rules each one carries.
//!
//! Nothing here performs I/O, reads a clock or knows a wire. A kind is one file that says what the
//! object looks like, how it is completed, when it is wrong, and how it is shown; [`KINDS`] is the
//! list of them, [`kinds`] has those besides that the cluster's own definitions make ([`custom`]), and
//! everything generic (routes, storage keys, tables, completion) derives from it.
//!
//! An [`Object`] is any object as bytes, with its metadata and its typed form decoded when first
//! asked for and then shared. A [`Draft`] is an object on its way in. A [`Refusal`] is the one way
//! to say no.

pub mod admissionregistration;
pub mod ages;
pub mod apiextensions;
pub mod apps;
pub mod authentication;
pub mod authorization;
pub mod autoscaling;
pub mod batch;
mod catalogue;
mod cells;
pub mod certificates;
mod cidr;
mod convert;
pub mod coordination;
pub mod core;
pub mod custom;
pub mod discovery;
mod draft;
mod invalid;
pub mod jsonpath;
mod kind;
mod kinds;
mod managed;
mod metadata;
pub mod metrics;
pub mod name;
pub mod networking;
pub mod node;
mod object;
pub mod policy;
mod portion;
mod quantity;
pub mod rbac;
mod refusal;
mod rules;
pub mod scale;
pub mod scheduling;
pub mod schema;
mod select;
mod selector;
pub mod settings;
pub mod storage;
mod verb;
mod version;
pub mod yaml;

pub use ages::ago;
pub use catalogue::{Kinds, kinds, mark, placed, publish};
pub use cidr::{Cidr, InvalidCidr};
pub use draft::{Decoded, Draft, Encoded};
pub use invalid::Invalid;
pub use jiff::Timestamp;
pub use k8s_openapi::ByteString;
pub use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
pub use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
pub use kind::{Column, Field, Heading, Kind, KindInfo, Scoped};
pub use kinds::{KINDS, find, of};
pub use meta::Time;
pub use metadata::valid_metadata;
pub use object::{GroupKind, Key, Object, OwnedBy, Revision};
pub use quantity::Amount;
pub use refusal::{Reason, Refusal};
pub use select::{FieldSelector, LabelSelector, Selectors};
pub use verb::{
    DeleteHow, Freshness, Patch, PatchType, Preconditions, Propagation, Query, Validation, WriteHow,
};
pub use version::{Served, Version, current, served, serving, stored};
