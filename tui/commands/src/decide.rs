//! What the writing verbs decide: functions from words and objects to patches and objects. Pure.

pub(crate) mod debug;
pub(crate) mod diff;
pub(crate) mod drain;
pub(crate) mod entries;
pub(crate) mod expose;
pub(crate) mod images;
pub(crate) mod make;
pub(crate) mod marks;
pub(crate) mod merge;
pub(crate) mod rights;
pub(crate) mod rollout;
pub(crate) mod run;
pub(crate) mod steps;
pub(crate) mod taints;
