//! Controller revisions: what a stateful or daemon set looked like before.

use crate::{Column, Invalid, Kind, Version, apps::legacy, metadata::valid_name, name};
pub use k8s_openapi::{api::apps::v1::ControllerRevision, apimachinery::pkg::runtime::RawExtension};

impl Kind for ControllerRevision {
    const VERSIONS: &'static [Version] = legacy::CONTROLLER_REVISION;
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("Controller", |r, _| controller(r)),
        Column::integer("Revision", |r, _| r.revision.to_string()),
        Column::age(),
    ];

    fn validate(&self, old: Option<&Self>, invalid: &mut Invalid) {
        valid_name(&self.metadata, name::subdomain, invalid);
        if self.data.is_none() {
            invalid.required("data", "data is mandatory");
        }
        if self.revision < 0 {
            invalid.value("revision", self.revision, "must be greater than or equal to 0");
        }
        if let Some(old) = old {
            invalid.kept("data", &self.data, &old.data);
        }
    }
}

/// `statefulset.apps/web`.
fn controller(revision: &ControllerRevision) -> String {
    let owner = revision.metadata.owner_references.iter().flatten().find(|o| o.controller == Some(true));
    let Some(owner) = owner else { return "<none>".into() };
    let kind = owner.kind.to_lowercase();
    match owner.api_version.split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}", owner.name),
        None => format!("{kind}/{}", owner.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::testing::{changed, findings, row};
    use serde_json::json;

    #[test]
    fn a_revision_is_shown_with_whose_it_is() {
        let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "u", "controller": true});
        let meta = json!({"name": "a", "ownerReferences": [owner]});
        assert_eq!(
            row::<ControllerRevision>(json!({"metadata": meta, "revision": 3, "data": {}})),
            ["statefulset.apps/web", "3", "<unknown>"]
        );
        assert_eq!(row::<ControllerRevision>(json!({"revision": 1}))[0], "<none>");
    }

    #[test]
    fn the_past_does_not_change() {
        assert_eq!(
            findings::<ControllerRevision>(json!({"revision": -1})),
            [
                "data: Required value: data is mandatory",
                "revision: Invalid value: -1: must be greater than or equal to 0"
            ]
        );
        let with = |spec: i32, revision: i64| json!({"data": {"spec": spec}, "revision": revision});
        assert_eq!(changed::<ControllerRevision>(with(1, 1), with(1, 2)), [""; 0]);
        assert_eq!(
            changed::<ControllerRevision>(with(1, 1), with(2, 1)),
            ["data: Invalid value: {\"spec\":2}: field is immutable"]
        );
    }
}
